"""The command line as a process: its contract, its failures, its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Blik, environment

CAMERAS = "We willen 40 beveiligingscamera's aanbesteden voor de binnenstad. Waar moet ik op letten?"
ASK_KEYS = {
    "question", "language", "status", "intent", "sector", "named_solution", "room", "dose", "answer", "engine", "cases",
    "guidance", "sources", "closing", "timings_ms", "skill", "forward", "found",
}  # fmt: skip
CASE_KEYS = {
    "id", "title", "organisation", "year", "sector", "solution_families", "role", "outcome", "source_kind", "url",
}  # fmt: skip


def chat(blik: Blik, data: Path, *lines: str | dict[str, str], options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    stdin = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    done = blik("chat", "--json", *options, data=data, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_ask_prints_the_object_of_the_contract(blik: Blik, library_data: Path) -> None:
    done = blik("ask", CAMERAS, "--json", data=library_data)
    assert done.returncode == 0, done.stderr
    advice = json.loads(done.stdout)
    assert set(advice) == ASK_KEYS
    assert set(advice["cases"][0]) == CASE_KEYS
    assert set(advice["sources"][0]) == {"n", "id", "title", "url", "quote"}
    assert set(advice["closing"]) == {"kind", "perspective", "question", "options"}
    assert set(advice["guidance"][0]) == {"id", "title", "valid_until", "url"}
    assert advice["engine"] == "composer"


def test_ask_as_text_shows_answer_options_and_sources(blik: Blik, library_data: Path) -> None:
    text = blik("ask", CAMERAS, data=library_data).stdout
    assert "Den Haag, 2019" in text and "[Weet ik niet]" in text and "Bronnen:" in text
    assert "https://www.pianoo.nl/nl/gemeente-den-haag-lanceert-innovatieprogramma" in text


def test_ask_many_prints_an_object_a_line_and_mixes_nothing(blik: Blik, library_data: Path) -> None:
    lines = ["Wat is een marktconsultatie?", "", '{"text": "hoi\\ndaar"}', "{broken", "\udcff", "Wat eten we vanavond?"]
    done = blik(
        "ask", "-", "--json", data=library_data, stdin=b"\n".join(line.encode("utf-8", "surrogateescape") for line in lines)
    )
    assert done.returncode == 0, done.stderr
    statuses = [json.loads(line)["status"] for line in done.stdout.splitlines()]
    assert len(statuses) == len(lines)
    assert (statuses[0], statuses[1], statuses[5]) == ("answered", "clarify", "outside")


def test_the_language_can_be_chosen(blik: Blik, library_data: Path) -> None:
    assert json.loads(blik("ask", "hoi", "--lang", "en", "--json", data=library_data).stdout)["language"] == "en"


def test_a_question_that_begins_with_a_dash_and_an_odd_one(blik: Blik, library_data: Path) -> None:
    assert blik("ask", "--", "--help me met laadpalen", data=library_data).returncode == 0
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"bot", b"ask", b"\xff\xfe camera's"],
        capture_output=True,
        env=environment(library_data),
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        (["ask"], {}, "Missing argument"),
        (["ask", "-"], {}, "add --json"),
        (["nonsense"], {}, "No such command"),
        (["ask", "x", "--lang", "fr"], {}, "--lang"),
        (["ask", "x"], {"BLIK_EMBEDDINGS": "magic"}, "BLIK_EMBEDDINGS: write `bundled`"),
        (["doctor"], {"TELEGRAM_BOT_TOKEN": "secret"}, "TELEGRAM_BOT_TOKEN: is no bot token"),
        (["doctor"], {"TELEGRAM_API_URL": "ftp://x"}, "TELEGRAM_API_URL: write http"),
        (["ask", "x"], {"BLIK_DATABASE_URL": "blik.db"}, "BLIK_DATABASE_URL: write a database address"),
        (["ask", "x"], {"BLIK_RETENTION_DAYS": "soon"}, "BLIK_RETENTION_DAYS"),
        (["ask", "x"], {"TELEGRAM_BOT_TOKEN_FILE": "/no/such"}, "TELEGRAM_BOT_TOKEN_FILE: /no/such cannot be read"),
    ],
)
def test_wrong_use_and_settings_end_with_2_and_a_clear_line(
    blik: Blik, library_data: Path, arguments: list[str], env: dict[str, str], says: str
) -> None:
    done = blik(*arguments, data=library_data, env=env)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr and "secret" not in done.stderr


def test_without_a_library_every_reader_says_how_to_make_one(blik: Blik, tmp_path: Path) -> None:
    for arguments in (["ask", "x"], ["chat"], ["search", "x"]):
        done = blik(*arguments, data=tmp_path / "nothing")
        assert done.returncode == 1
        assert done.stderr.strip() == "there is no library yet; make it with: blik ingest"


def test_a_data_folder_that_is_a_file(blik: Blik, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = blik("ingest", data=tmp_path / "file")
    assert done.returncode == 2
    assert "is a file; name a folder" in done.stderr


def test_a_database_that_cannot_be_opened(blik: Blik, library_data: Path) -> None:
    done = blik("library", "list", data=library_data, env={"BLIK_DATABASE_URL": "sqlite:////proc/no/blik.db"})
    assert done.returncode == 1
    assert "database cannot be opened" in done.stderr and "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error_to_shout_about(library_data: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "ask", CAMERAS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(library_data),
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.wait()


def test_a_dotenv_file_is_read(blik: Blik, tmp_path: Path, library_data: Path) -> None:
    (tmp_path / ".env").write_text("BLIK_RETENTION_DAYS=never\n")
    assert "BLIK_RETENTION_DAYS" in blik("ask", "hoi", data=library_data).stderr


def test_chat_answers_a_tap_and_a_typed_label(blik: Blik, library_data: Path) -> None:
    first, tapped, typed = chat(blik, library_data, CAMERAS, {"action": "1.1"}, "weet ik niet")
    options = [f"1.{i}" for i in range(len(first["closing"]["options"]))]
    assert [action["id"] for action in first["actions"]] == [*options, "1.space", "1.connections", "1.sources"]
    assert first["attachments"] == [] and first["exploration"] is None
    assert (first["turn"], tapped["turn"], typed["turn"]) == (1, 2, 3)
    assert tapped["question"] == first["closing"]["options"][1]
    assert not {case["id"] for case in tapped["cases"]} & {case["id"] for case in first["cases"]}
    assert typed["forward"] and "camera" in typed["forward"]


def test_chat_takes_text_objects_and_clarifying_answers(blik: Blik, library_data: Path) -> None:
    vague, problem = chat(blik, library_data, {"text": "veiligheid\n"}, {"action": "1.0"})
    assert vague["closing"]["kind"] == "clarify"
    assert problem["intent"] == "problem" and problem["status"] != "clarify"


def test_chat_gives_more_examples_of_its_subject(blik: Blik, library_data: Path) -> None:
    first, more = chat(blik, library_data, "Ouders klagen over het leerlingenvervoer", "nog meer voorbeelden graag")
    assert more["intent"] == "examples" and more["cases"]
    assert not {case["id"] for case in more["cases"]} & {case["id"] for case in first["cases"]}


def test_chat_asks_what_when_somebody_wants_to_buy(blik: Blik, library_data: Path) -> None:
    _, asked, bought = chat(blik, library_data, "veiligheid", "Iemand wil iets kopen", "40 camera's voor de markt")
    assert asked["named_solution"] is None and "wil kopen" in asked["answer"]
    assert bought["named_solution"] == "camera's"


def test_a_chat_is_kept_under_its_name_and_forgotten_on_request(blik: Blik, library_data: Path) -> None:
    name = ("--chat", "eval-kept")
    (first,) = chat(blik, library_data, CAMERAS, options=name)
    (second,) = chat(blik, library_data, {"action": f"{first['turn']}.0"}, options=name)
    assert second["turn"] == 2
    assert not {case["id"] for case in second["cases"]} & {case["id"] for case in first["cases"]}
    (other,) = chat(blik, library_data, {"action": "1.0"}, options=("--chat", "eval-other"))
    assert "ken ik niet meer" in other["answer"], "no data of another chat"
    assert blik("chat", "--forget", "eval-kept", data=library_data).returncode == 0
    assert blik("chat", "--forget", "eval-kept", data=library_data).returncode == 1
    (afresh,) = chat(blik, library_data, {"action": "1.0"}, options=name)
    assert afresh["turn"] == 1 and "ken ik niet meer" in afresh["answer"]


def test_no_questions_holds_until_the_chat_begins_afresh(blik: Blik, library_data: Path) -> None:
    _, silent, _, asked = chat(blik, library_data, "Geen wedervragen graag.", CAMERAS, "/nieuw", CAMERAS)
    assert silent["closing"] is None
    assert asked["closing"] is not None


def test_no_personal_data_is_stored(blik: Blik, library_data: Path) -> None:
    canary = "mevrouw Kanarie-Vogel, kanarie@example.org, 06-12345678, NL91ABNA0417164300, BSN 123456782, 1234 AB 5"
    chat(blik, library_data, f"We willen camera's kopen van {canary}", options=("--chat", "eval-canary"))
    kept = b"".join(path.read_bytes() for path in library_data.glob("blik.db*"))
    for piece in (b"Kanarie", b"kanarie@", b"12345678", b"0417164300", b"1234 AB"):
        assert piece not in kept
    assert b"eval-canary" in kept


def test_hostile_taps_and_objects_do_no_harm(blik: Blik, library_data: Path) -> None:
    lines = [
        '{"action": "1.99"}',
        '{"action": "-1.-1"}',
        '{"action": "x"}',
        '{"action": 5}',
        '{"text": null}',
        "[" * 3000,
        "{" * 3000,
    ]
    assert len(chat(blik, library_data, *lines)) == len(lines)


def test_library_list_show_remove_restore_export(blik: Blik, data: Path, tmp_path: Path) -> None:
    from tests.conftest import write_case

    for number in range(6):
        write_case(tmp_path / "docs", f"case-{number}", title=f"zwerfafval op plein {number}")
    assert blik("ingest", str(tmp_path / "docs"), data=data).returncode == 0
    rows = json.loads(blik("library", "list", "--json", data=data).stdout)
    assert len(rows) == 6
    assert set(rows[0]) == {
        "id", "kind", "title", "sector", "organisation", "year", "outcome", "origin", "urls", "passages", "status",
    }  # fmt: skip
    assert "zwerfafval op plein 1" in blik("library", "show", "case-1", data=data).stdout
    assert blik("library", "show", "nothing", data=data).returncode == 1
    refused = blik("library", "remove", "case-1", data=data)
    assert refused.returncode == 1 and "add --yes" in refused.stderr
    assert blik("library", "remove", "case-1", "--yes", data=data).returncode == 0
    assert len(json.loads(blik("library", "list", "--json", data=data).stdout)) == 5
    removed = json.loads(blik("library", "list", "--status", "removed", "--json", data=data).stdout)
    assert [row["id"] for row in removed] == ["case-1"]
    assert blik("library", "restore", "case-1", data=data).returncode == 0
    assert blik("library", "restore", "case-1", data=data).returncode == 1
    assert blik("library", "export", str(tmp_path / "out"), data=data).returncode == 0
    assert len(list((tmp_path / "out").glob("*.md"))) == 6
    again = blik("ingest", str(tmp_path / "out"), "--json", data=data)
    assert all("already came from" in failure["reason"] for failure in json.loads(again.stdout)["failed"])
    assert json.loads(blik("library", "generations", "--json", data=data).stdout)[0]["current"]


def test_help_names_every_command(blik: Blik, tmp_path: Path) -> None:
    text = blik("--help", data=tmp_path).stdout
    for name in ("ask", "chat", "search", "ingest", "check", "library", "doctor", "eval"):
        assert name in text
        assert blik(name, "--help", data=tmp_path).returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights(blik: Blik, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = blik("ingest", data=tmp_path / "locked" / "data")
    assert done.returncode == 1 and "Traceback" not in done.stderr
