"""What a letter says, by its kind: facts out of an outbox row, links out of a token. Pure: no clock, no SQL.

Wording and layout are the templates'; this file decides which facts, which links and which calendar entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ...core.ids import group_locator
from .message_kinds import APPOINTMENT, TICKET, message_kind


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One row of the outbox, as a channel sees it. `key` is the same at every attempt, which count from 1."""

    id: str
    key: str
    channel: str
    kind: str
    recipient: str
    language: str
    payload: Mapping[str, Any]
    created_at: datetime
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class LinkSecret:
    """From what the token of a letter's link is derived: `TokenSigner.derive(purpose, id, stored_hash)`."""

    purpose: str
    id: str
    token_hash: str


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """An appointment as its letters tell it."""

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
    changes_until: datetime | None  # None: until it begins
    calendar_uid: str
    revision: int

    @property
    def is_video(self) -> bool:
        return self.mode == "video"

    @property
    def service(self) -> str:
        """What it is for, in one line."""
        return ", ".join(self.services)

    @property
    def spoken_locator(self) -> str:
        """In two groups of four, as one reads it out."""
        return group_locator(self.locator)


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket as its letter tells it. The range is None when nobody could estimate it."""

    name: str | None
    code: str
    office: str
    line: str
    zone: ZoneInfo
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class MessageLinks:
    """Where a letter leads. All but `page` are None where they make no sense, or the row does not tell."""

    page: str
    test: str | None = None
    turn: str | None = None
    again: str | None = None
    verify: str | None = None

    @property
    def secondary_links(self) -> tuple[str | None, ...]:
        """All but the page, in the order in which a letter names them."""
        return (self.verify, self.test, self.turn, self.again)


@dataclass(frozen=True, slots=True)
class MessageContent:
    """Everything the templates of one kind are given. `event` is the calendar's method, None without entry."""

    kind: str
    template: str
    appointment: AppointmentFacts | None
    ticket: TicketFacts | None
    links: MessageLinks
    calendar_method: str | None


BOOKING_PATH = "/appointments/new"  # a test compares it with appointments/domain/booking_url.py
DEFAULT_LIFETIME = timedelta(hours=12)  # no line is longer; the next day its code is somebody else's
_INSTANT_FIELD = re.compile(r"_at$|until$|^eta_")


def link_secret(message: OutboxMessage) -> LinkSecret:
    """Whose token the letter's links carry. Raises LookupError for a kind that nobody knows."""
    purpose, payload = message_kind(message.kind).link_target.purpose, message.payload
    return LinkSecret(purpose, payload[f"{purpose}_id"], payload["token_hash"])


def page_url(message: OutboxMessage, token: str, site: str) -> str:
    """The page that a message leads to."""
    return f"{site}/{message_kind(message.kind).link_target.path}/{token}"


def build_message_content(message: OutboxMessage, token: str, site: str) -> MessageContent:
    """The letter of a message. `site` is the public address without a slash at the end.

    Raises LookupError for a kind that nobody knows, and for a payload in which a fact is missing.
    """
    page, about = page_url(message, token, site), message_kind(message.kind).link_target
    if about == APPOINTMENT:
        return _appointment_content(message, page, token, site)
    turn = _ticket_facts(message.payload) if about == TICKET else None
    return MessageContent(message.kind, message.kind, None, turn, MessageLinks(page), None)


def has_expired(message: OutboxMessage, at: datetime) -> bool:
    """Whether what a message tells is over at this moment: an appointment that ended, a turn of half a day ago.

    Letters can wait for days where a mail server is set up late; what is over would only send somebody on a walk.
    """
    return expires_at(message) <= at


def expires_at(message: OutboxMessage) -> datetime:
    """Until when a message says something. Raises LookupError for a kind that nobody declared."""
    until = message_kind(message.kind).expiry_field
    return parse_instant(message.payload[until]) if until else message.created_at + DEFAULT_LIFETIME


def parse_facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as templates read it: its moments as datetimes, by the names that moments have."""
    return {
        name: _parse_optional_instant(value) if _INSTANT_FIELD.search(name) else value
        for name, value in payload.items()
    }


def today_or_tomorrow(appointment: AppointmentFacts, at: datetime) -> str | None:
    """`today` or `tomorrow` when the appointment is on that day for whoever is written to at this moment."""
    days = (
        appointment.starts_at.astimezone(appointment.zone).date() - at.astimezone(appointment.zone).date()
    ).days
    return {0: "today", 1: "tomorrow"}.get(days)


def _appointment_content(message: OutboxMessage, page: str, token: str, site: str) -> MessageContent:
    visit, payload = _appointment_facts(message.payload), message.payload
    office = payload.get("office_slug")
    cancelled = message_kind(message.kind).calendar_method == "CANCEL"
    links = MessageLinks(
        page=page,
        test=f"{page}/test" if visit.is_video and not cancelled else None,
        turn=f"{site}/o/{office}?appointment={token}" if office and not visit.is_video and not cancelled else None,
        again=_book_again_url(payload, site) if cancelled else None,
    )
    return MessageContent(
        message.kind, message.kind, visit, None, links, message_kind(message.kind).calendar_method
    )


def _book_again_url(payload: Mapping[str, Any], site: str) -> str:
    more = ",".join(payload.get("more_services") or ())
    known = {"office": payload.get("office_slug"), "service": payload.get("service_slug"), "more": more}
    known |= {"mode": payload["mode"]}
    if not known["office"]:
        return f"{site}{BOOKING_PATH}"
    return f"{site}{BOOKING_PATH}?" + "&".join(f"{name}={slug}" for name, slug in known.items() if slug)


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
        phone=payload["office_phone"],
        needs=tuple(payload.get("needs", ())),
        changes_until=_parse_optional_instant(payload.get("changes_until")),
        calendar_uid=payload.get("calendar_uid") or payload["appointment_id"],
        revision=payload.get("revision", 0),
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
    """A moment of a payload."""
    return datetime.fromisoformat(text)


def _parse_optional_instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
