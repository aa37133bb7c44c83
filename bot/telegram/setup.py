"""What Telegram shows around a chat: commands, descriptions and the menu button, from the one table of commands."""

from __future__ import annotations

from functools import partial

from telegram import Bot, BotCommand, MenuButtonCommands

from bot.menu import menu
from bot.telegram.client import Client
from bot.texts import texts
from knowledge.document import Language


async def set_up(bot: Bot, client: Client) -> None:
    """Set all of it, Dutch for everybody and English for who has that; what a server does not take is done without."""
    languages: list[tuple[Language, str | None]] = [("nl", None), ("nl", "nl"), ("en", "en")]
    for language, code in languages:
        words = texts(language)
        commands = [BotCommand(one.name(language), words["menu"][one.id]) for one in menu("telegram") if not one.hidden]
        about, short = words["telegram"]["description"], words["telegram"]["short_description"]
        await client.optional("setMyCommands", partial(bot.set_my_commands, commands, language_code=code))
        await client.optional("setMyDescription", partial(bot.set_my_description, about, code))
        await client.optional("setMyShortDescription", partial(bot.set_my_short_description, short, code))
    await client.optional("setChatMenuButton", partial(bot.set_chat_menu_button, menu_button=MenuButtonCommands()))
