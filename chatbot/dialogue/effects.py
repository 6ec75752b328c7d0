"""Effects of the dialogue, their answers, and the dispatch to handlers. Pure.

A turn of the dialogue is a generator: it yields an effect and is sent the answer. The product's handlers are in
`actions/effect_handlers.py`; tests answer from fake data.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from ...offices.domain.words import ServiceMode
from .replies import DialogueTurn
from .state import ConversationState, OwnAppointment


@dataclass(frozen=True, slots=True)
class FindFreeTimes:
    """Find the bookable times of some local days. Answered by datetimes in order.

    `more`: further services of the same visit. `moved_appointment_id`: an appointment to be moved, whose own slot
    counts as free.
    """

    office: str
    service: str
    mode: ServiceMode
    first_day: date
    last_day: date
    moved_appointment_id: str | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindFirstTimes:
    """Find the first free time of each office and mode. Answered by FirstFreeTime in order."""

    service: str


@dataclass(frozen=True, slots=True)
class FirstFreeTime:
    """The first free time of an office and mode."""

    office: str
    mode: ServiceMode
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class FindLineWaits:
    """Find the waits in the lines of the open offices. Answered by OfficeLineWait."""


@dataclass(frozen=True, slots=True)
class OfficeLineWait:
    """The present wait in a line.

    `call_range`: the earliest and the latest call of a citizen who comes now. `refusal`: the code that refuses a
    ticket without an appointment now; `lasts_today`: no ticket is given later today either.
    """

    office: str
    line: str
    name: str
    waiting: int
    call_range: tuple[datetime, datetime] | None
    refusal: str | None = None
    lasts_today: bool = False


DetailField = Literal["name", "email", "phone"]


@dataclass(frozen=True, slots=True)
class CheckDetail:
    """Validate a name, e-mail or telephone number. Answered by CheckedDetail."""

    field: DetailField
    value: str


@dataclass(frozen=True, slots=True)
class CheckedDetail:
    """The normalised value, or the error code of its problem."""

    value: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class HoldSlot:
    """Hold a slot for the citizen. Answered by SlotHeld, SlotTaken or None.

    None: the citizen has too many holds, and goes on without a hold.
    """

    office: str
    service: str
    mode: ServiceMode
    starts_at: datetime
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Release the held slot, so that the form can book it. Answered by None."""


@dataclass(frozen=True, slots=True)
class SlotHeld:
    """The slot is held until this instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class SlotTaken:
    """Another citizen took the slot first; these are the nearest free times.

    `too_late`: it was not taken, but has passed or is too near.
    """

    nearest: tuple[datetime, ...]
    too_late: bool = False


@dataclass(frozen=True, slots=True)
class BookFromState:
    """Book what the state describes. Answered by BookingMade, SlotTaken or RequestDenied."""

    state: ConversationState


@dataclass(frozen=True, slots=True)
class BookingMade:
    """A booked appointment. `page` is its link.

    `needs_verification`: it counts once the citizen has verified the e-mail.
    """

    page: str
    locator: str
    needs_verification: bool = False
    appointment_id: str | None = None


@dataclass(frozen=True, slots=True)
class FindAppointment:
    """Find by locator and contact. Answered by AppointmentFound or RequestDenied."""

    locator: str
    contact: str


@dataclass(frozen=True, slots=True)
class LoadAppointment:
    """Load the appointment that this conversation has booked. Answered as FindAppointment."""

    appointment_id: str


@dataclass(frozen=True, slots=True)
class AppointmentFound:
    """The citizen's appointment, its link, and whether it can still be changed or cancelled."""

    appointment: OwnAppointment
    page: str
    can_be_changed: bool
    can_be_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class CancelAppointment:
    """Cancel the citizen's appointment. Answered by AppointmentFound or RequestDenied."""

    appointment_id: str


@dataclass(frozen=True, slots=True)
class MoveAppointment:
    """Move the appointment. Answered by AppointmentFound, SlotTaken or RequestDenied.

    `mode`: of the visit after the move, None for the present mode. `phone`: at which the office calls.
    """

    appointment_id: str
    starts_at: datetime
    mode: ServiceMode | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ReplaceAppointment:
    """Replace this appointment by another visit in a single step. Answered as MoveAppointment."""

    appointment_id: str
    office: str
    service: str
    mode: ServiceMode
    starts_at: datetime
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class RequestEarlierTime:
    """Ask for earlier freed times. Answered by AppointmentFound or RequestDenied."""

    appointment_id: str


@dataclass(frozen=True, slots=True)
class SendLostLinks:
    """Send the links of a mailbox's appointments to it. Answered by None or RequestDenied.

    The answer does not tell whether the mailbox has any.
    """

    email: str


@dataclass(frozen=True, slots=True)
class JoinWaitlist:
    """Join the waitlist by the state. Answered by WaitlistJoined or RequestDenied."""

    state: ConversationState


@dataclass(frozen=True, slots=True)
class WaitlistJoined:
    """The citizen's entry, which may count only after the link of an e-mail was opened."""

    needs_verification: bool


@dataclass(frozen=True, slots=True)
class RequestDenied:
    """A rule refused the request. `reason`: the text of the code for the citizen."""

    code: str
    retry_after_minutes: int = 0
    reason: str = ""


Effect = (
    FindFreeTimes
    | FindFirstTimes
    | FindLineWaits
    | CheckDetail
    | HoldSlot
    | ReleaseHold
    | BookFromState
    | FindAppointment
    | LoadAppointment
    | CancelAppointment
    | MoveAppointment
    | ReplaceAppointment
    | RequestEarlierTime
    | SendLostLinks
    | JoinWaitlist
)
HoldAnswer = SlotHeld | SlotTaken | None
BookingAnswer = BookingMade | SlotTaken | RequestDenied
LookupAnswer = AppointmentFound | RequestDenied
MoveAnswer = AppointmentFound | SlotTaken | RequestDenied
WaitlistAnswer = WaitlistJoined | RequestDenied

# The answer that is sent into a generator depends on the effect that it yielded, so its type is Any here.
TurnGenerator = Generator[Effect, Any, DialogueTurn]
OptionalTurnGenerator = Generator[Effect, Any, DialogueTurn | None]
# A handler of a message returns a turn at once when it needs no effect; None when the message is not for it.
HandlerResult = DialogueTurn | TurnGenerator
OptionalHandlerResult = DialogueTurn | OptionalTurnGenerator | None


# The method of the handlers that answers each effect; a test compares product and fake handlers with it.
HANDLER_METHODS: Mapping[type[Effect], str] = {
    FindFreeTimes: "find_free_times",
    FindFirstTimes: "find_first_times",
    FindLineWaits: "find_line_waits",
    CheckDetail: "check_detail",
    HoldSlot: "hold_slot",
    ReleaseHold: "release_hold",
    BookFromState: "book_from_state",
    FindAppointment: "find_appointment",
    LoadAppointment: "load_appointment",
    CancelAppointment: "cancel_appointment",
    MoveAppointment: "move_appointment",
    ReplaceAppointment: "replace_appointment",
    RequestEarlierTime: "request_earlier_time",
    SendLostLinks: "send_lost_links",
    JoinWaitlist: "join_waitlist",
}


async def run_with_handlers(steps: TurnGenerator, handlers: object) -> DialogueTurn:
    """Run a turn of the dialogue, and answer each effect that it yields."""
    answer = None
    while True:
        try:
            effect = steps.send(answer)
        except StopIteration as end:
            turn: DialogueTurn = end.value
            return turn
        answer = await getattr(handlers, HANDLER_METHODS[type(effect)])(effect)


def complete_turn(result: OptionalHandlerResult) -> OptionalTurnGenerator:
    """Run a handler's generator to its end; return a turn that needed no effect as it is."""
    return result if result is None or isinstance(result, DialogueTurn) else (yield from result)
