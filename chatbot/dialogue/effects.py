"""Effects of the dialogue, their answers, and the dispatch to handlers. Pure.

A turn of the dialogue is a generator: it yields an effect and is sent the answer. The product's handlers are in
`actions/effect_handlers.py`; tests answer from fake data.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol, assert_never

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
EffectAnswer = (
    list[datetime]
    | list[FirstFreeTime]
    | list[OfficeLineWait]
    | CheckedDetail
    | HoldAnswer
    | BookingAnswer
    | LookupAnswer
    | MoveAnswer
    | WaitlistAnswer
)

# The answer that is sent into a generator depends on the effect that it yielded, so its type is Any here.
TurnGenerator = Generator[Effect, Any, DialogueTurn]
OptionalTurnGenerator = Generator[Effect, Any, DialogueTurn | None]
# A handler of a message returns a turn at once when it needs no effect; None when the message is not for it.
HandlerResult = DialogueTurn | TurnGenerator
OptionalHandlerResult = DialogueTurn | OptionalTurnGenerator | None


class EffectHandlers(Protocol):
    """A method for each effect of the dialogue."""

    async def find_free_times(self, effect: FindFreeTimes, /) -> list[datetime]: ...

    async def find_first_times(self, effect: FindFirstTimes, /) -> list[FirstFreeTime]: ...

    async def find_line_waits(self, effect: FindLineWaits, /) -> list[OfficeLineWait]: ...

    async def check_detail(self, effect: CheckDetail, /) -> CheckedDetail: ...

    async def hold_slot(self, effect: HoldSlot, /) -> HoldAnswer: ...

    async def release_hold(self, effect: ReleaseHold, /) -> None: ...

    async def book_from_state(self, effect: BookFromState, /) -> BookingAnswer: ...

    async def find_appointment(self, effect: FindAppointment, /) -> LookupAnswer: ...

    async def load_appointment(self, effect: LoadAppointment, /) -> LookupAnswer: ...

    async def cancel_appointment(self, effect: CancelAppointment, /) -> LookupAnswer: ...

    async def move_appointment(self, effect: MoveAppointment, /) -> MoveAnswer: ...

    async def replace_appointment(self, effect: ReplaceAppointment, /) -> MoveAnswer: ...

    async def request_earlier_time(self, effect: RequestEarlierTime, /) -> LookupAnswer: ...

    async def send_lost_links(self, effect: SendLostLinks, /) -> RequestDenied | None: ...

    async def join_waitlist(self, effect: JoinWaitlist, /) -> WaitlistAnswer: ...


async def run_with_handlers(steps: TurnGenerator, handlers: EffectHandlers) -> DialogueTurn:
    """Run a turn of the dialogue, and answer each effect that it yields."""
    answer: EffectAnswer = None
    while True:
        try:
            effect = steps.send(answer)
        except StopIteration as end:
            turn: DialogueTurn = end.value
            return turn
        answer = await handle_effect(effect, handlers)


async def handle_effect(effect: Effect, handlers: EffectHandlers) -> EffectAnswer:
    """Call the handler of an effect."""
    match effect:
        case FindFreeTimes():
            return await handlers.find_free_times(effect)
        case FindFirstTimes():
            return await handlers.find_first_times(effect)
        case FindLineWaits():
            return await handlers.find_line_waits(effect)
        case CheckDetail():
            return await handlers.check_detail(effect)
        case HoldSlot():
            return await handlers.hold_slot(effect)
        case ReleaseHold():
            await handlers.release_hold(effect)
            return None
        case BookFromState():
            return await handlers.book_from_state(effect)
        case FindAppointment():
            return await handlers.find_appointment(effect)
        case LoadAppointment():
            return await handlers.load_appointment(effect)
        case ReplaceAppointment():
            return await handlers.replace_appointment(effect)
        case RequestEarlierTime():
            return await handlers.request_earlier_time(effect)
        case SendLostLinks():
            return await handlers.send_lost_links(effect)
        case JoinWaitlist():
            return await handlers.join_waitlist(effect)
        case CancelAppointment():
            return await handlers.cancel_appointment(effect)
        case MoveAppointment():
            return await handlers.move_appointment(effect)
        case _:
            assert_never(effect)


def complete_turn(result: OptionalHandlerResult) -> OptionalTurnGenerator:
    """Run a handler's generator to its end; return a turn that needed no effect as it is."""
    return result if result is None or isinstance(result, DialogueTurn) else (yield from result)
