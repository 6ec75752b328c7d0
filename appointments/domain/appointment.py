"""One appointment: its states, what may follow what, and when one can go in. Pure: no clock, no SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from ...core.errors import Refused
from ...offices.office import ServiceMode

ENTRY_OPENS_BEFORE_START = timedelta(
    minutes=15
)  # check-in and the video room open at T−15, as the line's rules say
IN_PERSON_ENTRY_AFTER_START = timedelta(minutes=30)  # later than T+30 a person at the entrance decides
MAX_MOVES = 3  # by its owner: whoever needs more is helped better by a person
ROOM_OPEN_AFTER_END = timedelta(minutes=30)  # an agent who runs late still finds the citizen in the room

NEEDS_WITH_INTERPRETER = frozenset({"sign_language"})  # needs for which somebody else has to come at the same hour

BOOKED_BY_CITIZEN = "citizen"  # who books for themselves; staff are named


CancelledBy = Literal["citizen", "office"]


class AppointmentState(StrEnum):
    HELD = "held"
    PRECONFIRMED = "preconfirmed"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    SERVED = "served"
    CANCELLED_CITIZEN = "cancelled_citizen"
    CANCELLED_OFFICE = "cancelled_office"
    RESCHEDULED = "rescheduled"
    NO_SHOW = "no_show"


S = AppointmentState

# A pre-confirmation that nobody answers is given up in the citizen's name; `lapsed_at` tells it from others.
ALLOWED_TRANSITIONS: Mapping[AppointmentState, frozenset[AppointmentState]] = {
    S.HELD: frozenset({S.PRECONFIRMED, S.CONFIRMED}),
    S.PRECONFIRMED: frozenset({S.CONFIRMED, S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE}),
    S.CONFIRMED: frozenset({S.CHECKED_IN, S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE, S.RESCHEDULED, S.NO_SHOW}),
    S.CHECKED_IN: frozenset({S.SERVED, S.CONFIRMED}),  # back to confirmed: the ticket or the lobby was left
    S.SERVED: frozenset(),
    S.CANCELLED_CITIZEN: frozenset(),
    S.CANCELLED_OFFICE: frozenset(),
    S.RESCHEDULED: frozenset(),
    S.NO_SHOW: frozenset(),
}

UNCONFIRMED_STATES = frozenset({S.HELD, S.PRECONFIRMED})  # keeps a place, and may still come to nothing
SLOT_FREEING_STATES = frozenset({S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE, S.RESCHEDULED})
ACTIVE_STATES = frozenset({S.HELD, S.PRECONFIRMED, S.CONFIRMED, S.CHECKED_IN})  # a second one would be a duplicate
CANCELLED_STATE_BY: Mapping[CancelledBy, AppointmentState] = {
    "citizen": S.CANCELLED_CITIZEN,
    "office": S.CANCELLED_OFFICE,
}


@dataclass(frozen=True, slots=True)
class AdditionalService:
    """What else is done in a visit, after its service. `minutes` and `names`, by language: those of the day of the
    booking."""

    id: str
    slug: str
    minutes: int
    names: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Appointment:
    """What the rest of the house knows of one appointment. Times are aware UTC.

    Its line is that of `service_slug`; `more_services` are done in the same visit.
    """

    id: str
    locator: str
    state: AppointmentState
    office_id: str
    office_slug: str
    service_slug: str
    mode: ServiceMode
    starts_at: datetime
    ends_at: datetime
    name: str
    email: str
    phone: str | None
    document: str | None
    language: str
    needs: tuple[str, ...]
    token_hash: str
    created_at: datetime
    calendar_uid: str = ""  # stays when the visit is moved, so that a calendar moves its entry too
    revision: int = 0  # how often it was moved; a calendar takes the higher one
    rescheduled_to: str | None = None  # the id of the new one
    needs_note: str | None = None  # what else they need, in their own words
    kept_until: datetime | None = None  # while preconfirmed: when the place is freed unless the e-mail is verified
    lapsed_at: datetime | None = None  # when that happened
    device: str | None = None  # who booked, as keyed hashes: its owner, and whom to count
    address: str | None = None
    remind_by_sms: bool = False
    told_starts_at: datetime | None = (
        None  # when to come, as was told last to whoever has been told that we are late
    )
    latest_told_at: datetime | None = None  # the latest time that was ever told
    moves: int = 0  # how often its owner chose another time; what they were offered does not count
    cancel_reason: str | None = None  # what the office said
    may_enter_at: datetime | None = None  # a video call that may begin before its time
    service_id: str = ""
    service_names: Mapping[str, str] = field(default_factory=dict, hash=False)  # on the day of the booking

    @property
    def expected_at(self) -> datetime:
        """The time from which it counts whether somebody is late: nobody is who comes when they were told to."""
        return max(self.starts_at, self.latest_told_at or self.starts_at)

    more_services: tuple[AdditionalService, ...] = ()

    @property
    def all_needs(self) -> tuple[str, ...]:
        """What they need, for those who receive them: codes of the form, then words of their own."""
        return (*self.needs, self.needs_note) if self.needs_note else self.needs

    @property
    def service_ids(self) -> tuple[str, ...]:
        return (self.service_id, *(one.id for one in self.more_services))

    @property
    def service_slugs(self) -> tuple[str, ...]:
        """All services of the visit, in their order."""
        return (self.service_slug, *(one.slug for one in self.more_services))


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What somebody asks for, already validated. `starts_at` is aware.

    `more_services`: slugs of what else is to be done in the same visit. `booked_by`: who, for the audit.
    `override`: why staff give a place that the public cannot have.
    """

    service: str
    mode: ServiceMode
    starts_at: datetime
    name: str
    email: str
    phone: str | None = None
    document: str | None = None
    language: str = "es"
    needs: tuple[str, ...] = ()
    needs_note: str | None = None
    booked_by: str = BOOKED_BY_CITIZEN
    override: str | None = None
    remind_by_sms: bool = False
    more_services: tuple[str, ...] = ()


class EntryWindow(StrEnum):
    """Whether one can go in: take the turn in the office, or enter the video room."""

    TOO_EARLY = "early"
    OPEN = "open"
    CLOSED = "over"


def needs_interpreter(needs: Iterable[str]) -> bool:
    """Whether somebody else must be asked before whoever needs this is given a time."""
    return not NEEDS_WITH_INTERPRETER.isdisjoint(needs)


def check_transition(state: AppointmentState, new_state: AppointmentState) -> AppointmentState:
    """The new state, or Refused("illegal_transition")."""
    if new_state not in ALLOWED_TRANSITIONS[state]:
        raise Refused("illegal_transition", state=str(state), to=str(new_state))
    return new_state


def entry_opens_at(appointment: Appointment) -> datetime:
    opens = appointment.starts_at - ENTRY_OPENS_BEFORE_START
    return min(opens, appointment.may_enter_at or opens)


def entry_closes_at(appointment: Appointment) -> datetime:
    late = appointment.expected_at - appointment.starts_at
    if appointment.mode == "video":
        return appointment.ends_at + late + ROOM_OPEN_AFTER_END
    return appointment.expected_at + IN_PERSON_ENTRY_AFTER_START


def entry_window(appointment: Appointment, now: datetime) -> EntryWindow:
    """Where `now` is, seen from the times in which one can go in."""
    if now < entry_opens_at(appointment):
        return EntryWindow.TOO_EARLY
    return EntryWindow.OPEN if now < entry_closes_at(appointment) else EntryWindow.CLOSED


def is_changeable(appointment: Appointment, deadline_before_start: timedelta, now: datetime) -> bool:
    """Whether it is still time to change it: `until` before its start, or with zero up to its end."""
    return now < (appointment.starts_at - deadline_before_start if deadline_before_start else appointment.ends_at)


def check_changeable(
    appointment: Appointment,
    new_state: AppointmentState,
    now: datetime,
    deadline_before_start: timedelta = timedelta(),
    phone: str = "",
) -> None:
    """A change must be legal, and in time: Refused("illegal_transition" | "too_late" | "change_closed").

    `phone`: whom to call when it is too late to do it alone.
    """
    check_transition(appointment.state, new_state)
    if now >= appointment.ends_at:
        raise Refused("too_late")
    if not is_changeable(appointment, deadline_before_start, now):
        raise Refused("change_closed", phone=phone)


def check_moves_left(appointment: Appointment) -> None:
    """Raises Refused("too_many_moves")."""
    if appointment.moves >= MAX_MOVES:
        raise Refused("too_many_moves", most=MAX_MOVES)
