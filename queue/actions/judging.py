"""Whether a line has room for one more now, when they would be called, and how many may still pass them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...offices.service import OfficeService, hours
from ..domain import admission, wait_estimate
from ..domain.admission import AdmissionContext, AdmissionRefusal
from ..domain.line import Line, overtaking_limit_at_issue
from ..domain.wait_estimate import ExpectedAppointment, ForecastRange, NewTicketForecast
from ..queries import office_state
from .line_transaction import LockedLines

UNKNOWN_WAIT_HORIZON = timedelta(hours=1)  # how far the promise looks when nobody can say how long it takes


@dataclass(frozen=True, slots=True)
class AdmissionAssessment:
    """Whether a line has room for one more now, and when they would be called; who is still expected."""

    refusal: AdmissionRefusal | None
    shown_range: ForecastRange | None
    latest: datetime
    expected_appointments: Sequence[ExpectedAppointment]


async def assess_walk_in(locked: LockedLines, service: OfficeService) -> AdmissionAssessment:
    """Look at somebody who comes now without an appointment."""
    tx, line, expected = locked.tx, locked.lines[service.line_id], timedelta(minutes=service.minutes)
    floor = await office_state.load_office_state(tx.session, locked.office, tx.now, [line], locked.sessions)
    forecast = floor.forecast_new_ticket(line.id, expected, service.slug)
    refusal = _walk_in_refusal(
        locked, service, forecast or floor.forecast_assuming_all_desks(line.id, expected, service.slug)
    )
    shown = forecast.call_range if forecast else None
    return AdmissionAssessment(
        refusal,
        shown,
        shown.latest if shown else tx.now + UNKNOWN_WAIT_HORIZON,
        floor.appointments_by_line[line.id],
    )


def _walk_in_refusal(
    locked: LockedLines, service: OfficeService, forecast: NewTicketForecast | None
) -> AdmissionRefusal | None:
    if not service.walk_in or "in_person" not in service.modes:
        return AdmissionRefusal("appointment_only")
    office, now, named = locked.office, locked.tx.now, locked.office_lines[service.line_id]
    return admission.check_walk_in(
        AdmissionContext(
            paused=office.paused,
            closes_at=hours.closing_time(office.hours, now),
            opens_at=hours.next_opening_time(office.hours, now),
            walk_ins_stopped=named.stopped,
            daily_quota=named.daily_quota,
            walk_ins_today=locked.line_days[named.id].walk_ins,
            forecast=forecast,
            settings=locked.lines[named.id].settings,
        )
    )


def standby_refusal(line: Line) -> AdmissionRefusal | None:
    """Whoever waits for room gets it first."""
    return AdmissionRefusal("no_capacity") if admission.first_standby_ticket(line.tickets) is not None else None


def overtaking_limit_now(locked: LockedLines, line_id: str, assessment: AdmissionAssessment) -> int:
    """The overtaking promise of a ticket that is issued now."""
    rules = locked.lines[line_id].settings
    return overtaking_limit_at_issue(
        wait_estimate.count_possible_overtakers(
            assessment.expected_appointments, assessment.latest, locked.tx.now, rules
        ),
        rules,
    )
