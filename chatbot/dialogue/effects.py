"""What the dialogue says and what it needs to know: sentences with values, choices, and questions to the world."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from .catalogue import ServiceMode
from .state import ConversationState, OwnAppointment


@dataclass(frozen=True, slots=True)
class LocalInstant:
    """An instant on an office's clock. `form`: as a day, as a clock time, both, both as briefly as may
    be, or the day as briefly as may be.
    """

    instant: datetime
    timezone: ZoneInfo
    form: Literal["day", "time", "both", "short", "brief"] = "both"


@dataclass(frozen=True, slots=True)
class DayList:
    """Days by name and number: one, a stretch, or several."""

    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class WeekdayRange:
    """Weekdays in a row, 0 = Monday, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LocalizedName:
    """Something with a name in each language."""

    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModePhrase:
    """How somebody is attended."""

    mode: ServiceMode


@dataclass(frozen=True, slots=True)
class ValueList:
    """Values in a row: one, another and a third."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its English, which is translated when it is shown, and the values in it."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplyChoice:
    """Something to press. `value` is what is sent; `detail` stands beside the label.

    `main`: what one came for. `minor`: a way out.
    """

    label: Sentence
    value: str
    detail: Sentence | None = None
    is_minor: bool = False
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class DialogueReply:
    """One thing that the assistant says. `private`: it repeats what somebody told of themselves.

    `listed`: its sentences stand below one another.
    """

    sentences: tuple[Sentence, ...]
    choices: tuple[ReplyChoice, ...] = ()
    link: str | None = None
    is_private: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class DialogueTurn:
    """The answer to one message."""

    state: ConversationState
    replies: tuple[DialogueReply, ...]


# What the dialogue asks of the world, and what it is told


@dataclass(frozen=True, slots=True)
class FindFreeTimes:
    """The times that can be booked from one local day to another. Answered by datetimes in order."""

    office: str
    service: str
    mode: ServiceMode
    first_day: date
    last_day: date
    moved_appointment_id: str | None = None


@dataclass(frozen=True, slots=True)
class FindFirstTimes:
    """The first free time of a service in each office and mode. Answered by `FirstFreeTime`s, soonest first."""

    service: str


@dataclass(frozen=True, slots=True)
class FirstFreeTime:
    office: str
    mode: ServiceMode
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class FindLineWaits:
    """How long the lines of the open offices are. Answered by `Wait`s."""


@dataclass(frozen=True, slots=True)
class OfficeLineWait:
    """A line now. `called`: between when and when somebody who comes now would be called."""

    office: str
    line: str
    name: str
    waiting: int
    call_range: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class CheckDetail:
    """Whether a name, e-mail or telephone is valid. Answered by `CheckedDetail`."""

    field: Literal["name", "email", "phone"]
    value: str


@dataclass(frozen=True, slots=True)
class CheckedDetail:
    """The value as it is kept, or the code of what is wrong with it."""

    value: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class HoldSlot:
    """Keep a place while somebody gives their details. Answered by `Kept` or `Taken`."""

    office: str
    service: str
    mode: ServiceMode
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class SlotHeld:
    until: datetime


@dataclass(frozen=True, slots=True)
class SlotTaken:
    """Somebody was faster; these times are the nearest."""

    nearest: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class BookFromState:
    """Book what the state says. Answered by `Booked`, `Taken` or `RequestDenied`."""

    state: ConversationState


@dataclass(frozen=True, slots=True)
class BookingMade:
    """`page`: the appointment's. `verify`: it counts only once the e-mail is verified."""

    page: str
    locator: str
    needs_verification: bool = False


@dataclass(frozen=True, slots=True)
class FindAppointment:
    """An appointment by locator and contact. Answered by `Found` or `RequestDenied`."""

    locator: str
    contact: str


@dataclass(frozen=True, slots=True)
class AppointmentFound:
    """`open`: whether it can still be changed."""

    appointment: OwnAppointment
    page: str
    can_be_changed: bool


@dataclass(frozen=True, slots=True)
class CancelAppointment:
    """Cancel somebody's own appointment. Answered by `Found` or `RequestDenied`."""

    appointment_id: str


@dataclass(frozen=True, slots=True)
class MoveAppointment:
    """Move it to another time. Answered by `Found`, `Taken` or `RequestDenied`."""

    appointment_id: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class RequestDenied:
    """A rule said no. `minutes`: after which one may try again. `reason`: what the code says to a person."""

    code: str
    retry_after_minutes: int = 0
    reason: str = ""


Effect = (
    FindFreeTimes
    | FindFirstTimes
    | FindLineWaits
    | CheckDetail
    | HoldSlot
    | BookFromState
    | FindAppointment
    | CancelAppointment
    | MoveAppointment
)
# A conversation asks by yielding a need, and is sent the answer.
TurnGenerator = Generator[Effect, Any, DialogueTurn]
OptionalTurnGenerator = Generator[Effect, Any, DialogueTurn | None]


class EffectHandlers(Protocol):
    """Who does what a conversation asks for: the real ones are awaited, made-up ones answer at once."""

    def find_free_times(self, effect: FindFreeTimes, /) -> Any: ...

    def find_first_times(self, effect: FindFirstTimes, /) -> Any: ...

    def find_line_waits(self, effect: FindLineWaits, /) -> Any: ...

    def check_detail(self, effect: CheckDetail, /) -> Any: ...

    def hold_slot(self, effect: HoldSlot, /) -> Any: ...

    def book_from_state(self, effect: BookFromState, /) -> Any: ...

    def find_appointment(self, effect: FindAppointment, /) -> Any: ...

    def cancel_appointment(self, effect: CancelAppointment, /) -> Any: ...

    def move_appointment(self, effect: MoveAppointment, /) -> Any: ...


_HANDLER_NAMES: Mapping[type[Effect], str] = {
    FindFreeTimes: "find_free_times",
    FindFirstTimes: "find_first_times",
    FindLineWaits: "find_line_waits",
    CheckDetail: "check_detail",
    HoldSlot: "hold_slot",
    BookFromState: "book_from_state",
    FindAppointment: "find_appointment",
    CancelAppointment: "cancel_appointment",
    MoveAppointment: "move_appointment",
}


def handle_effect(effect: Effect, handlers: EffectHandlers) -> Any:
    """What comes of a need: its answer, or what is to be awaited for it."""
    return getattr(handlers, _HANDLER_NAMES[type(effect)])(effect)


def prepend_sentences(turn: DialogueTurn, *sentences: Sentence) -> DialogueTurn:
    """The turn with these sentences before its first one."""
    if not sentences:
        return turn
    first, *rest = turn.replies or (DialogueReply(()),)
    return DialogueTurn(turn.state, (replace(first, sentences=(*sentences, *first.sentences)), *rest))
