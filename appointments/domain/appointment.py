"""Appointments: states, allowed transitions, and when the citizen may enter.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from ...core.contact.chosen_channels import ChosenChannel
from ...core.errors import Refused
from ...core.i18n.languages import LANGUAGES
from ...offices.domain.words import ServiceMode

ENTRY_OPENS_BEFORE_START = timedelta(minutes=15)  # for check-in and for the video room
# A citizen who comes later than this after the start is late.
ON_TIME_WITHIN = timedelta(minutes=10)
IN_PERSON_ENTRY_AFTER_START = timedelta(minutes=30)  # later, the host at the entrance decides
# An agent who runs late still meets the citizen in the room.
ROOM_OPEN_AFTER_END = timedelta(minutes=30)
MAX_MOVES = 3  # by the citizen; with more changes, a call to the office helps better

SIGN_LANGUAGE_NEED = "sign_language"
# Needs that require an interpreter at the same time.
NEEDS_WITH_INTERPRETER = frozenset({SIGN_LANGUAGE_NEED})

BOOKED_BY_CITIZEN = "citizen"  # value of `booked_by`; staff are named instead

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

# A pre-confirmed appointment that is not verified in time becomes CANCELLED_CITIZEN, with `lapsed_at` set.
ALLOWED_TRANSITIONS: Mapping[AppointmentState, frozenset[AppointmentState]] = {
    S.HELD: frozenset({S.PRECONFIRMED, S.CONFIRMED}),
    S.PRECONFIRMED: frozenset({S.CONFIRMED, S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE}),
    S.CONFIRMED: frozenset({S.CHECKED_IN, S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE, S.RESCHEDULED, S.NO_SHOW}),
    S.CHECKED_IN: frozenset({S.SERVED, S.CONFIRMED}),  # back to confirmed: left line or lobby
    S.SERVED: frozenset(),
    S.CANCELLED_CITIZEN: frozenset(),
    S.CANCELLED_OFFICE: frozenset(),
    S.RESCHEDULED: frozenset(),
    S.NO_SHOW: frozenset(),
}

# The slot is taken, but the appointment can still lapse.
UNCONFIRMED_STATES = frozenset({S.HELD, S.PRECONFIRMED})
SLOT_FREEING_STATES = frozenset({S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE, S.RESCHEDULED})
# A citizen may have a single appointment for a service in these states.
ACTIVE_STATES = frozenset({S.HELD, S.PRECONFIRMED, S.CONFIRMED, S.CHECKED_IN})
CANCELLED_STATE_BY: Mapping[CancelledBy, AppointmentState] = {
    "citizen": S.CANCELLED_CITIZEN,
    "office": S.CANCELLED_OFFICE,
}


@dataclass(frozen=True, slots=True)
class AdditionalService:
    """A service that follows the first in the same visit.

    `minutes` and `names` (by language) are those of the day of the booking.
    """

    id: str
    slug: str
    minutes: int
    names: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment. Times are aware UTC.

    The citizen waits in the line of `service_slug`; `more_services` follow in the same visit.
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
    email: str | None  # None: staff booked it for a citizen without e-mail
    phone: str | None
    document: str | None
    language: str
    needs: tuple[str, ...]
    token_hash: str
    created_at: datetime
    # Kept when the appointment is rescheduled, so that a calendar moves its entry.
    calendar_uid: str = ""
    # Increases with each change; a calendar keeps the entry with the highest number.
    revision: int = 0
    rescheduled_to: str | None = None  # id of the appointment that replaces this appointment
    needs_note: str | None = None  # other needs, as the citizen wrote them
    # Not hashed: a dict has no hash, and appointments are keys of dicts.
    details: Mapping[str, str] = field(default_factory=dict, hash=False)  # by key of BOOKING_DETAILS
    email_verified_at: datetime | None = None  # when a link that was sent to this e-mail was opened
    # While pre-confirmed: the slot is freed then unless the e-mail is verified.
    kept_until: datetime | None = None
    lapsed_at: datetime | None = None  # when the slot was freed for lack of a verification
    device: str | None = None  # keyed hash of the device that booked: it may see the appointment
    address: str | None = None  # keyed hash of the address that booked, for the booking limits
    channels: tuple[ChosenChannel, ...] = ()  # besides the e-mail
    told_starts_at: datetime | None = None  # the start announced last, if the office runs late
    latest_told_at: datetime | None = None  # the latest start ever announced
    moves: int = 0  # how often the citizen chose another time; accepted offers do not count
    cancel_reason: str | None = None  # the reason that the office gave
    may_enter_at: datetime | None = None  # from when a video call may begin before its time
    service_id: str = ""
    service_names: Mapping[str, str] = field(default_factory=dict, hash=False)  # on the day of the booking
    more_services: tuple[AdditionalService, ...] = ()

    @property
    def expected_at(self) -> datetime:
        """The time after which the citizen is late: the start, or the latest start announced."""
        return max(self.starts_at, self.latest_told_at or self.starts_at)

    @property
    def can_be_notified(self) -> bool:
        """Whether messages reach the citizen; if not, staff tell them of changes."""
        return self.email is not None or bool(self.channels)

    @property
    def is_in_sign_language(self) -> bool:
        return SIGN_LANGUAGE_NEED in self.needs

    @property
    def all_needs(self) -> tuple[str, ...]:
        """The needs as staff see them: codes of the form, then the citizen's own words."""
        return (*self.needs, self.needs_note) if self.needs_note else self.needs

    @property
    def service_ids(self) -> tuple[str, ...]:
        return (self.service_id, *(service.id for service in self.more_services))

    @property
    def service_slugs(self) -> tuple[str, ...]:
        """All services of the visit, in their order."""
        return (self.service_slug, *(service.slug for service in self.more_services))


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A validated request for an appointment. `starts_at` is aware.

    `more_services`: slugs of the additional services. `booked_by`: the account that books, for the audit.
    `override`: why staff book a slot that the public cannot book. `email`: None only for a booking by staff.
    """

    service: str
    mode: ServiceMode
    starts_at: datetime
    name: str
    email: str | None
    phone: str | None = None
    document: str | None = None
    language: str = LANGUAGES[0]
    needs: tuple[str, ...] = ()
    needs_note: str | None = None
    details: Mapping[str, str] = field(default_factory=dict, hash=False)
    booked_by: str = BOOKED_BY_CITIZEN
    override: str | None = None
    channels: tuple[ChosenChannel, ...] = ()
    more_services: tuple[str, ...] = ()

    @property
    def service_slugs(self) -> tuple[str, ...]:
        """All services of the visit, in their order."""
        return (self.service, *self.more_services)


@dataclass(frozen=True, slots=True)
class EntryLimits:
    """The times around the start at which a citizen may take a turn; a line may set its own."""

    opens_before: timedelta = ENTRY_OPENS_BEFORE_START
    on_time_within: timedelta = ON_TIME_WITHIN
    open_after: timedelta = IN_PERSON_ENTRY_AFTER_START


DEFAULT_ENTRY_LIMITS = EntryLimits()


class EntryWindow(StrEnum):
    """Whether the citizen may check in at the office or enter the video room."""

    TOO_EARLY = "early"
    OPEN = "open"
    CLOSED = "over"


def needs_interpreter(needs: Iterable[str]) -> bool:
    """Return whether an interpreter must be asked before a time is given."""
    return not NEEDS_WITH_INTERPRETER.isdisjoint(needs)


def check_transition(state: AppointmentState, new_state: AppointmentState) -> AppointmentState:
    """Return the new state. Raises Refused("illegal_transition")."""
    if new_state not in ALLOWED_TRANSITIONS[state]:
        raise Refused("illegal_transition", state=str(state), to=str(new_state))
    return new_state


def entry_opens_at(appointment: Appointment, limits: EntryLimits = DEFAULT_ENTRY_LIMITS) -> datetime:
    opens = appointment.starts_at - limits.opens_before
    return min(opens, appointment.may_enter_at or opens)


def entry_closes_at(appointment: Appointment, limits: EntryLimits = DEFAULT_ENTRY_LIMITS) -> datetime:
    # An announced delay moves the end: a citizen who comes by the announced time is not late.
    late = appointment.expected_at - appointment.starts_at
    if appointment.mode != "in_person":
        return appointment.ends_at + late + ROOM_OPEN_AFTER_END
    return appointment.expected_at + limits.open_after


def entry_window(
    appointment: Appointment, now: datetime, limits: EntryLimits = DEFAULT_ENTRY_LIMITS
) -> EntryWindow:
    """Compare `now` with the times between which the citizen may enter."""
    if now < entry_opens_at(appointment, limits):
        return EntryWindow.TOO_EARLY
    return EntryWindow.OPEN if now < entry_closes_at(appointment, limits) else EntryWindow.CLOSED


def is_changeable(appointment: Appointment, deadline_before_start: timedelta, now: datetime) -> bool:
    """Return whether an appointment can be changed now.

    That is until the deadline before its start; with a deadline of zero, until its end.
    """
    return now < (appointment.starts_at - deadline_before_start if deadline_before_start else appointment.ends_at)


def check_changeable(
    appointment: Appointment,
    new_state: AppointmentState,
    now: datetime,
    deadline_before_start: timedelta = timedelta(),
    phone: str = "",
) -> None:
    """Refuse a change that is illegal or too late.

    Raises Refused("illegal_transition" | "too_late" | "change_closed"). `phone`: the number to call when the
    citizen cannot make the change any more.
    """
    check_transition(appointment.state, new_state)
    # Before the office's deadline: after the visit, a call to the office changes nothing.
    if now >= appointment.ends_at:
        raise Refused("too_late")
    if not is_changeable(appointment, deadline_before_start, now):
        raise Refused("change_closed", phone=phone)


def check_moves_left(appointment: Appointment) -> None:
    """Refuse another change of time by the citizen. Raises Refused("too_many_moves")."""
    if appointment.moves >= MAX_MOVES:
        raise Refused("too_many_moves", most=MAX_MOVES)
