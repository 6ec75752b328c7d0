"""Writes notices: a title and a line or two in the person's language, for push and SMS. No name, no contact."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ...core.tokens import TokenSigner
from ..email.writer import TextTemplates
from .contact_tokens import preferences_link
from .message_content import OutboxMessage, link_secret, page_url, parse_facts
from .message_kinds import SMS, message_kind

MAX_PUSH_BYTES = 3_000  # RFC 8030, 7.2: a push service takes 4,096 encrypted ones; older ones fewer
MAX_PAUSE_TEXT_LENGTH = 200  # what the office says of a pause; the whole of it stands on the page
OPTIONAL_TICKET_FACTS = (
    "desk",
    "way",
    "ahead",
    "eta_earliest",
    "eta_latest",
    "may_return_until",
)  # of a turn: not every kind has them


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """What a person reads, and where a tap leads."""

    title: str
    body: str
    link: str
    stop: str | None
    language: str
    tag: str
    key: str
    urgent: bool

    @property
    def plain(self) -> str:
        """One text of everything, for an SMS and the page of the outbox."""
        return f"{self.title_and_body} {self.link_and_stop}"

    @property
    def title_and_body(self) -> str:
        return f"{self.title}. {self.body}".strip()

    @property
    def link_and_stop(self) -> str:
        """Where it leads, and how it is stopped: of no use when they are cut short."""
        return f"{self.link} {self.stop}" if self.stop else self.link

    def push_payload(self) -> bytes:
        """What static/server/sw.js shows. Raises ValueError when it is too long for a push service."""
        payload = json.dumps(
            {
                "title": self.title,
                "body": self.body,
                "url": self.link,
                "lang": self.language,
                "tag": self.tag,
                "key": self.key,
                "urgent": self.urgent,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        if len(payload) > MAX_PUSH_BYTES:
            raise ValueError(f"{len(payload)} bytes")
        return payload


class ShortMessageWriter:
    """Knows the installation's address and templates."""

    def __init__(self, pages: TextTemplates, tokens: TokenSigner, public_url: str) -> None:
        self._pages = pages
        self._tokens = tokens
        self._site = public_url

    def write(self, message: OutboxMessage) -> ShortMessage:
        """The notice of a message. Raises LookupError for a kind, or a payload, that cannot be written."""
        secret = link_secret(message)
        token = self._tokens.derive(secret.purpose, secret.id, secret.token_hash)
        facts = _short_message_facts(message.payload)
        context = {**facts, "facts": facts, "kind": message.kind}
        text = html.unescape(self._pages.text(message.language, "notifications/notice.txt", context))
        title, _, body = text.strip().partition("\n")
        return ShortMessage(
            title=" ".join(title.split()),
            body=" ".join(body.split()),
            link=page_url(message, token, self._site),
            stop=self._stop_text(message),
            language=message.language,
            tag=f"{secret.purpose}-{secret.id}",
            key=message.key,
            urgent=message_kind(message.kind).is_urgent,
        )

    def _stop_text(self, message: OutboxMessage) -> str | None:
        """How to stop it, in an SMS; a browser is unsubscribed where it subscribed."""
        kind = message_kind(message.kind)
        if message.channel != SMS or not kind.has_stop_link:
            return None
        link = f"{preferences_link(self._tokens, self._site, SMS, message.recipient)}/{kind.group}"
        return html.unescape(self._pages.text(message.language, "notifications/stop.txt", {"link": link})).strip()


def _short_message_facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    known = parse_facts(payload)
    message = str(known.get("message") or "")[:MAX_PAUSE_TEXT_LENGTH]
    return {
        **dict.fromkeys(OPTIONAL_TICKET_FACTS),
        **known,
        "message": message,
        "zone": ZoneInfo(payload["timezone"]),
    }
