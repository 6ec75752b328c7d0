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

from ...core.formats.icalendar import event_ics
from ...core.tokens import Tokens
from ..domain.contact_tokens import page_link
from ..domain.message_content import Letter, Message, Visit, facts_of, letter_of, secret_of, soon
from ..domain.message_kinds import kind_of
from ..domain.message_texts import NEEDS
from .server_url import host_of

REMINDER_MINUTES = 60  # enough to leave for the office, or to look for a quiet room


class TextPages(Protocol):
    """Renders templates outside a request; made by server/."""

    def text(self, language: str, template: str, context: Mapping[str, Any]) -> str: ...


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """The .ics of an e-mail and what it asks of the calendar (RFC 5546)."""

    method: str
    contents: bytes


@dataclass(frozen=True, slots=True)
class Email:
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

    def __init__(self, pages: TextPages, tokens: Tokens, public_url: str, sender: str) -> None:
        self._pages = pages
        self._tokens = tokens
        self._site = public_url
        self._sender = sender
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)

    def write(self, message: Message, at: datetime) -> Email:
        """The e-mail of a message that leaves at this moment.

        Raises LookupError for a kind, or a payload, that cannot be written.
        """
        secret = secret_of(message)
        token = self._tokens.derive(secret.purpose, secret.id, secret.token_hash)
        letter = self._with_verifying(letter_of(message, token, self._site), message)
        context = {
            "visit": letter.visit,
            "turn": letter.turn,
            "soon": soon(letter.visit, at) if letter.visit else None,
            "links": letter.links,
            "facts": facts_of(message.payload),
            "sent_at": at,
            "zone": ZoneInfo(message.payload["timezone"]),
            "needs": [NEEDS[need] for need in (letter.visit.needs if letter.visit else ()) if need in NEEDS],
        }
        choose = page_link(self._tokens, self._site, message.channel, message.recipient)
        kind = kind_of(message.kind)
        stop = f"{choose}/{kind.group}" if kind.says_how_to_stop else None
        context |= {"choose": choose, "stop": stop, "group": kind.group}
        subject, text = self._titled(message.language, f"{letter.template}.txt", context)
        text += "\n" + self._titled(message.language, "choose.txt", context)[1]
        page = self._pages.text(
            message.language, f"notifications/{letter.template}.html", {**context, "subject": subject}
        )
        return Email(
            message_id=self.message_id(message),
            sender=self._sender,
            recipient=message.recipient,
            subject=subject,
            text=text,
            html=self._inliner.inline(page),
            calendar=self._calendar(message, letter, context),
            links=tuple(link for link in (letter.links.page, *letter.links.others, stop) if link),
            stop_link=stop,
        )

    def _with_verifying(self, letter: Letter, message: Message) -> Letter:
        """With the link that shows that the mailbox is its owner's, where the row has one."""
        stands_for = message.payload.get("verify_id")
        if stands_for is None:
            return letter
        secret = self._tokens.derive("verify", stands_for, message.payload["verify_hash"])
        return replace(letter, links=replace(letter.links, verify=f"{letter.links.page}/verify/{secret}"))

    def message_id(self, message: Message) -> str:
        """From the message's key, by which a mailbox tells a second delivery."""
        digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        return f"<{digest}@{host_of(self._site)}>"

    def _titled(self, language: str, template: str, context: Mapping[str, Any]) -> tuple[str, str]:
        """A text template whose first line is its title. Templates escape for HTML; plain text takes it back."""
        text = html.unescape(self._pages.text(language, f"notifications/{template}", context))
        title, _, body = text.lstrip().partition("\n")
        return " ".join(title.split()), _folded(body)

    def _calendar(self, message: Message, letter: Letter, context: Mapping[str, Any]) -> CalendarFile | None:
        visit = letter.visit
        if visit is None or letter.event is None:
            return None
        summary, description = self._titled(message.language, "event.txt", context)
        contents = event_ics(
            uid=visit.calendar_uid,
            summary=summary,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            timezone=visit.zone,
            stamp=message.created_at,
            location=_place(visit),
            description=description.strip(),
            url=letter.links.page,
            organizer=parseaddr(self._sender)[1],
            alarm_minutes=REMINDER_MINUTES,
            sequence=visit.revision,
            cancelled=letter.event == "CANCEL",
        )
        return CalendarFile(letter.event, contents)


def _folded(text: str) -> str:
    """Text without the holes that templates leave: never more than one empty line."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _place(visit: Visit) -> str:
    return "" if visit.is_video else f"{visit.office}, {visit.address}"
