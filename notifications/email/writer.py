"""Writing of e-mails: subject, text, HTML with inlined styles, calendar file. No sockets.

The same message at the same instant always becomes the same e-mail, so a sent e-mail can be shown again
although its text is not stored. The instant only decides whether a day is called today or tomorrow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ...core.tokens import TokenSigner
from ..domain.contact_tokens import preferences_link
from ..domain.message_content import (
    MessageContent,
    OutboxMessage,
    TextTemplates,
    build_message_content,
    one_time_code,
    parse_facts,
    render_titled_text,
    today_or_tomorrow,
)
from ..domain.message_kinds import message_kind
from ..domain.message_texts import NEEDS
from .server_url import mail_host_name

if TYPE_CHECKING:
    import css_inline

REMINDER_MINUTES = 60  # time enough to travel to the office, or to look for a quiet room


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """The .ics file of an e-mail, and its method (RFC 5546)."""

    method: str
    contents: bytes


@dataclass(frozen=True, slots=True)
class EmailContent:
    """An e-mail that is ready to be sent.

    `message_id` is the same for every attempt (RFC 5322, 3.6.4). A mail program posts to `stop_link` to stop
    further e-mails of the group; it is None for e-mails that cannot be stopped.
    """

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
    """Writes e-mails with an installation's templates, secret keys, public URL and sender."""

    def __init__(self, templates: TextTemplates, tokens: TokenSigner, public_url: str, sender: str) -> None:
        self._templates = templates
        self._tokens = tokens
        self._site = public_url
        self._sender = sender

    @cached_property
    def _inliner(self) -> css_inline.CSSInliner:
        import css_inline  # imported late: 3 MB, which the first e-mail needs

        return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)

    def write(self, message: OutboxMessage, at: datetime) -> EmailContent:
        """Write the e-mail that is sent at this instant.

        Raises LookupError for an unknown kind and for a payload that lacks a fact.
        """
        content = build_message_content(self._tokens, message, self._site)
        kind = message_kind(message.kind)
        choose_link = preferences_link(self._tokens, self._site, message.channel, message.recipient)
        stop_link = f"{choose_link}/{kind.group}" if kind.has_stop_link else None
        appointment = content.appointment
        context = {
            "visit": appointment,
            "turn": content.ticket,
            "soon": today_or_tomorrow(appointment, at) if appointment else None,
            "links": content.links,
            "facts": parse_facts(message.payload),
            "one_time_code": one_time_code(self._tokens, message),
            "sent_at": at,
            "zone": ZoneInfo(message.payload["timezone"]),
            "needs": [NEEDS[need] for need in (appointment.needs if appointment else ()) if need in NEEDS],
            "choose": choose_link,
            "stop": stop_link,
            "group": kind.group,
            "site_url": self._site,
        }
        subject, text = self._render_text(message.language, f"{message.kind}.txt", context)
        text += "\n" + self._render_text(message.language, "choose.txt", context)[1]
        page = self._templates.text(
            message.language, f"notifications/{message.kind}.html", {**context, "subject": subject}
        )
        return EmailContent(
            message_id=self.message_id(message),
            sender=self._sender,
            recipient=message.recipient,
            subject=subject,
            text=text,
            html=self._inliner.inline(page),
            calendar=self._calendar_file(message, content, context),
            links=tuple(link for link in (content.links.page, *content.links.secondary_links, stop_link) if link),
            stop_link=stop_link,
        )

    def message_id(self, message: OutboxMessage) -> str:
        """Derive the Message-ID from the message's key.

        Mailboxes recognise a second delivery by it.
        """
        digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        return f"<{digest}@{mail_host_name(self._site)}>"

    def _render_text(self, language: str, template: str, context: Mapping[str, Any]) -> tuple[str, str]:
        title, body = render_titled_text(self._templates, language, template, context)
        # conditional parts of a template leave several empty lines where they are left out
        return title, re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"

    def _calendar_file(
        self, message: OutboxMessage, content: MessageContent, context: Mapping[str, Any]
    ) -> CalendarFile | None:
        appointment = content.appointment
        if appointment is None or content.calendar_method is None:
            return None
        from ...core.formats.icalendar import build_event_ics  # imported late, with its library of 80 modules

        summary, description = self._render_text(message.language, "event.txt", context)
        contents = build_event_ics(
            uid=appointment.calendar_uid,
            summary=summary,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            timezone=appointment.zone,
            stamp=message.created_at,
            location="" if appointment.is_remote else f"{appointment.office}, {appointment.address}",
            description=description.strip(),
            url=content.links.page,
            organizer=parseaddr(self._sender)[1],
            organizer_name=self._render_text(message.language, "organizer.txt", context)[0],
            alarm_minutes=REMINDER_MINUTES,
            sequence=appointment.revision,
            cancelled=content.calendar_method == "CANCEL",
        )
        return CalendarFile(content.calendar_method, contents)
