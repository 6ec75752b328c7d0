"""Requests, refusals and updates of the Telegram Bot API. Pure: no sockets.

Source: https://core.telegram.org/bots/api (sendMessage, setWebhook and its secret token, Update) and
https://core.telegram.org/bots/features#deep-linking (`/start CODE`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..domain.gateway import GatewayCheck, GatewayRefusal, GatewayRequest, build_json_request
from ..domain.send_results import NoLongerWanted, PermanentFailure, TemporaryFailure

if TYPE_CHECKING:
    from ..domain.message_content import OutboxMessage
    from ..domain.short_message import ShortMessage

API_URL = "https://api.telegram.org"
LINK_URL = "https://t.me"
MAX_TEXT_LENGTH = 4096  # of sendMessage
_START = re.compile(r"/start(?:@\w+)? ([\w-]{1,64})")
_STOP = re.compile(r"/stop(?:@\w+)?")


@dataclass(frozen=True, slots=True)
class TelegramBot:
    """A bot, its token, and the secret that its webhook calls carry."""

    url: str
    name: str
    token: str = field(repr=False)
    secret: str = field(repr=False)

    def method_url(self, method: str) -> str:
        """Return the address of a method; it contains the token, so no log may have it."""
        return f"{(self.url or API_URL).rstrip('/')}/bot{self.token}/{method}"

    @property
    def link(self) -> str:
        """The address that opens the bot, before the code."""
        return f"{LINK_URL}/{self.name}?start="

    @property
    def check(self) -> GatewayCheck:
        """The token is checked by the method that describes the bot."""
        return GatewayCheck(self.method_url("getMe"), refusal="it does not take the token", secret=self.token)

    def build_request(self, message: OutboxMessage, short: ShortMessage, key: str) -> GatewayRequest:
        """Build the request of a message; `message.recipient` is the id of a chat."""
        if not message.recipient.isdecimal():
            raise PermanentFailure("refused: chat")
        text = f"{short.title}\n{short.body}\n{short.link_and_stop}"
        return build_json_request(self.method_url("sendMessage"), build_message(message.recipient, text), {})

    def classify_refusal(self, refusal: GatewayRefusal) -> PermanentFailure | TemporaryFailure | NoLongerWanted:
        """Tell what a status means; the pause that Telegram asks for is in the body."""
        if refusal.status == 403:  # the person has blocked the bot, or deleted the account
            return NoLongerWanted("stopped")
        pause_s = refusal.find_number("parameters", "retry_after")
        asked = refusal if pause_s is None else replace(refusal, retry_after_s=float(pause_s))
        return asked.to_failure(is_permanent=refusal.status == 400)


@dataclass(frozen=True, slots=True)
class Update:
    """A message to the bot in a private chat: a code after `/start`, or `/stop`.

    `language`: the tag of the person's app (IETF), empty if it is not known.
    """

    chat: str
    code: str | None
    is_stop: bool
    language: str


def build_message(chat: str, text: str) -> dict[str, Any]:
    """Build the body of a request. Texts are plain, and links show no preview."""
    return {"chat_id": int(chat), "text": text[:MAX_TEXT_LENGTH], "link_preview_options": {"is_disabled": True}}


def build_answer(chat: str, text: str) -> dict[str, Any]:
    """Build the answer to an update, which the bot sends to the chat."""
    return {"method": "sendMessage", **build_message(chat, text)}


def parse_update(update: Any) -> Update | None:
    """Return a message of a person; None for groups, channels and everything else."""
    message = update.get("message") if isinstance(update, dict) else None
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(chat, dict) or chat.get("type") != "private" or not isinstance(chat.get("id"), int):
        return None
    text = message.get("text") if isinstance(message, dict) else None
    if not isinstance(text, str):
        return None
    start = _START.fullmatch(text.strip())
    sender = message.get("from") if isinstance(message, dict) else None
    language = sender.get("language_code") if isinstance(sender, dict) else None
    return Update(
        chat=str(chat["id"]),
        code=start[1] if start else None,
        is_stop=_STOP.fullmatch(text.strip()) is not None,
        language=language if isinstance(language, str) else "",
    )
