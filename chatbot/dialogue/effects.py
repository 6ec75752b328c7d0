"""What the dialogue says and what it needs to know: sentences with values, choices, and questions to the world."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from .catalogue import Mode
from .state import State, Visit


@dataclass(frozen=True, slots=True)
class At:
    """An instant on an office's clock. `form`: as a day, as a clock time, both, both as briefly as may
    be, or the day as briefly as may be.
    """

    moment: datetime
    timezone: ZoneInfo
    form: Literal["day", "time", "both", "short", "brief"] = "both"


@dataclass(frozen=True, slots=True)
class On:
    """Days by name and number: one, a stretch, or several."""

    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Weekdays in a row, 0 = Monday, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name in each language."""

    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ByMode:
    """How somebody is attended."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class Several:
    """Values in a row: one, another and a third."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence: its English, which is translated when it is shown, and the values in it."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to press. `value` is what is sent; `detail` stands beside the label.

    `main`: what one came for. `minor`: a way out.
    """

    label: Line
    value: str
    detail: Line | None = None
    minor: bool = False
    main: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing that the assistant says. `private`: it repeats what somebody told of themselves.

    `listed`: its sentences stand below one another.
    """

    lines: tuple[Line, ...]
    choices: tuple[Choice, ...] = ()
    link: str | None = None
    private: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """The answer to one message."""

    state: State
    replies: tuple[Reply, ...]


# What the dialogue asks of the world, and what it is told


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The times that can be booked from one local day to another. Answered by datetimes in order."""

    office: str
    service: str
    mode: Mode
    first: date
    last: date
    without: str | None = None


@dataclass(frozen=True, slots=True)
class FirstTimes:
    """The first free time of a service in each office and mode. Answered by `First`s, the soonest first."""

    service: str


@dataclass(frozen=True, slots=True)
class First:
    office: str
    mode: Mode
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the lines of the open offices are. Answered by `Wait`s."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A line now. `called`: between when and when somebody who comes now would be called."""

    office: str
    line: str
    name: str
    waiting: int
    called: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a name, e-mail or telephone is valid. Answered by `Checked`."""

    field: Literal["name", "email", "phone"]
    value: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The value as it is kept, or the code of what is wrong with it."""

    value: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep a place while somebody gives their details. Answered by `Kept` or `Taken`."""

    office: str
    service: str
    mode: Mode
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    until: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody was faster; these times are the nearest."""

    nearest: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """Book what the state says. Answered by `Booked`, `Taken` or `Denied`."""

    state: State


@dataclass(frozen=True, slots=True)
class Booked:
    """`page`: the appointment's. `verify`: it counts only once the e-mail is verified."""

    page: str
    locator: str
    verify: bool = False


@dataclass(frozen=True, slots=True)
class Find:
    """An appointment by locator and contact. Answered by `Found` or `Denied`."""

    locator: str
    contact: str


@dataclass(frozen=True, slots=True)
class Found:
    """`open`: whether it can still be changed."""

    visit: Visit
    page: str
    open: bool


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel somebody's own appointment. Answered by `Found` or `Denied`."""

    visit: str


@dataclass(frozen=True, slots=True)
class Move:
    """Move it to another time. Answered by `Found`, `Taken` or `Denied`."""

    visit: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Denied:
    """A rule said no. `minutes`: after which one may try again. `reason`: what the code says to a person."""

    code: str
    minutes: int = 0
    reason: str = ""


Need = FreeTimes | FirstTimes | Waits | Check | Keep | Book | Find | Cancel | Move
# A conversation asks by yielding a need, and is sent the answer.
Talk = Generator[Need, Any, Turn]
Perhaps = Generator[Need, Any, Turn | None]


class Errands(Protocol):
    """Who does what a conversation asks for: the real ones are awaited, made-up ones answer at once."""

    def free_times(self, need: FreeTimes, /) -> Any: ...

    def first_times(self, need: FirstTimes, /) -> Any: ...

    def waits(self, need: Waits, /) -> Any: ...

    def check(self, need: Check, /) -> Any: ...

    def keep(self, need: Keep, /) -> Any: ...

    def book(self, need: Book, /) -> Any: ...

    def find(self, need: Find, /) -> Any: ...

    def cancel(self, need: Cancel, /) -> Any: ...

    def move(self, need: Move, /) -> Any: ...


_ERRANDS: Mapping[type[Need], str] = {
    FreeTimes: "free_times",
    FirstTimes: "first_times",
    Waits: "waits",
    Check: "check",
    Keep: "keep",
    Book: "book",
    Find: "find",
    Cancel: "cancel",
    Move: "move",
}


def done(need: Need, errands: Errands) -> Any:
    """What comes of a need: its answer, or what is to be awaited for it."""
    return getattr(errands, _ERRANDS[type(need)])(need)


def led_by(turn: Turn, *lines: Line) -> Turn:
    """The turn with these sentences before its first one."""
    if not lines:
        return turn
    first, *rest = turn.replies or (Reply(()),)
    return Turn(turn.state, (replace(first, lines=(*lines, *first.lines)), *rest))
