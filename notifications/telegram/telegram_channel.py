"""The Telegram channel: sends by a bot, and takes its updates.

At least once: the API has no idempotency key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from ...core.contact.channel_links import ChannelLinked, use_channel_link
from ...core.i18n.catalogues import N_
from ...core.runtime import Runtime
from ..actions.preferences import restart_all_groups, stop_all_groups
from ..channel_setup import WebhookAnswer, WebhookCall
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt, NoLongerWanted, PermanentFailure, TemporaryFailure
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..http_client import find_service_problem, is_success_status, open_http_session
from ..storage import outbox_rows
from .bot_api import TelegramBot, build_answer, build_message, parse_retry_after, parse_update
from .declaration import TELEGRAM_CHANNEL

REQUEST_TIMEOUT_S = 20
AUTHENTICATION_HEADER = "x-telegram-bot-api-secret-token"
LINKED = N_("Done: we will write to you here. To end these messages, send /stop.")
STOPPED = N_("You will get no more messages here. To get them again, open the link on your page once more.")
UNKNOWN = N_("To get messages here, open the link on the page of your ticket or appointment. It works once.")


class TelegramChannel:
    """Sends messages of a bot; `message.recipient` is the id of a chat."""

    def __init__(
        self, runtime: Runtime, writer: ShortMessageWriter, bot: TelegramBot, session: aiohttp.ClientSession
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._bot = bot
        self._session = session

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Send a message unless an earlier attempt delivered it.

        Raises PermanentFailure, TemporaryFailure or NoLongerWanted.
        """
        if not message.recipient.isdecimal():
            raise PermanentFailure("refused: chat")
        short, key = self._writer.write(message), f"{TELEGRAM_CHANNEL.name}-{message.id}"
        if message.attempt == 1 or not await self._was_delivered(key):
            await self._post(message, short)
        return DeliveryReceipt(key, short.title)

    async def _was_delivered(self, key: str) -> bool:
        async with self._runtime.read_session() as session:
            return await outbox_rows.is_message_delivered(session, key)

    async def _post(self, message: OutboxMessage, short: ShortMessage) -> None:
        body = build_message(message.recipient, f"{short.title}\n{short.body}\n{short.link_and_stop}")
        url = self._bot.method_url("sendMessage")
        try:
            async with self._session.post(url, json=body, allow_redirects=False) as response:
                if is_success_status(response.status):
                    return
                status, retry_after_s = response.status, parse_retry_after(await _read_json(response))
        except (aiohttp.ClientError, TimeoutError):
            raise TemporaryFailure("unreachable") from None
        if status == 403:  # the person has blocked the bot, or deleted the account
            raise NoLongerWanted("stopped")
        if status == 400:
            raise PermanentFailure(f"refused: {status}")
        raise TemporaryFailure(f"later: {status}", retry_after_s, whole_channel=True)


async def _read_json(response: aiohttp.ClientResponse) -> object:
    try:
        return json.loads(await response.text())
    except ValueError:
        return None


@asynccontextmanager
async def open_telegram_channel(
    runtime: Runtime, writer: ShortMessageWriter, *, bot: TelegramBot
) -> AsyncIterator[TelegramChannel]:
    """Open the channel; its connections are closed at the end of the block."""
    async with open_http_session(REQUEST_TIMEOUT_S) as session:
        yield TelegramChannel(runtime, writer, bot, session)


async def find_bot_problem(bot: TelegramBot) -> str | None:
    """Describe why this bot cannot be used; None without a problem. Sends no message."""
    problem = await find_service_problem(bot.method_url("getMe"), {}, "it does not take the token")
    return problem.replace(bot.token, "TOKEN") if problem else None


async def receive_update(runtime: Runtime, call: WebhookCall, *, bot: TelegramBot) -> WebhookAnswer:
    """Link the chat that sends a valid code, or stop all groups at `/stop`.

    The answer goes to the chat: in the language of the page that showed the code, else in that of the app.
    """
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
        await restart_all_groups(tx, TELEGRAM_CHANNEL.name, chat)
        await tx.emit(ChannelLinked(used.subject, TELEGRAM_CHANNEL.name, chat))
        return used.language
