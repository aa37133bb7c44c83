"""The bot's settings, from the environment or `.env`."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator

from knowledge.settings import Settings


class BotSettings(Settings):
    """What the channels need beside what knowledge needs."""

    retention_days: int = Field(default=30, ge=1, le=3650)
    telegram_bot_token: SecretStr | None = Field(default=None, validation_alias="TELEGRAM_BOT_TOKEN")
    telegram_api_url: str = Field(default="", validation_alias="TELEGRAM_API_URL")

    @field_validator("telegram_bot_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"\d+:[\w-]{20,}", value.get_secret_value()):
            raise ValueError("is no bot token; copy it whole from @BotFather, such as 123456:ABC…")
        return value

    @field_validator("telegram_api_url")
    @classmethod
    def _api(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/]+(/[^\s]*)?", value):
            raise ValueError("write http://HOST:PORT of a Bot API server, or leave it empty")
        return value.rstrip("/")
