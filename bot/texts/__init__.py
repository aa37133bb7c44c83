"""Every sentence that a user reads, one file a language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def texts(language: str) -> dict[str, Any]:
    """All texts of a language, by group and name; texts hold slots for `str.format`."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded
