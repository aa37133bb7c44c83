"""The bot's settings, from the environment or `.env`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from knowledge.settings import Settings, SettingsError

Ids = Annotated[frozenset[int], NoDecode]


class BotSettings(Settings):
    """What the channels need beside what knowledge needs."""

    retention_days: int = Field(default=30, ge=1, le=3650)
    open: bool = False
    allowed_users: Ids = frozenset()
    admins: Ids = frozenset()
    organisation: str = ""
    privacy_contact: str = ""
    rate_per_minute: int = Field(default=20, ge=1, le=100_000)
    log: Literal["text", "json"] = "text"
    telegram_bot_token: SecretStr | None = Field(default=None, validation_alias="TELEGRAM_BOT_TOKEN")
    telegram_api_url: str = Field(default="", validation_alias="TELEGRAM_API_URL")
    telegram_webhook_url: str = Field(default="", validation_alias="TELEGRAM_WEBHOOK_URL")
    telegram_webhook_listen: str = Field(default="127.0.0.1:8443", validation_alias="TELEGRAM_WEBHOOK_LISTEN")
    telegram_webhook_secret: SecretStr | None = Field(default=None, validation_alias="TELEGRAM_WEBHOOK_SECRET")

    @field_validator("allowed_users", "admins", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = re.split(r"[\s,;]+", value.strip())
        if not all(part.isdecimal() for part in parts if part):
            raise ValueError("write Telegram user ids, numbers with a comma between them")
        return frozenset(int(part) for part in parts if part)

    @field_validator("telegram_bot_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"\d+:[\w-]{20,}", value.get_secret_value()):
            raise ValueError("is no bot token; copy it whole from @BotFather, such as 123456:ABC…")
        return value

    @field_validator("telegram_api_url", "telegram_webhook_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/]+(/[^\s]*)?", value):
            raise ValueError("write http://HOST:PORT or https://HOST/PATH, or leave it empty")
        return value.rstrip("/")

    @field_validator("telegram_webhook_listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        _, _, port = value.rpartition(":")
        if not (port.isdecimal() and int(port) < 65536):
            raise ValueError("write HOST:PORT, such as 127.0.0.1:8443")
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[\w-]{1,256}", value.get_secret_value(), re.ASCII):
            raise ValueError("use 1 to 256 letters, digits, _ and -")
        return value

    def may_chat(self, user: int) -> bool:
        """Whether a Telegram user may use the bot."""
        return self.open or user in self.allowed_users or user in self.admins


def check_for_telegram(config: BotSettings) -> str:
    """The bot token; raises SettingsError with a line for each setting without which the bot must not start."""
    lines = []
    if config.telegram_bot_token is None:
        lines.append("TELEGRAM_BOT_TOKEN: is not set; get one from @BotFather in Telegram, and put it in .env")
    if not config.open and not config.allowed_users and not config.admins:
        lines.append("BLIK_OPEN: set it to true if everyone may chat, or name Telegram ids in BLIK_ALLOWED_USERS")
    if not config.open and not (config.organisation and config.privacy_contact):
        lines.append("BLIK_ORGANISATION and BLIK_PRIVACY_CONTACT: say who is responsible and whom to ask; /privacy shows it")
    if lines or config.telegram_bot_token is None:
        raise SettingsError("\n".join(lines))
    return config.telegram_bot_token.get_secret_value()
