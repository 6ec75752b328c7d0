"""State of a conversation, and its JSON form between two messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any, Literal

from ...appointments.domain.booking_url import ANY_OFFICE
from ...appointments.domain.needs import needs_in_mode
from ...offices.domain.words import ServiceMode
from ..language.date_time.date_sets import WantedDays
from ..language.date_time.times import WantedHours

AppointmentTask = Literal["change", "cancel", "find", "earlier"]
ChatTask = AppointmentTask | Literal["book", "fastest", "lost_link", "waitlist"]


@dataclass(frozen=True, slots=True)
class OfferedChoice:
    """A choice of the last reply: the text that it showed, and the text that it sends."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class OwnAppointment:
    """The appointment that the citizen has proved to be theirs."""

    id: str
    office: str
    service: str
    mode: ServiceMode
    starts_at: datetime
    needs: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationState:
    """Values that are known, and the question that was asked last.

    `days` and `hours`: the citizen's wishes, until a time is chosen. `trail`: answered questions in order, for
    "back". `misses`: consecutive messages that were not understood. `visit`: the appointment to change or cancel.
    `more`: further services of the same visit; `later`: services that are booked afterwards. `needs`: codes of the
    booking form. `recent_id`: the appointment that this conversation has booked last. `paused`: a booking that was
    left for an appointment. `kept_email`: an unusual e-mail that the citizen has confirmed. `office` is ANY_OFFICE
    for a video call with any of them, until a time is chosen.
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
    locator: str | None = None
    visit: OwnAppointment | None = None
    offered: tuple[OfferedChoice, ...] = ()
    trail: tuple[str, ...] = ()
    misses: int = 0
    more: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    recent_id: str | None = None
    paused: ConversationState | None = None
    done: bool = False
    kept_email: str | None = None

    @property
    def named_office(self) -> str | None:
        """Return the slug of the office, None if it is not known yet or any will do."""
        return None if self.office == ANY_OFFICE else self.office

    @property
    def services(self) -> tuple[str, ...]:
        """Return the slugs of all services of the visit; none while the first is not known."""
        return (self.service, *self.more) if self.service else ()

    @property
    def booking_needs(self) -> tuple[str, ...]:
        """Return the needs that concern the booking in its mode."""
        return needs_in_mode(self.needs, self.mode)

    @property
    def needs_step_free(self) -> bool:
        """Whether the citizen comes to the office and needs a way without steps."""
        return self.mode == "in_person" and "step_free" in self.booking_needs

    def with_answered(self, question: str) -> ConversationState:
        """Move a question to the end of the trail."""
        others = tuple(name for name in self.trail if name != question)
        return replace(self, trail=(*others, question))

    def with_service(self, service: str) -> ConversationState:
        """Set the service to be booked now; drop it from the additional and later services."""
        more, later = (tuple(slug for slug in slugs if slug != service) for slugs in (self.more, self.later))
        return replace(self, service=service, more=more, later=later)


def without_personal_data(state: ConversationState) -> ConversationState:
    """Return the state after a task: language, needs and the id of its appointment."""
    return ConversationState(language=state.language, needs=state.needs, recent_id=state.recent_id, done=True)


def state_to_json(state: ConversationState) -> dict[str, Any]:
    """Return the fields that differ from a new conversation's, so that a row stays small."""
    fresh = ConversationState(language=state.language)
    names = [name for name in _field_names(state) if getattr(state, name) != getattr(fresh, name)]
    return {"language": state.language} | {name: _to_json_value(getattr(state, name)) for name in names}


def state_from_json(stored: Mapping[str, Any]) -> ConversationState:
    """Read the state that `state_to_json` wrote, also in an earlier version with other fields."""
    known = _field_names(ConversationState)
    values = {name: value for name, value in stored.items() if name in known}
    for name in ("trail", "more", "later", "needs"):
        values[name] = tuple(values.get(name, ()))
    values["offered"] = tuple(OfferedChoice(**choice) for choice in values.get("offered", ()))
    values["days"] = _parse_days(values.get("days"))
    values["hours"] = _parse_hours(values.get("hours"))
    values["starts_at"] = _parse_instant(values.get("starts_at"))
    visit = values.get("visit")
    values["visit"] = _parse_appointment(visit) if visit else None
    values["paused"] = state_from_json(values["paused"]) if values.get("paused") else None
    return ConversationState(**values)


def _parse_appointment(stored: Mapping[str, Any]) -> OwnAppointment:
    starts_at = _parse_instant(stored["starts_at"])
    lists = {name: tuple(stored.get(name, ())) for name in ("needs", "more")}
    return OwnAppointment(**{**stored, "starts_at": starts_at, **lists})


def _to_json_value(value: Any) -> Any:
    if isinstance(value, ConversationState):
        return state_to_json(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_to_json_value(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(_to_json_value(item) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return {name: _to_json_value(getattr(value, name)) for name in _field_names(value)}
    return value


def _field_names(value: Any) -> list[str]:
    return [field.name for field in fields(value)]


def _parse_instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _parse_days(stored: Mapping[str, Any] | None) -> WantedDays | None:
    if stored is None:
        return None
    days = tuple(date.fromisoformat(day) for day in stored["days"])
    refused = frozenset(date.fromisoformat(day) for day in stored["without"])
    return WantedDays(days, stored["unsure"], stored["soonest"], refused)


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
