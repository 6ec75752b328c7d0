"""Writes notices: a title and a line or two in the person's language, for push and SMS. No name, no contact."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ...core.tokens import Tokens
from ..email.writer import TextPages
from .contact_tokens import page_link
from .message_content import Message, facts_of, page_of, secret_of
from .message_kinds import SMS, kind_of

PUSH_BYTES = 3_000  # RFC 8030, 7.2: a push service takes 4,096 encrypted ones; older ones fewer
MESSAGE_LENGTH = 200  # what the office says of a pause; the whole of it stands on the page
OPTIONAL = (
    "desk",
    "way",
    "ahead",
    "eta_earliest",
    "eta_latest",
    "may_return_until",
)  # of a turn: not every kind has them


@dataclass(frozen=True, slots=True)
class NoticeText:
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
        return f"{self.said} {self.links}"

    @property
    def said(self) -> str:
        return f"{self.title}. {self.body}".strip()

    @property
    def links(self) -> str:
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
        if len(payload) > PUSH_BYTES:
            raise ValueError(f"{len(payload)} bytes")
        return payload


class NoticeWriter:
    """Knows the installation's address and templates."""

    def __init__(self, pages: TextPages, tokens: Tokens, public_url: str) -> None:
        self._pages = pages
        self._tokens = tokens
        self._site = public_url

    def write(self, message: Message) -> NoticeText:
        """The notice of a message. Raises LookupError for a kind, or a payload, that cannot be written."""
        secret = secret_of(message)
        token = self._tokens.derive(secret.purpose, secret.id, secret.token_hash)
        facts = _facts(message.payload)
        context = {**facts, "facts": facts, "kind": message.kind}
        text = html.unescape(self._pages.text(message.language, "notifications/notice.txt", context))
        title, _, body = text.strip().partition("\n")
        return NoticeText(
            title=" ".join(title.split()),
            body=" ".join(body.split()),
            link=page_of(message, token, self._site),
            stop=self._stop(message),
            language=message.language,
            tag=f"{secret.purpose}-{secret.id}",
            key=message.key,
            urgent=kind_of(message.kind).urgent,
        )

    def _stop(self, message: Message) -> str | None:
        """How to stop it, in an SMS; a browser is unsubscribed where it subscribed."""
        kind = kind_of(message.kind)
        if message.channel != SMS or not kind.says_how_to_stop:
            return None
        link = f"{page_link(self._tokens, self._site, SMS, message.recipient)}/{kind.group}"
        return html.unescape(self._pages.text(message.language, "notifications/stop.txt", {"link": link})).strip()


def _facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    known = facts_of(payload)
    message = str(known.get("message") or "")[:MESSAGE_LENGTH]
    return {**dict.fromkeys(OPTIONAL), **known, "message": message, "zone": ZoneInfo(payload["timezone"])}
