"""Messages of people to the bot: a code that connects a chat, and `/stop`."""

from __future__ import annotations

import hmac
import json

from ...core.contact.channel_links import ChannelLinked, use_channel_link
from ...core.i18n.catalogues import N_
from ...core.runtime import Runtime
from ..actions.preferences import restart_all_groups, stop_all_groups
from ..channel_setup import WebhookAnswer, WebhookCall
from .bot_api import TelegramBot, build_answer, parse_update
from .declaration import TELEGRAM_CHANNEL

AUTHENTICATION_HEADER = "x-telegram-bot-api-secret-token"
LINKED = N_("Done: we will write to you here. To end these messages, send /stop.")
STOPPED = N_("You will get no more messages here. To get them again, open the link on your page once more.")
UNKNOWN = N_("To get messages here, open the link on the page of your ticket or appointment. It works once.")


async def receive_update(runtime: Runtime, call: WebhookCall, *, bot: TelegramBot) -> WebhookAnswer:
    """Link the chat that sends a valid code, or stop all groups at `/stop`.

    The answer goes to the chat: in the language of the page that showed the code, else in that of the app.
    """
    # without the secret, a stranger could end the messages of any chat
    if not hmac.compare_digest(call.headers.get(AUTHENTICATION_HEADER, "").encode(), bot.secret.encode()):
        return WebhookAnswer(403)
    try:
        update = parse_update(json.loads(call.body or b"null"))
    except ValueError:
        return WebhookAnswer(400)
    if update is None:
        return WebhookAnswer()
    answer, language = UNKNOWN, runtime.languages.resolve(update.language.partition("-")[0])
    if update.is_stop:
        await stop_all_groups(runtime, TELEGRAM_CHANNEL.name, update.chat)
        answer = STOPPED
    elif update.code is not None and (linked := await _link_chat(runtime, update.code, update.chat)) is not None:
        answer, language = LINKED, linked
    return WebhookAnswer(json=build_answer(update.chat, call.translate(language, answer)))


async def _link_chat(runtime: Runtime, code: str, chat: str) -> str | None:
    """Connect a chat and return the language of the page; None if the code is not valid."""
    async with runtime.transaction() as tx:
        used = await use_channel_link(tx.session, TELEGRAM_CHANNEL.name, code, tx.now)
        if used is None:
            return None
        # a person who has sent /stop and opens a new link wants messages again
        await restart_all_groups(tx, TELEGRAM_CHANNEL.name, chat)
        await tx.emit(ChannelLinked(used.subject, TELEGRAM_CHANNEL.name, chat))
        return used.language
