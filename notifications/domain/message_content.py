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

from ...core.ids import spoken_locator
from .message_kinds import APPOINTMENT, TICKET, kind_of


@dataclass(frozen=True, slots=True)
class Message:
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
class Secret:
    """From what the token of a letter's link is derived: `Tokens.derive(purpose, id, stored_hash)`."""

    purpose: str
    id: str
    token_hash: str


@dataclass(frozen=True, slots=True)
class Visit:
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
        return spoken_locator(self.locator)


@dataclass(frozen=True, slots=True)
class Turn:
    """A ticket as its letter tells it. The range is None when nobody could estimate it."""

    name: str | None
    code: str
    office: str
    line: str
    zone: ZoneInfo
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Links:
    """Where a letter leads. All but `page` are None where they make no sense, or the row does not tell."""

    page: str
    test: str | None = None
    turn: str | None = None
    again: str | None = None
    verify: str | None = None

    @property
    def others(self) -> tuple[str | None, ...]:
        """All but the page, in the order in which a letter names them."""
        return (self.verify, self.test, self.turn, self.again)


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything the templates of one kind are given. `event` is the calendar's method, None without entry."""

    kind: str
    template: str
    visit: Visit | None
    turn: Turn | None
    links: Links
    event: str | None


TURN_LASTS = timedelta(hours=12)  # no line is longer; the next day its code is somebody else's
_MOMENT = re.compile(r"_at$|until$|^eta_")


def secret_of(message: Message) -> Secret:
    """Whose token the letter's links carry. Raises LookupError for a kind that nobody knows."""
    purpose, payload = kind_of(message.kind).about.purpose, message.payload
    return Secret(purpose, payload[f"{purpose}_id"], payload["token_hash"])


def page_of(message: Message, token: str, site: str) -> str:
    """The page that a message leads to."""
    return f"{site}/{kind_of(message.kind).about.path}/{token}"


def letter_of(message: Message, token: str, site: str) -> Letter:
    """The letter of a message. `site` is the public address without a slash at the end.

    Raises LookupError for a kind that nobody knows, and for a payload in which a fact is missing.
    """
    page, about = page_of(message, token, site), kind_of(message.kind).about
    if about == APPOINTMENT:
        return _appointment_letter(message, page, token, site)
    turn = _turn(message.payload) if about == TICKET else None
    return Letter(message.kind, message.kind, None, turn, Links(page), None)


def has_outlived(message: Message, at: datetime) -> bool:
    """Whether what a message tells is over at this moment: an appointment that ended, a turn of half a day ago.

    Letters can wait for days where a mail server is set up late; what is over would only send somebody on a walk.
    """
    return said_until(message) <= at


def said_until(message: Message) -> datetime:
    """Until when a message says something. Raises LookupError for a kind that nobody declared."""
    until = kind_of(message.kind).until
    return instant(message.payload[until]) if until else message.created_at + TURN_LASTS


def facts_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as templates read it: its moments as datetimes, by the names that moments have."""
    return {name: _maybe(value) if _MOMENT.search(name) else value for name, value in payload.items()}


def soon(visit: Visit, at: datetime) -> str | None:
    """`today` or `tomorrow` when the appointment is on that day for whoever is written to at this moment."""
    days = (visit.starts_at.astimezone(visit.zone).date() - at.astimezone(visit.zone).date()).days
    return {0: "today", 1: "tomorrow"}.get(days)


def _appointment_letter(message: Message, page: str, token: str, site: str) -> Letter:
    visit, payload = _visit(message.payload), message.payload
    office = payload.get("office_slug")
    cancelled = kind_of(message.kind).calendar == "CANCEL"
    links = Links(
        page=page,
        test=f"{page}/test" if visit.is_video and not cancelled else None,
        turn=f"{site}/o/{office}?appointment={token}" if office and not visit.is_video and not cancelled else None,
        again=_again(payload, site) if cancelled else None,
    )
    return Letter(message.kind, message.kind, visit, None, links, kind_of(message.kind).calendar)


def _again(payload: Mapping[str, Any], site: str) -> str:
    more = ",".join(payload.get("more_services") or ())
    known = {"office": payload.get("office_slug"), "service": payload.get("service_slug"), "more": more}
    known |= {"mode": payload["mode"]}
    if not known["office"]:
        return f"{site}/appointments/new"
    return f"{site}/appointments/new?" + "&".join(f"{name}={slug}" for name, slug in known.items() if slug)


def _visit(payload: Mapping[str, Any]) -> Visit:
    return Visit(
        name=payload["name"],
        locator=payload["locator"],
        mode=payload["mode"],
        starts_at=instant(payload["starts_at"]),
        ends_at=instant(payload["ends_at"]),
        entry_opens_at=instant(payload["entry_opens_at"]),
        previous_starts_at=_maybe(payload.get("previous_starts_at")),
        zone=ZoneInfo(payload["timezone"]),
        minutes=payload["minutes"],
        services=tuple(payload.get("services") or (payload["service"],)),
        bring=payload.get("bring"),
        office=payload["office"],
        address=payload["address"],
        access=payload.get("access"),
        phone=payload["office_phone"],
        needs=tuple(payload.get("needs", ())),
        changes_until=_maybe(payload.get("changes_until")),
        calendar_uid=payload.get("calendar_uid") or payload["appointment_id"],
        revision=payload.get("revision", 0),
    )


def _turn(payload: Mapping[str, Any]) -> Turn:
    return Turn(
        name=payload.get("name"),
        code=payload["code"],
        office=payload["office"],
        line=payload["line"],
        zone=ZoneInfo(payload["timezone"]),
        earliest=_maybe(payload.get("eta_earliest")),
        latest=_maybe(payload.get("eta_latest")),
    )


def instant(text: str) -> datetime:
    """A moment of a payload."""
    return datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return instant(text) if text else None
