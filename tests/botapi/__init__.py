"""An emulator of Telegram's Bot API, so that the bot can be tested as a process without the network."""

from tests.botapi.faults import Faults
from tests.botapi.model import Call, Sent
from tests.botapi.server import BotApi

__all__ = ["BotApi", "Call", "Faults", "Sent"]
