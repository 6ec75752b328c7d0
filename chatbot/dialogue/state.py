"""Where a conversation stands. Pure; a row of JSON between two messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any, Literal

from ..language.date_sets import WantedDays
from ..language.times import WantedHours
from .catalogue import ServiceMode

ChatTask = Literal["book", "change", "cancel", "find", "fastest"]


@dataclass(frozen=True, slots=True)
class OfferedChoice:
    """A choice that was offered last: what it said, and what pressing it sends."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class OwnAppointment:
    """The appointment that somebody has shown to be theirs."""

    id: str
    office: str
    service: str
    mode: ServiceMode
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What is known, and what was asked last.

    `days` and `hours`: what was said of them, until there is a time. `trail`: what was answered, in order, to go
    back by. `misses`: messages in a row that were not understood. `skipped`: optional answers that were refused.
    `later`: services that somebody also comes for, one after the other.
    """

    language: str
    task: ChatTask | None = None
    asked: str | None = None
    service: str | None = None
    mode: ServiceMode | None = None
    office: str | None = None
    days: WantedDays | None = None
    hours: WantedHours | None = None
    starts_at: datetime | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    accepted: bool = False
    skipped: tuple[str, ...] = ()
    locator: str | None = None
    visit: OwnAppointment | None = None
    offered: tuple[OfferedChoice, ...] = ()
    trail: tuple[str, ...] = ()
    misses: int = 0
    later: tuple[str, ...] = ()
    done: bool = False

    def with_answered(self, *answered: str) -> ConversationState:
        """With these added to the trail, each once, at its end."""
        kept = tuple(one for one in self.trail if one not in answered)
        return replace(self, trail=(*kept, *answered))

    def with_service(self, service: str) -> ConversationState:
        """With the service that they come for now."""
        return replace(self, service=service, later=tuple(one for one in self.later if one != service))


def without_personal_data(state: ConversationState) -> ConversationState:
    """What is left of a conversation that has done its work: nothing about a person."""
    return ConversationState(language=state.language, done=True)


def state_to_json(state: ConversationState) -> dict[str, Any]:
    """What differs from a new conversation."""
    fresh = ConversationState(language=state.language)
    changed = {
        one.name for one in fields(ConversationState) if getattr(state, one.name) != getattr(fresh, one.name)
    }
    return {"language": state.language} | {name: _to_json_value(getattr(state, name)) for name in changed}


def state_from_json(stored: Mapping[str, Any]) -> ConversationState:
    """The state that `to_json` kept."""
    values = dict(stored)
    for name in ("skipped", "trail", "later"):
        values[name] = tuple(values.get(name, ()))
    values["offered"] = tuple(OfferedChoice(**one) for one in values.get("offered", ()))
    values["days"] = _parse_days(values.get("days"))
    values["hours"] = _parse_hours(values.get("hours"))
    values["starts_at"] = _parse_instant(values.get("starts_at"))
    visit = values.get("visit")
    values["visit"] = (
        OwnAppointment(**{**visit, "starts_at": _parse_instant(visit["starts_at"])}) if visit else None
    )
    return ConversationState(**values)


def _to_json_value(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_to_json_value(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(_to_json_value(one) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _to_json_value(getattr(value, one.name)) for one in fields(value)}
    return value


def _parse_instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _parse_days(stored: Mapping[str, Any] | None) -> WantedDays | None:
    if stored is None:
        return None
    days = tuple(date.fromisoformat(one) for one in stored["days"])
    return WantedDays(
        days, stored["unsure"], stored["soonest"], frozenset(map(date.fromisoformat, stored["without"]))
    )


def _parse_hours(stored: Mapping[str, Any] | None) -> WantedHours | None:
    if stored is None:
        return None
    return WantedHours(
        at=tuple(map(time.fromisoformat, stored["at"])),
        other=tuple(map(time.fromisoformat, stored["other"])),
        after=_parse_time(stored["after"]),
        before=_parse_time(stored["before"]),
        part=stored["part"],
        without=tuple((time.fromisoformat(first), time.fromisoformat(last)) for first, last in stored["without"]),
        about=stored["about"],
    )


def _parse_time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
