"""Messages and their facts and links by kind. Pure: no clock, no SQL.

Templates decide wording and layout; this module decides which facts, links and
calendar entry they get.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from ...core.ids import group_locator
from ...core.tokens import TokenSigner
from .message_kinds import APPOINTMENT, EMAIL, TICKET, URGENT_KINDS, message_kind

BOOKING_PATH = "/appointments/new"  # a test compares it with appointments/domain/booking_url.py
DEFAULT_LIFETIME = timedelta(hours=12)  # no line stays open longer, and codes repeat the next day
_INSTANT_FIELD = re.compile(r"_at$|until$|^eta_")


class TextTemplates(Protocol):
    """Renders templates outside of a request; server/ implements it."""

    def text(self, language: str, template: str, context: Mapping[str, Any]) -> str: ...


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """An outbox row as channels get it.

    `key` is the same for every attempt; attempts count from 1.
    """

    id: str
    key: str
    channel: str
    kind: str
    recipient: str
    language: str
    payload: Mapping[str, Any]
    created_at: datetime
    attempt: int = 1


def is_urgent_notice(message: OutboxMessage) -> bool:
    """Tell whether a message is a push or SMS upon which its recipient must act now."""
    return message.channel != EMAIL and message.kind in URGENT_KINDS


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """Facts about an appointment for its messages."""

    name: str
    locator: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    entry_opens_at: datetime
    previous_starts_at: datetime | None
    zone: ZoneInfo
    minutes: int
    services: tuple[str, ...]
    bring: str | None
    office: str
    address: str
    access: str | None
    phone: str
    needs: tuple[str, ...]
    changes_until: datetime | None  # None: until the appointment begins
    calendar_uid: str
    revision: int
    price: str | None = None
    transport: str | None = None
    parking: str | None = None
    call_to: str | None = None  # by telephone: the number that the agent calls, with its middle hidden

    @property
    def is_phone(self) -> bool:
        return self.mode == "phone"

    @property
    def is_remote(self) -> bool:
        """Whether the citizen does not come to the office."""
        return self.mode != "in_person"

    @property
    def is_video(self) -> bool:
        return self.mode == "video"

    @property
    def spoken_locator(self) -> str:
        """The locator in two groups of four, which is easier to read out."""
        return group_locator(self.locator)


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """Facts about a ticket for its e-mails.

    `earliest` and `latest` are None without an estimate.
    """

    name: str | None
    code: str
    office: str
    line: str
    zone: ZoneInfo
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class MessageLinks:
    """Links of an e-mail.

    All but `page` are None if they do not apply or the payload has no facts for them.
    """

    page: str
    room: str | None = None
    test: str | None = None
    turn: str | None = None
    again: str | None = None
    verify: str | None = None

    @property
    def secondary_links(self) -> tuple[str | None, ...]:
        """All links but `page`, in the order in which an e-mail names them."""
        return (self.verify, self.room, self.test, self.turn, self.again)


@dataclass(frozen=True, slots=True)
class MessageContent:
    """Facts and links of an e-mail. `calendar_method` is None without a calendar file."""

    appointment: AppointmentFacts | None
    ticket: TicketFacts | None
    links: MessageLinks
    calendar_method: str | None


def link_token(tokens: TokenSigner, message: OutboxMessage) -> str:
    """Derive the token of the message's links; empty for a page that asks for a login.

    Raises LookupError for an unknown kind.
    """
    target, payload = message_kind(message.kind).link_target, message.payload
    if not target.has_token:
        return ""
    return tokens.derive(target.purpose, payload[f"{target.purpose}_id"], payload["token_hash"])


def _verification_token(tokens: TokenSigner, message: OutboxMessage) -> str | None:
    """Derive the token of the verification link; None for a message without that link."""
    verify_id = message.payload.get("verify_id")
    return None if verify_id is None else tokens.derive("verify", verify_id, message.payload["verify_hash"])


def one_time_code(tokens: TokenSigner, message: OutboxMessage) -> str | None:
    """Derive the code that the recipient types; None for a message without a code.

    The outbox does not contain it, so that no copy of the database and no list of messages shows it.
    """
    subject = message.payload.get("code_subject")
    return None if subject is None else tokens.derive_code(message.payload["code_purpose"], subject)


def page_url(message: OutboxMessage, token: str, site: str) -> str:
    """Build the URL of the page that a message links to."""
    target = message_kind(message.kind).link_target
    return f"{site}/{target.path}/{token}" if target.has_token else f"{site}/{target.path}"


def short_link(message: OutboxMessage, token: str, site: str) -> str:
    """Build the URL that a push or SMS links to.

    It is the page of the message, or the room of a video appointment.
    """
    page = page_url(message, token, site)
    opens_room = message_kind(message.kind).opens_room and message.payload.get("mode") == "video"
    return f"{page}/room" if opens_room else page


def build_message_content(tokens: TokenSigner, message: OutboxMessage, site: str) -> MessageContent:
    """Build facts and links of an e-mail. `site` is the public URL without a slash at its end.

    Raises LookupError for an unknown kind and for a payload that lacks a fact.
    """
    kind, token = message_kind(message.kind), link_token(tokens, message)
    page, verification_token = page_url(message, token, site), _verification_token(tokens, message)
    verify = None if verification_token is None else f"{page}/verify/{verification_token}"
    if kind.link_target != APPOINTMENT:
        ticket = _ticket_facts(message.payload) if kind.link_target == TICKET else None
        return MessageContent(None, ticket, MessageLinks(page, verify=verify), None)
    appointment, office = _appointment_facts(message.payload), message.payload.get("office_slug")
    if kind.calendar_method == "CANCEL":
        links = MessageLinks(page, again=_book_again_url(message.payload, site), verify=verify)
    elif appointment.is_video:
        links = MessageLinks(page, room=f"{page}/room", test=f"{page}/test", verify=verify)
    else:
        has_turn = office and not appointment.is_phone
        turn = f"{site}/o/{office}?appointment={token}" if has_turn else None
        links = MessageLinks(page, turn=turn, verify=verify)
    return MessageContent(appointment, None, links, kind.calendar_method)


def has_expired(message: OutboxMessage, at: datetime) -> bool:
    """Tell whether a message is no longer true, such as after the end of its appointment.

    Messages can wait for days while a mail server is away. An expired message would send a person to the
    office in vain.
    """
    return expires_at(message) <= at


def expires_at(message: OutboxMessage) -> datetime:
    """Return the instant from which a message is no longer true.

    Raises LookupError for an unknown kind.
    """
    field = message_kind(message.kind).expiry_field
    return parse_instant(message.payload[field]) if field else message.created_at + DEFAULT_LIFETIME


def render_titled_text(
    templates: TextTemplates, language: str, template: str, context: Mapping[str, Any]
) -> tuple[str, str]:
    """Render a text template of this folder whose first line is the title.

    Returns title and body. Templates escape for HTML; plain text needs the characters themselves.
    """
    text = html.unescape(templates.text(language, f"notifications/{template}", context))
    title, _, body = text.lstrip().partition("\n")
    return " ".join(title.split()), body


def parse_facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with its instants, known by their field names, as datetimes."""
    return {
        name: _parse_optional_instant(value) if _INSTANT_FIELD.search(name) else value
        for name, value in payload.items()
    }


def today_or_tomorrow(appointment: AppointmentFacts, at: datetime) -> str | None:
    """Return `today`, `tomorrow` or None for the day of an appointment.

    `at` is the instant of the send; the days are those of the office's time zone.
    """
    starts_on = appointment.starts_at.astimezone(appointment.zone).date()
    days = (starts_on - at.astimezone(appointment.zone).date()).days
    return {0: "today", 1: "tomorrow"}.get(days)


def _book_again_url(payload: Mapping[str, Any], site: str) -> str:
    url = f"{site}{BOOKING_PATH}"
    if not payload.get("office_slug"):
        return url
    choices = {
        "office": payload["office_slug"],
        "service": payload.get("service_slug"),
        "more": ",".join(payload.get("more_services") or ()),
        "mode": payload["mode"],
    }
    return f"{url}?" + "&".join(f"{name}={choice}" for name, choice in choices.items() if choice)


def _appointment_facts(payload: Mapping[str, Any]) -> AppointmentFacts:
    return AppointmentFacts(
        name=payload["name"],
        locator=payload["locator"],
        mode=payload["mode"],
        starts_at=parse_instant(payload["starts_at"]),
        ends_at=parse_instant(payload["ends_at"]),
        entry_opens_at=parse_instant(payload["entry_opens_at"]),
        previous_starts_at=_parse_optional_instant(payload.get("previous_starts_at")),
        zone=ZoneInfo(payload["timezone"]),
        minutes=payload["minutes"],
        services=tuple(payload.get("services") or (payload["service"],)),
        bring=payload.get("bring"),
        office=payload["office"],
        address=payload["address"],
        access=payload.get("access"),
        price=payload.get("price"),
        transport=payload.get("transport"),
        parking=payload.get("parking"),
        phone=payload["office_phone"],
        needs=tuple(payload.get("needs", ())),
        changes_until=_parse_optional_instant(payload.get("changes_until")),
        calendar_uid=payload.get("calendar_uid") or payload["appointment_id"],
        revision=payload.get("revision", 0),
        call_to=payload.get("call_to"),
    )


def _ticket_facts(payload: Mapping[str, Any]) -> TicketFacts:
    return TicketFacts(
        name=payload.get("name"),
        code=payload["code"],
        office=payload["office"],
        line=payload["line"],
        zone=ZoneInfo(payload["timezone"]),
        earliest=_parse_optional_instant(payload.get("eta_earliest")),
        latest=_parse_optional_instant(payload.get("eta_latest")),
    )


def parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _parse_optional_instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
