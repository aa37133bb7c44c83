"""Every sentence that a user reads, one file a language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def texts(language: str) -> dict[str, Any]:
    """All texts of a language, by group and name; texts hold slots for `str.format`, and a list holds variants."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded


def pick(variants: str | list[str], turn: int) -> str:
    """One of the variants of a text, another each turn of a conversation."""
    return variants if isinstance(variants, str) else variants[turn % len(variants)]
