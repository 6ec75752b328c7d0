"""Set-up of Telegram with a bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..channel_setup import ChannelSetup, WebhookAnswer, WebhookCall
from .bot_api import TelegramBot
from .declaration import TELEGRAM_CHANNEL

if TYPE_CHECKING:
    from ...core.runtime import Runtime


def telegram_setup(bot: TelegramBot) -> ChannelSetup:
    """Set Telegram up with a bot."""

    async def receive(runtime: Runtime, call: WebhookCall) -> WebhookAnswer:
        from .bot_updates import receive_update  # imported late, with tables and texts

        return await receive_update(runtime, call, bot=bot)

    return ChannelSetup(TELEGRAM_CHANNEL, bot, link=bot.link, receive=receive)
