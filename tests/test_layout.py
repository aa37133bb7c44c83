"""The layout holds: arrows point one way, texts are whole in both languages, data files fit their code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.advisor.questions import bank
from bot.advisor.room import always_helps
from bot.settings import BotSettings
from bot.texts import texts
from ingest.ship import wanted
from knowledge.cache import SHIPPED
from knowledge.database import HEAD, MIGRATIONS
from knowledge.embeddings import Bundled, identify
from knowledge.vocabulary import vocabulary
from tests.conftest import ROOT


def imports(folder: str) -> Iterator[tuple[Path, str]]:
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module
            elif isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)


def test_arrows_point_one_way() -> None:
    forbidden = {
        "knowledge": ("bot", "ingest"),
        "ingest": ("bot",),
        "bot/advisor": ("ingest", "click", "telegram", "bot.commands", "bot.cli", "bot.chat", "bot.memory"),
    }
    for folder, modules in forbidden.items():
        for path, module in imports(folder):
            assert not any(module == name or module.startswith(f"{name}.") for name in modules), f"{path} imports {module}"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    else:
        yield path, value


def test_texts_are_whole_in_both_languages() -> None:
    dutch, english = dict(leaves(texts("nl"))), dict(leaves(texts("en")))
    assert dutch.keys() == english.keys()
    for name, text in dutch.items():
        if isinstance(text, list):
            assert len(text) == len(english[name])
            continue
        slots = set(re.findall(r"\{(\w+)\}", text))
        assert slots == set(re.findall(r"\{(\w+)\}", english[name])), name
        assert text.count("?") <= 1, name


def test_questions_are_short_and_single() -> None:
    assert len(bank()) >= 15
    assert {question.perspective for question in bank()} == {"problem", "people", "connections", "market", "result"}
    assert len({question.id for question in bank()}) == len(bank())
    for question in bank():
        for wording in (question.nl, question.en):
            assert wording.text.count("?") == 1 and wording.text.endswith("?")
            assert len(wording.text.split()) <= 20, wording.text
            assert not re.search(r"\bwaarom\b|\bwhy\b", wording.text, re.IGNORECASE)
            assert 2 <= len(wording.options) <= 5
        assert len(question.nl.options) == len(question.en.options)
        assert set(question.needs) <= set(vocabulary().families)


def test_families_name_themes_that_exist() -> None:
    for family in vocabulary().families.values():
        assert set(family.themes) <= set(vocabulary().themes), family.id


def test_guidance_that_is_named_exists() -> None:
    guidance = {path.stem for path in (ROOT / "knowledge" / "guidance").glob("*.md")}
    assert always_helps() <= guidance
    for family in vocabulary().families.values():
        assert set(family.guidance) <= guidance, family.id


def test_shipped_vectors_are_current() -> None:
    """If this fails: make vectors."""
    folder = SHIPPED / identify("bundled").key
    assert {path.name for path in folder.glob("*.npy")} == set(wanted())
    assert [path.name for path in SHIPPED.iterdir()] == [folder.name]


def test_shipped_vectors_are_those_of_the_engine(engine: Bundled) -> None:
    folder = SHIPPED / identify("bundled").key
    for name, (group, use) in list(wanted().items())[::40]:
        embed = engine.embed_documents if use == "passage" else lambda batch: [engine.embed_query(text) for text in batch]
        made = np.asarray(embed(group[:2]))
        assert np.allclose(np.load(folder / name)[:2], made, atol=2e-3)


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_every_setting_is_explained_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, field in BotSettings.model_fields.items():
        alias = field.validation_alias
        variable = alias if isinstance(alias, str) else f"BLIK_{name.upper()}"
        assert re.search(rf"^{variable}=", example, re.MULTILINE), variable


def test_data_files_are_valid_yaml() -> None:
    for path in [*ROOT.glob("bot/**/*.yaml"), *ROOT.glob("knowledge/*.yaml")]:
        assert yaml.safe_load(path.read_text(encoding="utf-8")), path
