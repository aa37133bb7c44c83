"""Twelve scripted conversations, written by someone who had not seen the program, through the command line as a process."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.document import read
from tests.conftest import ROOT, Blik

SCRIPTS = yaml.safe_load((ROOT / "tests" / "evals" / "data" / "conversations.yaml").read_text(encoding="utf-8"))
# The script's own words for status, and ours.
STATUS = {"answered": {"answered"}, "nothing_found": {"gap", "clarify"}}


def prose(answer: str) -> str:
    """An answer without what stands in quotation marks."""
    return re.sub(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’", "", answer)


def pages() -> dict[str, set[str | None]]:
    """The addresses of every built-in document, by id."""
    found = {}
    for folder in ("cases", "guidance"):
        for path in Path(ROOT / "knowledge" / folder).glob("*.md"):
            found[path.stem] = {source.url for source in read(path).sources}
    return found


def complaints(turn: dict[str, Any], told: dict[str, Any], before: set[str], known: dict[str, set[str | None]]) -> list[str]:
    """What is wrong with one answer, by what the script expects of it."""
    expect, answer = turn.get("expect", {}), told["answer"]
    text = f"{answer} {told['forward'] or ''} {' '.join(case['title'] for case in told['cases'])}".lower()
    wrong = []
    if prose(answer).count("?") > min(1, expect.get("max_questions", 1)) and not (
        expect.get("max_questions") == 0 and told["closing"] and told["closing"]["kind"] == "offer"
    ):
        wrong.append("too many questions")
    if expect.get("mentions_no_question") and "?" in prose(answer):
        wrong.append("a question where none is wanted")
    if "language" in expect and told["language"] != expect["language"]:
        wrong.append(f"language {told['language']}, not {expect['language']}")
    if "room" in expect and told["room"] != expect["room"]:
        wrong.append(f"room {told['room']}, not {expect['room']}")
    if expect.get("about") and not any(word.lower() in text for word in expect["about"]):
        wrong.append(f"says none of {expect['about']}")
    if any(word.lower() in text for word in expect.get("not_about", [])):
        wrong.append(f"speaks of {expect['not_about']}")
    cases = [case["id"] for case in told["cases"]]
    if expect.get("has_cases") and not cases:
        wrong.append("no case")
    if len(cases) < expect.get("cases_min", 0):
        wrong.append(f"{len(cases)} cases, fewer than {expect['cases_min']}")
    if "status" in expect and told["status"] not in set().union(*(STATUS[each] for each in expect["status"])):
        wrong.append(f"status {told['status']}")
    if expect.get("no_repeat_cases", True) and set(cases) & before:
        wrong.append(f"told again: {set(cases) & before}")
    wrong += [f"no such source: {s['id']}" for s in told["sources"] if s["url"] not in known.get(s["id"], set())]
    return wrong


@pytest.mark.parametrize("script", SCRIPTS, ids=[script["id"] for script in SCRIPTS])
def test_a_scripted_conversation(script: dict[str, Any], blik: Blik, library_data: Path) -> None:
    lines = "".join(json.dumps({"text": turn["say"]}) + "\n" for turn in script["turns"])
    done = blik("chat", "--json", data=library_data, stdin=lines)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(script["turns"]), done.stderr
    known, before, wrong = pages(), set(), []
    for number, (turn, answer) in enumerate(zip(script["turns"], told, strict=True), start=1):
        wrong += [f"{number}. {turn['say']!r}: {complaint}" for complaint in complaints(turn, answer, before, known)]
        before |= {case["id"] for case in answer["cases"]}
    assert not wrong, "\n".join(wrong)
