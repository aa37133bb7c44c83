"""Documents: what is read, what is refused, and what `blik check` finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.sources import builtin
from knowledge.check import check
from knowledge.document import Case, DocumentError, Guidance, content_hash, parse, read
from tests.conftest import CASE, TODAY, Blik, write_case

DEN_HAAG = "den-haag-innovation-programme"


def faults(path: Path, as_of: date = TODAY) -> str:
    return "\n".join(f"{fault.field}: {fault.remedy}" for fault in check([path], as_of))


def copy_of(id_: str, folder: Path, *changes: tuple[str, str]) -> Path:
    """A built-in document with some of its text changed."""
    source = next(path for path in builtin().files if path.stem == id_)
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{id_}.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_built_in_documents_have_no_faults() -> None:
    assert [str(fault) for fault in check(builtin().files, TODAY)] == []


def test_built_in_library_covers_what_a_foundation_needs() -> None:
    documents = [read(path) for path in builtin().files]
    cases = [document for document in documents if isinstance(document, Case)]
    guidance = {document.id for document in documents if isinstance(document, Guidance)}
    assert len(cases) >= 15
    assert len({case.sector for case in cases}) >= 8
    assert len(guidance) >= 10
    assert {
        "thresholds-2026-2027", "market-consultation", "functional-specification", "camera-surveillance-public-places"
    } <= guidance  # fmt: skip


def test_told_fields_hold_no_question_mark() -> None:
    """An answer ends in at most one question, so a fact must not be one."""
    for path in builtin().files:
        document = read(path)
        parts = [document, document.en]
        for part in parts:
            for name in ("problem", "approach", "result", "lesson", "what", "when"):
                assert "?" not in (getattr(part, name, None) or ""), f"{document.id}: {name}"
            assert not any("?" in step.text + step.label for step in getattr(part, "steps", []))


def test_den_haag_is_told_as_an_example_of_2019() -> None:
    case = read(next(path for path in builtin().files if path.stem == DEN_HAAG))
    assert isinstance(case, Case)
    assert case.year == 2019
    assert case.outcome == "unknown"
    assert "camera" in (case.first_solution or "")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"\xff\xfe\x00c\x00a", "UTF-8"),
        (b"%PDF-1.7\x00\x01", "not a text file"),
        (b"just text", "front matter: is missing"),
        (b"---\nid: [\n---\ntext", "not valid YAML"),
        (b"---\n" + b"[" * 5_000 + b"\n---\n", "not valid YAML"),
        (b"---\nkind: recipe\n---\n", "kind: write `kind: case` or `kind: guidance`"),
        (b"---\nkind: case\n---\n", "title: is missing"),
        (b"x" * 1_100_000, "larger than"),
        (b"---\njust a line\n---\n", "front matter"),
    ],
)
def test_a_bad_file_gets_a_clear_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "bad.md"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=says):
        read(path)


def test_a_missing_file_and_a_folder_get_a_clear_reason(tmp_path: Path) -> None:
    for path in (tmp_path / "none.md", tmp_path):
        with pytest.raises(DocumentError, match="cannot be read"):
            read(path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sector: public-space", "sector: parks", "sector"),
        ("id: {id}", "id: Niet Goed", "slug"),
        ("https://example.org/{id}", "www.example.org", "web address"),
        ("outcome: worked", "outcome: great", "outcome"),
        ("outcome: worked", "outcome: worked\ncolour: red", "colour: is not a field"),
    ],
)
def test_a_wrong_field_is_named(old: str, new: str, says: str) -> None:
    text = CASE.replace(old, new).format(id="a-case", title="t", problem="p")
    with pytest.raises(DocumentError, match=says):
        parse(text)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    path = write_case(tmp_path, "a-case")
    plain = content_hash(read(path))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert content_hash(read(path)) == plain


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([("period: '2019'", "period: null"), ("as_of: '2019'", "as_of: null"), ("date: 2019-09-12", "date: null")], "no year"),
        ([("solutions: [residents, challenge]", "solutions: [magic]")], "magic is not in knowledge/vocabulary.yaml"),
        ([("country: NL", "country: BE")], "add other_law"),
        ([("In 2019 the innovation", "In 2018 the innovation")], "number 2018 is not in the Dutch text"),
        (
            [("First talk with many people", "First talk with Amsterdam and many people")],
            "name Amsterdam is not in the Dutch text",
        ),
        ([("  lesson: >-\n    First", "  speaker2: >-\n    First")], "en.speaker2"),
    ],
)
def test_check_names_field_and_remedy(tmp_path: Path, changes: list[tuple[str, str]], says: str) -> None:
    source = next(path for path in builtin().files if path.stem == DEN_HAAG).read_text(encoding="utf-8")
    quoted = [(old if old in source else old.replace("'", '"'), new) for old, new in changes]
    assert says in faults(copy_of(DEN_HAAG, tmp_path, *quoted))


def test_each_fault_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    path = write_case(tmp_path, "a-case")
    text = path.read_text(encoding="utf-8").replace('period: "2021"', "as_of: later")
    path.write_text(text.replace("https://example.org/a-case", "example").replace("worked", "great"), encoding="utf-8")
    found = check([path], TODAY)
    assert sorted(fault.field for fault in found) == ["outcome", "sources.0.url"]
    assert any("write one of 'worked', 'mixed'" in fault.remedy for fault in found)
    path.write_text(text, encoding="utf-8")
    assert "as_of: holds no year (later)" in faults(path)


def test_a_missing_english_block_is_a_fault(tmp_path: Path) -> None:
    assert "en: is missing" in faults(write_case(tmp_path, "a-case"))


def test_expired_law_is_a_fault_of_check_only_after_its_date() -> None:
    path = next(path for path in builtin().files if path.stem == "thresholds-2026-2027")
    assert "valid_until: passed on 2027-12-31" in faults(path, date(2028, 1, 1))
    assert "valid_until" not in faults(path, date(2027, 12, 31))


def test_the_same_id_twice_is_a_fault(tmp_path: Path) -> None:
    first = write_case(tmp_path / "a", "a-case")
    second = write_case(tmp_path / "b", "a-case")
    assert any("is also that of" in fault.remedy for fault in check([first, second], TODAY))


def test_the_command_exits_with_1_on_faults(blik: Blik, tmp_path: Path) -> None:
    write_case(tmp_path / "docs", "a-case")
    done = blik("check", str(tmp_path / "docs"), data=tmp_path)
    assert done.returncode == 1
    assert "a-case.md: en: is missing" in done.stdout
    assert "1 documents checked" in done.stdout
    assert blik("check", "--as-of", "2026-11-24", data=tmp_path).returncode == 0
    assert blik("check", "--as-of", "2031-01-01", data=tmp_path).returncode == 1
