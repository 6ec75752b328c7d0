"""Writes notices: a title and a line or two in the person's language, for push and SMS. No name, no contact."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..core.tokens import Tokens
from .email import TextPages
from .message import NOTICES, TICKETS, Message, instant, secret_of

PUSH_BYTES = 3_000  # RFC 8030, 7.2: a push service takes 4,096 encrypted ones; older ones fewer
MESSAGE_LENGTH = 200  # what the office says of a pause; the whole of it stands on the page
URGENT = frozenset({"turn_called", "turn_called_again", "turn_next", "turn_missed"})


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What a person reads, and where a tap leads."""

    title: str
    body: str
    link: str
    language: str
    tag: str
    key: str
    urgent: bool

    @property
    def plain(self) -> str:
        """One text of everything, for an SMS and the page of the outbox."""
        return f"{self.title}. {self.body} {self.link}"

    def push_payload(self) -> bytes:
        """What static/push/worker.js shows. Raises ValueError when it is too long for a push service."""
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
        context = {"kind": message.kind, **_facts(message)}
        text = html.unescape(self._pages.text(message.language, "notifications/notice.txt", context))
        title, _, body = text.strip().partition("\n")
        return NoticeText(
            title=" ".join(title.split()),
            body=" ".join(body.split()),
            link=f"{self._site}/{'t' if secret.purpose == 'ticket' else 'a'}/{token}",
            language=message.language,
            tag=f"{secret.purpose}-{secret.id}",
            key=message.key,
            urgent=message.kind in URGENT,
        )


def _facts(message: Message) -> dict[str, Any]:
    payload = message.payload
    zone = ZoneInfo(payload["timezone"])
    if message.kind not in NOTICES | TICKETS:
        return {"office": payload["office"], "zone": zone, "starts_at": instant(payload["starts_at"])}
    return {
        "code": payload["code"],
        "office": payload["office"],
        "desk": payload.get("desk"),
        "way": payload.get("way"),
        "ahead": payload.get("ahead"),
        "message": (payload.get("message") or "")[:MESSAGE_LENGTH],
        "zone": zone,
        **{name: _maybe(payload, name) for name in ("eta_earliest", "eta_latest", "may_return_until")},
    }


def _maybe(payload: Mapping[str, Any], name: str) -> datetime | None:
    return instant(payload[name]) if payload.get(name) else None
