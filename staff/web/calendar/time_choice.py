"""Choice of service, mode, day and time in the forms of a booking and of a move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, QueryParams

from ....appointments.service import (
    SlotSearch,
    available_slots,
    nearest_available_slots,
    parse_slot_time,
    time_label,
)
from ....core.errors import FieldError, Unavailable
from ....core.i18n.dates import format_rfc3339, local_instant
from ....offices.service import Office, OfficeService, ServiceMode
from ..messages_page import parse_day

OTHER_TIME = "other"  # the choice of a time past the places, with a reason
_TIME_ADAPTER: TypeAdapter[time] = TypeAdapter(time)


@dataclass(frozen=True, slots=True)
class VisitChoice:
    """The choices of a form, with the values that were typed."""

    services: tuple[OfficeService, ...]
    mode: ServiceMode
    day: date
    starts_at: str
    other_time: str
    override: str

    @property
    def service(self) -> OfficeService:
        return self.services[0]

    @property
    def more(self) -> tuple[str, ...]:
        """The slugs of the additional services."""
        return tuple(service.slug for service in self.services[1:])

    @property
    def is_other_time(self) -> bool:
        return self.starts_at == OTHER_TIME

    def time_errors(self) -> list[FieldError]:
        """Return what is missing in the chosen time."""
        if not self.is_other_time:
            return [] if self.starts_at else [FieldError("starts_at", "choose_time")]
        errors = [] if self.override else [FieldError("override", "required")]
        return errors if parse_clock_time(self.other_time) else [FieldError("other_time", "required"), *errors]

    def chosen_start(self, office: Office) -> datetime | None:
        """Return the chosen start; None without a choice."""
        if not self.is_other_time:
            return parse_slot_time(self.starts_at)
        clock_time = parse_clock_time(self.other_time)
        return local_instant(self.day, clock_time, office.timezone) if clock_time else None


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """A time to choose. `for_staff`: the public cannot book it."""

    value: str
    label: str
    starts_at: datetime
    for_staff: bool = False


@dataclass(frozen=True, slots=True)
class TimeChoices:
    """The times of the chosen day; the nearest times if it is full or the time was taken."""

    times: Sequence[TimeChoice]
    nearest: Sequence[TimeChoice] = field(default=())


def parse_visit_choice(
    values: FormData | QueryParams,
    office: Office,
    today: date,
    default: VisitChoice | None = None,
) -> VisitChoice:
    """Parse a sent form, or the address that opens it.

    Invalid choices are replaced by the first possible choice.
    """
    offered = {service.slug: service for service in office.services}
    service = offered.get(_text(values, "service")) or (default.service if default else office.services[0])
    slugs = (
        [str(slug) for slug in values.getlist("more")]
        if isinstance(values, FormData)
        else (default.more if default else ())
    )
    mode = _text(values, "mode") or (default.mode if default else "")
    modes = service.modes or ("in_person",)
    chosen: ServiceMode = next((offered_mode for offered_mode in modes if offered_mode == mode), modes[0])
    more = tuple(
        offered[slug]
        for slug in slugs
        if slug in offered and slug != service.slug and chosen in offered[slug].modes
    )
    return VisitChoice(
        (service, *more),
        chosen,
        parse_day(_text(values, "day"), default.day if default else today),
        _text(values, "starts_at") or _text(values, "at"),
        _text(values, "other_time"),
        _text(values, "override"),
    )


def _text(values: FormData | QueryParams, name: str) -> str:
    return str(values.get(name) or "").strip()


def parse_clock_time(text: str) -> time | None:
    """Parse a clock time of a form; None if it is missing or invalid."""
    try:
        return _TIME_ADAPTER.validate_python(text) if ":" in text else None
    except ValidationError:
        return None


async def load_time_choices(
    session: AsyncSession,
    office: Office,
    choice: VisitChoice,
    now: datetime,
    *,
    excluded_id: str | None = None,
    nearest: Sequence[str] = (),
) -> TimeChoices:
    """Load the times of the chosen day. `nearest`: the times that a refusal named.

    `excluded_id`: the appointment that moves, whose own slot counts as free.
    """
    # Two searches: the page marks the times that the public cannot book.
    search = SlotSearch(office, choice.services, choice.mode, for_staff=True, excluded_id=excluded_id)
    public = SlotSearch(office, choice.services, choice.mode, excluded_id=excluded_id)
    try:
        staff_slots = await available_slots(session, search, now, choice.day, 1)
        public_starts = {slot.starts_at for slot in await available_slots(session, public, now, choice.day, 1)}
        near = [parsed for text in nearest if (parsed := parse_slot_time(text)) is not None]
        if not staff_slots and not near:
            wanted = local_instant(choice.day, time(9), office.timezone)
            near = [slot.starts_at for slot in await nearest_available_slots(session, search, now, wanted)]
    except Unavailable:  # invalid agenda settings: only a time with a reason can be given
        return TimeChoices([])
    return TimeChoices(
        [_time_choice(office, slot.starts_at, slot.starts_at not in public_starts) for slot in staff_slots],
        [_time_choice(office, moment) for moment in near],
    )


def _time_choice(office: Office, moment: datetime, for_staff: bool = False) -> TimeChoice:
    zone = office.timezone
    return TimeChoice(format_rfc3339(moment, zone), time_label(moment, zone), moment, for_staff)
