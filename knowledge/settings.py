"""What knowledge and ingest need to know of their surroundings, from the environment or `.env`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

BUILTIN = Path(__file__).parent
ENV_FILE = ".env"
S = TypeVar("S", bound="Settings")


class SettingsError(ValueError):
    """Settings are wrong. Each line of the message names one of them and what to write instead."""


class Settings(BaseSettings):
    """Settings shared by all programs. Field `data_dir` is read from BLIK_DATA_DIR, and so on."""

    model_config = SettingsConfigDict(env_prefix="BLIK_", env_file=ENV_FILE, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Path("var")
    embeddings: str = "bundled"
    database_url: str = ""

    @field_validator("embeddings")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        engine, _, model = value.partition(":")
        if value == "bundled" or (engine == "sentence-transformers" and model):
            return value
        raise ValueError("write `bundled` or `sentence-transformers:MODEL` (a hub name or a folder)")

    @field_validator("data_dir")
    @classmethod
    def _folder(cls, value: Path) -> Path:
        value = value.expanduser().absolute()
        if value.exists() and not value.is_dir():
            raise ValueError(f"{value} is a file; name a folder")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and "://" not in value:
            raise ValueError("write a database address such as sqlite:////srv/blik/blik.db, or leave it empty")
        return value

    @property
    def database(self) -> str:
        """The database address: BLIK_DATABASE_URL, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'blik.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, _SecretFiles(settings_cls), env_settings, dotenv_settings)


class _SecretFiles(PydanticBaseSettingsSource):
    """Settings that are given as NAME_FILE, the path of a file that holds the value."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        alias = field.validation_alias
        key = alias if isinstance(alias, str) else field_name
        variable = alias if isinstance(alias, str) else f"BLIK_{field_name.upper()}"
        path = os.environ.get(f"{variable}_FILE")
        if not path:
            return None, key, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), key, False
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{variable}_FILE: {path} cannot be read; name a readable text file") from None

    def __call__(self) -> dict[str, Any]:
        values = (self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items())
        return {key: value for value, key, _ in values if value is not None}


def load(settings_cls: type[S], **overrides: Any) -> S:
    """The settings of a program. Raises SettingsError with one clear line for each wrong setting."""
    try:
        return settings_cls(**overrides)
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            name = str(fault["loc"][0])
            variable = name if name.isupper() else f"BLIK_{name.upper()}"
            lines.append(f"{variable}: {fault['msg'].removeprefix('Value error, ')}")
        raise SettingsError("\n".join(lines)) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{ENV_FILE}: is not UTF-8 text; save it as UTF-8") from None
