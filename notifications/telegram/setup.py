"""Set-up of Telegram with one bot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..channel_setup import ChannelSetup, WebhookAnswer, WebhookCall
from .bot_api import TelegramBot
from .declaration import TELEGRAM_CHANNEL

if TYPE_CHECKING:
    from ...core.runtime import Runtime
    from ..channel_setup import OpenChannel


def telegram_setup(bot: TelegramBot) -> ChannelSetup:
    """Set Telegram up with a bot."""

    def load() -> OpenChannel:
        from .telegram_channel import open_telegram_channel

        return partial(open_telegram_channel, bot=bot)

    async def find_problem() -> str | None:
        from .telegram_channel import find_bot_problem

        return await find_bot_problem(bot)

    async def receive(runtime: Runtime, call: WebhookCall) -> WebhookAnswer:
        from .telegram_channel import receive_update

        return await receive_update(runtime, call, bot=bot)

    return ChannelSetup(TELEGRAM_CHANNEL, load, find_problem, link=bot.link, receive=receive)
