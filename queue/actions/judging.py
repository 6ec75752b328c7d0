"""Whether a line has room for one more now, when they would be called, and how many may still pass them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...offices.service import Service, hours
from ..domain import admission, wait_estimate
from ..domain.admission import Refusal, Situation
from ..domain.line import Line, passes_at_issue
from ..domain.wait_estimate import Booked, Forecast, Range
from ..queries import office_state
from .line_transaction import Locked

UNSURE = timedelta(hours=1)  # how far the promise looks when nobody can say how long it takes


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a line has room for one more now, and when they would be called; who is still expected."""

    refusal: Refusal | None
    shown: Range | None
    latest: datetime
    coming: Sequence[Booked]


async def judge(locked: Locked, service: Service) -> Judged:
    """Look at somebody who comes now without an appointment."""
    tx, line, expected = locked.tx, locked.lines[service.line_id], timedelta(minutes=service.minutes)
    floor = await office_state.floor(tx.session, locked.office, tx.now, [line], locked.sessions)
    forecast = floor.forecast(line.id, expected, service.slug)
    refusal = _refusal(locked, service, forecast or floor.hope(line.id, expected, service.slug))
    shown = forecast.called if forecast else None
    return Judged(refusal, shown, shown.latest if shown else tx.now + UNSURE, floor.coming[line.id])


def _refusal(locked: Locked, service: Service, forecast: Forecast | None) -> Refusal | None:
    if not service.walk_in or "in_person" not in service.modes:
        return Refusal("appointment_only")
    office, now, named = locked.office, locked.tx.now, locked.named[service.line_id]
    return admission.walk_in(
        Situation(
            paused=office.paused,
            closing=hours.closing(office.hours, now),
            opens_at=hours.next_opening(office.hours, now),
            stopped=named.stopped,
            quota=named.daily_quota,
            walk_ins=locked.days[named.id].walk_ins,
            forecast=forecast,
            rules=locked.lines[named.id].rules,
        )
    )


def behind_standby(line: Line) -> Refusal | None:
    """Whoever waits for room gets it first."""
    return Refusal("no_capacity") if admission.first_on_standby(line.tickets) is not None else None


def passes_now(locked: Locked, line_id: str, judged: Judged) -> int:
    """The overtaking promise of a ticket that is issued now."""
    rules = locked.lines[line_id].rules
    return passes_at_issue(wait_estimate.could_pass(judged.coming, judged.latest, locked.tx.now, rules), rules)
