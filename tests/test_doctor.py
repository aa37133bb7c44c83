"""`blik doctor`, with a small server that speaks as Telegram's Bot API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import Blik

TOKEN = "123456:abcdefghijklmnopqrstuvwxyz_ABC-1"


class _BotApi(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        known = self.path == f"/bot{TOKEN}/getMe"
        body = (
            {"ok": True, "result": {"id": 123456, "is_bot": True, "first_name": "Blik", "username": "blik_test_bot"}}
            if known
            else {"ok": False, "error_code": 401, "description": "Unauthorized"}
        )
        payload = json.dumps(body).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def bot_api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _BotApi)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_all_in_order(blik: Blik, library_data: Path) -> None:
    done = blik("doctor", data=library_data)
    assert done.returncode == 0, done.stdout
    assert "✗" not in done.stdout
    for word in ("Settings", "data folder", "disk", "database holds", "embedding model", "library holds"):
        assert word in done.stdout


def test_nothing_there_yet(blik: Blik, tmp_path: Path) -> None:
    done = blik("doctor", data=tmp_path / "none")
    assert done.returncode == 1
    assert "make it with: blik ingest" in done.stdout


def test_a_good_token(blik: Blik, library_data: Path, bot_api: str) -> None:
    done = blik("doctor", data=library_data, env={"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": bot_api})
    assert "@blik_test_bot" in done.stdout
    assert TOKEN not in done.stdout + done.stderr


def test_a_token_from_a_file(blik: Blik, library_data: Path, bot_api: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    env = {"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "token"), "TELEGRAM_API_URL": bot_api}
    assert "@blik_test_bot" in blik("doctor", data=library_data, env=env).stdout


def test_a_token_that_telegram_does_not_know(blik: Blik, library_data: Path, bot_api: str) -> None:
    wrong = TOKEN.replace("123456", "654321")
    done = blik("doctor", data=library_data, env={"TELEGRAM_BOT_TOKEN": wrong, "TELEGRAM_API_URL": bot_api})
    assert done.returncode == 1
    assert "does not know this token" in done.stdout
    assert wrong not in done.stdout + done.stderr


def test_telegram_out_of_reach(blik: Blik, library_data: Path) -> None:
    done = blik("doctor", data=library_data, env={"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": "http://127.0.0.1:9"})
    assert done.returncode == 1
    assert "cannot be reached" in done.stdout


def test_an_engine_that_is_not_installed(blik: Blik, library_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    from knowledge.embeddings import EngineError, identify

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(EngineError, match="pip install"):
        identify("sentence-transformers:some/model")
    with pytest.raises(EngineError, match="Linux x86_64"):
        identify("bundled")


def test_another_engine_for_the_next_ingest_is_said(blik: Blik, library_data: Path) -> None:
    pytest.importorskip("sentence_transformers")
    done = blik("doctor", data=library_data, env={"BLIK_EMBEDDINGS": "sentence-transformers:some/model"})
    assert "the next ingest makes it anew" in done.stdout
