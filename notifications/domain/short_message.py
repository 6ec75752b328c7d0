"""Texts of pushes and SMS, without names and contacts. Pure: no clock, no SQL."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ...core.tokens import TokenSigner
from .contact_tokens import preferences_link
from .declared_channels import CHOSEN
from .message_content import (
    OutboxMessage,
    TextTemplates,
    link_token,
    one_time_code,
    parse_facts,
    render_titled_text,
    short_link,
)
from .message_kinds import message_kind

# RFC 8030, 7.2: push services take 4,096 encrypted bytes; old services take less.
MAX_PUSH_BYTES = 3_000
MAX_PAUSE_TEXT_LENGTH = 200  # characters of the office's text about a pause; the page shows all of it
CONSOLE_PATHS = ("/staff/desk", "/staff/host", "/staff/rooms/")  # pages that show alerts of an office
# Facts about a ticket that not every kind has; templates need all of them.
OPTIONAL_TICKET_FACTS = ("desk", "way", "ahead", "eta_earliest", "eta_latest", "may_return_until")


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """A push or SMS.

    A tap opens `link`; `stop` is the sentence in an SMS that tells how to stop it.
    A push with `unless_open` is not shown while the browser shows a page of its `paths` for its `office`.
    """

    title: str
    body: str
    link: str
    stop: str | None
    language: str
    tag: str
    key: str
    urgent: bool
    unless_open: Mapping[str, Any] | None = None

    @property
    def plain(self) -> str:
        """The whole text, for channels that cut nothing."""
        return f"{self.title_and_body} {self.link_and_stop}"

    @property
    def title_and_body(self) -> str:
        """The part of an SMS that may be cut."""
        return f"{self.title}. {self.body}".strip()

    @property
    def link_and_stop(self) -> str:
        """The part of an SMS that would be useless if it were cut."""
        return f"{self.link} {self.stop}" if self.stop else self.link

    def push_payload(self) -> bytes:
        """Encode the JSON that static/server/sw.js shows. Raises ValueError if it is too long."""
        payload = json.dumps(
            {
                "title": self.title,
                "body": self.body,
                "url": self.link,
                "lang": self.language,
                "tag": self.tag,
                "key": self.key,
                "urgent": self.urgent,
                **({"unless_open": self.unless_open} if self.unless_open else {}),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        if len(payload) > MAX_PUSH_BYTES:
            raise ValueError(f"{len(payload)} bytes")
        return payload


class ShortMessageWriter:
    """Writes pushes and SMS with the templates, secret keys and public URL of an installation."""

    def __init__(self, templates: TextTemplates, tokens: TokenSigner, public_url: str) -> None:
        self._templates = templates
        self._tokens = tokens
        self._site = public_url

    def write(self, message: OutboxMessage) -> ShortMessage:
        """Write a push or SMS.

        Raises LookupError for an unknown kind and for a payload that lacks a fact.
        """
        link, tag = self._link_and_tag(message)
        facts = _short_message_facts(message.payload)
        code = one_time_code(self._tokens, message)
        context = {**facts, "facts": facts, "kind": message.kind, "one_time_code": code}
        title, body = render_titled_text(self._templates, message.language, "notice.txt", context)
        return ShortMessage(
            title=title,
            body=" ".join(body.split()),
            link=link,
            stop=self._stop_text(message),
            language=message.language,
            tag=tag,
            key=message.key,
            urgent=message_kind(message.kind).is_urgent,
            unless_open=_pages_that_tell(message),
        )

    def _link_and_tag(self, message: OutboxMessage) -> tuple[str, str]:
        """Return the page of a message, and the tag of messages that replace each other."""
        target, payload = message_kind(message.kind).link_target, message.payload
        own_tag = None if target.has_token else payload.get("tag")
        tag = own_tag or f"{target.purpose}-{payload[target.purpose + '_id']}"
        if not target.has_token and "path" in payload:
            return f"{self._site}{payload['path']}", tag
        return short_link(message, link_token(self._tokens, message), self._site), tag

    def _stop_text(self, message: OutboxMessage) -> str | None:
        """Write how to stop messages on a chosen channel; None for a push.

        A push is stopped on the page where the browser subscribed.
        """
        kind = message_kind(message.kind)
        if message.channel not in CHOSEN or not kind.has_stop_link:
            return None
        link = f"{preferences_link(self._tokens, self._site, message.channel, message.recipient)}/{kind.group}"
        text = self._templates.text(message.language, "notifications/stop.txt", {"link": link})
        return html.unescape(text).strip()


def _pages_that_tell(message: OutboxMessage) -> Mapping[str, Any] | None:
    """Return the pages beside which a push is not needed.

    None for a push that is always shown.
    """
    kind = message_kind(message.kind)
    if not kind.hidden_beside_console:
        return None
    return {"paths": CONSOLE_PATHS, "office": message.payload["office_slug"]}


def _short_message_facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    facts = dict.fromkeys(OPTIONAL_TICKET_FACTS) | parse_facts(payload)
    facts["message"] = str(facts.get("message") or "")[:MAX_PAUSE_TEXT_LENGTH]
    facts["zone"] = ZoneInfo(payload["timezone"])
    return facts
