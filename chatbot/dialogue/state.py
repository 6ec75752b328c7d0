"""Where a conversation stands. Pure; a row of JSON between two messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any, Literal

from ..language.date_sets import Days
from ..language.times import Hours
from .catalogue import Mode

Task = Literal["book", "change", "cancel", "find", "fastest"]


@dataclass(frozen=True, slots=True)
class Offered:
    """A choice that was offered last: what it said, and what pressing it sends."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The appointment that somebody has shown to be theirs."""

    id: str
    office: str
    service: str
    mode: Mode
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What is known, and what was asked last.

    `days` and `hours`: what was said of them, until there is a time. `trail`: what was answered, in order, to go
    back by. `misses`: messages in a row that were not understood. `skipped`: optional answers that were refused.
    `later`: services that somebody also comes for, one after the other.
    """

    language: str
    task: Task | None = None
    asked: str | None = None
    service: str | None = None
    mode: Mode | None = None
    office: str | None = None
    days: Days | None = None
    hours: Hours | None = None
    starts_at: datetime | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    accepted: bool = False
    skipped: tuple[str, ...] = ()
    locator: str | None = None
    visit: Visit | None = None
    offered: tuple[Offered, ...] = ()
    trail: tuple[str, ...] = ()
    misses: int = 0
    later: tuple[str, ...] = ()
    done: bool = False

    def after(self, *answered: str) -> State:
        """With these added to the trail, each once, at its end."""
        kept = tuple(one for one in self.trail if one not in answered)
        return replace(self, trail=(*kept, *answered))

    def about(self, service: str) -> State:
        """With the service that they come for now."""
        return replace(self, service=service, later=tuple(one for one in self.later if one != service))


def without_person(state: State) -> State:
    """What is left of a conversation that has done its work: nothing about a person."""
    return State(language=state.language, done=True)


def to_json(state: State) -> dict[str, Any]:
    """What differs from a new conversation."""
    fresh = State(language=state.language)
    changed = {one.name for one in fields(State) if getattr(state, one.name) != getattr(fresh, one.name)}
    return {"language": state.language} | {name: _plain(getattr(state, name)) for name in changed}


def from_json(kept: Mapping[str, Any]) -> State:
    """The state that `to_json` kept."""
    values = dict(kept)
    for name in ("skipped", "trail", "later"):
        values[name] = tuple(values.get(name, ()))
    values["offered"] = tuple(Offered(**one) for one in values.get("offered", ()))
    values["days"] = _days(values.get("days"))
    values["hours"] = _hours(values.get("hours"))
    values["starts_at"] = _moment(values.get("starts_at"))
    visit = values.get("visit")
    values["visit"] = Visit(**{**visit, "starts_at": _moment(visit["starts_at"])}) if visit else None
    return State(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(_plain(one) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _days(kept: Mapping[str, Any] | None) -> Days | None:
    if kept is None:
        return None
    days = tuple(date.fromisoformat(one) for one in kept["days"])
    return Days(days, kept["unsure"], kept["soonest"], frozenset(map(date.fromisoformat, kept["without"])))


def _hours(kept: Mapping[str, Any] | None) -> Hours | None:
    if kept is None:
        return None
    return Hours(
        at=tuple(map(time.fromisoformat, kept["at"])),
        other=tuple(map(time.fromisoformat, kept["other"])),
        after=_time(kept["after"]),
        before=_time(kept["before"]),
        part=kept["part"],
        without=tuple((time.fromisoformat(first), time.fromisoformat(last)) for first, last in kept["without"]),
        about=kept["about"],
    )


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
