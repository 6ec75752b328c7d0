"""The offices of a manager at one moment: what needs attention, and in which order.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ...offices.domain.office import Office
from ...queue.domain.display_screen import DisplayScreen
from ...staff.domain.emergency import Emergency


class Trouble(StrEnum):
    """A reason to look at an office, the most urgent first (docs/today.md#order)."""

    EVACUATION = "evacuation"
    EMERGENCY = "emergency"
    NO_DATA = "no_data"
    PAUSED = "paused"
    MESSAGES_FAILED = "messages_failed"
    NO_DESK = "no_desk"
    LONG_WAIT = "long_wait"
    LATE = "late"
    HELP = "help"
    SCREEN_LOST = "screen_lost"


URGENCY = tuple(Trouble)


@dataclass(frozen=True, slots=True)
class OfficeToday:
    """An office now. `office` is None if its rows cannot be read: then nothing is known.

    `late`: due and here, or in the lobby, and neither called nor admitted. `missing`: due and not here.
    """

    slug: str
    office: Office | None = None
    is_open: bool = False
    opens_at: datetime | None = None
    waiting: int = 0
    longest_wait: timedelta | None = None
    over_limit: int = 0
    asking_for_help: int = 0
    desks_open: int = 0
    in_calls: int = 0
    on_pause: int = 0
    desks: int = 0
    late: int = 0
    missing: int = 0
    in_lobbies: int = 0
    failed_messages: int = 0
    lost_screens: Sequence[DisplayScreen] = ()
    emergencies: Sequence[Emergency] = ()
    troubles: tuple[Trouble, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "troubles", tuple(trouble for trouble in URGENCY if _has_trouble(self, trouble)))

    @property
    def is_active(self) -> bool:
        """Whether it is open, or people are still in it."""
        return self.is_open or bool(self.waiting or self.in_lobbies)

    @property
    def is_last(self) -> bool:
        """Whether it is closed and nothing about it needs attention."""
        return not self.is_active and not self.troubles


def _has_trouble(office: OfficeToday, trouble: Trouble) -> bool:
    if office.office is None:
        return trouble is Trouble.NO_DATA
    return {
        Trouble.EMERGENCY: len(office.emergencies) > 0,
        Trouble.EVACUATION: office.office.is_evacuating,
        Trouble.NO_DATA: False,
        Trouble.PAUSED: office.office.paused and office.is_active and not office.office.is_evacuating,
        Trouble.MESSAGES_FAILED: office.failed_messages > 0,
        Trouble.NO_DESK: office.waiting > 0 and office.desks_open == 0 and not office.office.paused,
        Trouble.LONG_WAIT: office.over_limit > 0,
        Trouble.LATE: office.late > 0,
        Trouble.HELP: office.asking_for_help > 0,
        Trouble.SCREEN_LOST: office.is_open and len(office.lost_screens) > 0,
    }[trouble]


def order_by_attention(offices: Iterable[OfficeToday]) -> list[OfficeToday]:
    """Sort by trouble, then by the longest wait; closed offices last, by their opening."""
    return sorted(offices, key=_attention_key)


def _attention_key(office: OfficeToday) -> tuple[int, float, float, str]:
    opens_at = office.opens_at.timestamp() if office.opens_at is not None else float("inf")
    name = office.office.name if office.office is not None else office.slug
    if office.is_last:
        return len(URGENCY) + 1, 0, opens_at, name
    urgency = URGENCY.index(office.troubles[0]) if office.troubles else len(URGENCY)
    return urgency, -(office.longest_wait or timedelta()).total_seconds(), 0, name


@dataclass(frozen=True, slots=True)
class TodayTotals:
    """Sums over all offices. `unknown`: offices without data, which are not in the sums."""

    open_offices: int
    offices: int
    waiting: int
    longest_wait: timedelta | None
    desks_open: int
    late: int
    in_lobbies: int
    failed_messages: int
    emergencies: int
    unknown: int


def sum_up(offices: Sequence[OfficeToday]) -> TodayTotals:
    """Sum up what is known about the offices."""
    known = [office for office in offices if office.office is not None]
    return TodayTotals(
        open_offices=sum(each.is_open for each in known),
        offices=len(offices),
        waiting=sum(each.waiting for each in known),
        longest_wait=max((each.longest_wait for each in known if each.longest_wait is not None), default=None),
        desks_open=sum(each.desks_open for each in known),
        late=sum(each.late for each in known),
        in_lobbies=sum(each.in_lobbies for each in known),
        failed_messages=sum(each.failed_messages for each in known),
        emergencies=sum(len(each.emergencies) for each in known),
        unknown=len(offices) - len(known),
    )
