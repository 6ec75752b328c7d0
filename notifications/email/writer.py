"""Writes e-mails: a message becomes subject, HTML with its styles written into each element, text and .ics.

The same message at the same moment always becomes the same e-mail, so what was sent can be shown again without
keeping it. The moment only decides whether a day may be called today or tomorrow.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import css_inline

from ...core.formats.icalendar import build_event_ics
from ...core.tokens import TokenSigner
from ..domain.contact_tokens import preferences_link
from ..domain.message_content import (
    AppointmentFacts,
    MessageContent,
    OutboxMessage,
    build_message_content,
    link_secret,
    parse_facts,
    today_or_tomorrow,
)
from ..domain.message_kinds import message_kind
from ..domain.message_texts import NEEDS
from .server_url import mail_host_name

REMINDER_MINUTES = 60  # enough to leave for the office, or to look for a quiet room


class TextTemplates(Protocol):
    """Renders templates outside a request; made by server/."""

    def text(self, language: str, template: str, context: Mapping[str, Any]) -> str: ...


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """The .ics of an e-mail and what it asks of the calendar (RFC 5546)."""

    method: str
    contents: bytes


@dataclass(frozen=True, slots=True)
class EmailContent:
    """An e-mail ready to be sent. `message_id` is the same at every attempt (RFC 5322, 3.6.4). `stop_link` is what
    a mail program posts to so that no more of the kind come; None for what cannot be stopped."""

    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    calendar: CalendarFile | None
    links: tuple[str, ...]
    stop_link: str | None = None


class EmailWriter:
    """Knows the installation's address, sender and templates."""

    def __init__(self, pages: TextTemplates, tokens: TokenSigner, public_url: str, sender: str) -> None:
        self._pages = pages
        self._tokens = tokens
        self._site = public_url
        self._sender = sender
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)

    def write(self, message: OutboxMessage, at: datetime) -> EmailContent:
        """The e-mail of a message that leaves at this moment.

        Raises LookupError for a kind, or a payload, that cannot be written.
        """
        secret = link_secret(message)
        token = self._tokens.derive(secret.purpose, secret.id, secret.token_hash)
        letter = self._with_verification_link(build_message_content(message, token, self._site), message)
        context = {
            "visit": letter.appointment,
            "turn": letter.ticket,
            "soon": today_or_tomorrow(letter.appointment, at) if letter.appointment else None,
            "links": letter.links,
            "facts": parse_facts(message.payload),
            "sent_at": at,
            "zone": ZoneInfo(message.payload["timezone"]),
            "needs": [
                NEEDS[need] for need in (letter.appointment.needs if letter.appointment else ()) if need in NEEDS
            ],
        }
        choose = preferences_link(self._tokens, self._site, message.channel, message.recipient)
        kind = message_kind(message.kind)
        stop = f"{choose}/{kind.group}" if kind.has_stop_link else None
        context |= {"choose": choose, "stop": stop, "group": kind.group}
        subject, text = self._render_titled_text(message.language, f"{letter.template}.txt", context)
        text += "\n" + self._render_titled_text(message.language, "choose.txt", context)[1]
        page = self._pages.text(
            message.language, f"notifications/{letter.template}.html", {**context, "subject": subject}
        )
        return EmailContent(
            message_id=self.message_id(message),
            sender=self._sender,
            recipient=message.recipient,
            subject=subject,
            text=text,
            html=self._inliner.inline(page),
            calendar=self._calendar_file(message, letter, context),
            links=tuple(link for link in (letter.links.page, *letter.links.secondary_links, stop) if link),
            stop_link=stop,
        )

    def _with_verification_link(self, content: MessageContent, message: OutboxMessage) -> MessageContent:
        """With the link that shows that the mailbox is its owner's, where the row has one."""
        stands_for = message.payload.get("verify_id")
        if stands_for is None:
            return content
        secret = self._tokens.derive("verify", stands_for, message.payload["verify_hash"])
        return replace(content, links=replace(content.links, verify=f"{content.links.page}/verify/{secret}"))

    def message_id(self, message: OutboxMessage) -> str:
        """From the message's key, by which a mailbox tells a second delivery."""
        digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        return f"<{digest}@{mail_host_name(self._site)}>"

    def _render_titled_text(self, language: str, template: str, context: Mapping[str, Any]) -> tuple[str, str]:
        """A text template whose first line is its title. Templates escape for HTML; plain text takes it back."""
        text = html.unescape(self._pages.text(language, f"notifications/{template}", context))
        title, _, body = text.lstrip().partition("\n")
        return " ".join(title.split()), _collapse_empty_lines(body)

    def _calendar_file(
        self, message: OutboxMessage, content: MessageContent, context: Mapping[str, Any]
    ) -> CalendarFile | None:
        visit = content.appointment
        if visit is None or content.calendar_method is None:
            return None
        summary, description = self._render_titled_text(message.language, "event.txt", context)
        contents = build_event_ics(
            uid=visit.calendar_uid,
            summary=summary,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            timezone=visit.zone,
            stamp=message.created_at,
            location=_calendar_location(visit),
            description=description.strip(),
            url=content.links.page,
            organizer=parseaddr(self._sender)[1],
            alarm_minutes=REMINDER_MINUTES,
            sequence=visit.revision,
            cancelled=content.calendar_method == "CANCEL",
        )
        return CalendarFile(content.calendar_method, contents)


def _collapse_empty_lines(text: str) -> str:
    """Text without the holes that templates leave: never more than one empty line."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _calendar_location(appointment: AppointmentFacts) -> str:
    return "" if appointment.is_video else f"{appointment.office}, {appointment.address}"
