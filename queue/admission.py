"""May a ticket be issued now? Pure: no clock, no SQL. Says no with a code, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .estimate import Range
from .ticket import LineRules

CLOSING_MARGIN = timedelta(minutes=5)  # desks are put in order, and nobody is served against the clock


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no ticket. `opens_at`: when it can be asked for again, if that is known."""

    code: str
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What admission looks at. `closing` is None when the office is closed."""

    paused: bool
    closing: datetime | None
    opens_at: datetime | None
    stopped: bool
    quota: int | None
    walk_ins: int
    called: Range | None  # when the new ticket would be called; None when nobody can say
    expected: timedelta


def walk_in(situation: Situation) -> Refusal | None:
    """The reason to refuse somebody without an appointment; None to issue the ticket."""
    if situation.closing is None:
        return Refusal("closed", situation.opens_at)
    if situation.paused:
        return Refusal("paused")
    if situation.stopped:
        return Refusal("walk_ins_stopped")
    if situation.quota is not None and situation.walk_ins >= situation.quota:
        return Refusal("quota_reached")
    if not _fits(situation, situation.closing):
        return Refusal("no_capacity")
    return None


def appointment(starts_at: datetime, now: datetime, *, paused: bool, rules: LineRules) -> Refusal | None:
    """The reason to refuse somebody with an appointment at `starts_at`; None to issue the ticket."""
    opens_at = starts_at - rules.check_in_opens
    if now < opens_at:
        return Refusal("too_early", opens_at)
    if now >= starts_at + rules.late_until:
        return Refusal("too_late_for_turn")
    return Refusal("paused") if paused else None


def _fits(situation: Situation, closing: datetime) -> bool:
    """Whether the visit would be over before closing (design: simulated finish P80, less a margin)."""
    if situation.called is None:
        return True
    return situation.called.latest + situation.expected <= closing - CLOSING_MARGIN
