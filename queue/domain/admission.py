"""May a ticket be issued now? Pure: no clock, no SQL. Says no with a code, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .line_settings import HOUSE, LineRules
from .ticket import State, Ticket
from .wait_estimate import Forecast


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no ticket. `opens_at`: when it can be asked for again, if that is known."""

    code: str
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What admission looks at. `closing` is None when the office is closed; `forecast` when nobody can say."""

    paused: bool
    closing: datetime | None
    opens_at: datetime | None
    stopped: bool
    quota: int | None
    walk_ins: int
    forecast: Forecast | None
    rules: LineRules = HOUSE


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
    if situation.forecast is not None and not _fits(situation.forecast, situation.closing, situation.rules):
        return Refusal("no_capacity")
    return None


# What may change before the day is over: a no-show, a cancellation, a desk that opens, a line that is opened.
STANDBY_HELPS = frozenset({"walk_ins_stopped", "quota_reached", "no_capacity"})


def first_on_standby(tickets: Iterable[Ticket]) -> Ticket | None:
    """Who is let in next, if anybody is: whoever came first, also when somebody behind would fit in better."""
    waiting = (ticket for ticket in tickets if ticket.state is State.STANDBY)
    return min(waiting, key=lambda ticket: ticket.issue, default=None)


def appointment(
    starts_at: datetime, now: datetime, *, paused: bool, rules: LineRules, told_at: datetime | None = None
) -> Refusal | None:
    """The reason to refuse somebody with an appointment at `starts_at`; None to issue the ticket.

    `told_at`: when to come, as they were told when we ran late; the time in which they may come counts from it.
    """
    opens_at = starts_at - rules.check_in_opens
    if now < opens_at:
        return Refusal("too_early", opens_at)
    if now >= (told_at or starts_at) + rules.late_until:
        return Refusal("too_late_for_turn")
    return Refusal("paused") if paused else None


def _fits(forecast: Forecast, closing: datetime, rules: LineRules) -> bool:
    """Whether the visit would be over before closing less a margin, and whoever has an appointment is not kept."""
    if forecast.finished_by > closing - rules.closing_margin:
        return False
    return forecast.delay <= rules.appointment_delay
