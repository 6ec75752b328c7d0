"""Assessment of a walk-in under the lock of its line. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from ...offices.service import OfficeService
from ..domain import wait_estimate
from ..domain.admission import AdmissionRefusal
from ..domain.line import overtaking_limit_at_issue
from ..domain.wait_estimate import ExpectedAppointment, ForecastRange
from ..queries import office_state
from ..queries.walk_in_admission import APPOINTMENT_ONLY, check_walk_in_admission
from .line_transaction import LockedLines

UNKNOWN_WAIT_HORIZON = timedelta(hours=1)  # counts possible overtakers if no call time can be estimated


@dataclass(frozen=True, slots=True)
class AdmissionAssessment:
    """The admission of a walk-in now, its call range, and the expected appointments."""

    refusal: AdmissionRefusal | None
    shown_range: ForecastRange | None
    latest: datetime
    expected_appointments: Sequence[ExpectedAppointment]


async def assess_walk_in(locked: LockedLines, service: OfficeService) -> AdmissionAssessment:
    """Assess a ticket without an appointment that would be issued for this service now."""
    tx, line, expected = locked.tx, locked.lines[service.line_id], timedelta(minutes=service.minutes)
    state = await office_state.load_office_state(tx.session, locked.office, tx.now, [line], locked.sessions)
    forecast = state.forecast_new_ticket(line.id, expected, service.slug)
    if service.takes_walk_ins:
        refusal = check_walk_in_admission(
            locked.office,
            locked.office_lines[line.id],
            line.settings,
            tx.now,
            walk_ins_today=locked.line_days[line.id].walk_ins,
            forecast=partial(state.forecast_assuming_all_desks, line.id, expected, service.slug),
            earliest_finish=state.earliest_finish(service),
        )
    else:
        refusal = APPOINTMENT_ONLY
    shown = wait_estimate.range_from_now(forecast.call_range, tx.now) if forecast else None
    latest = shown.latest if shown else tx.now + UNKNOWN_WAIT_HORIZON
    return AdmissionAssessment(refusal, shown, latest, state.appointments_by_line[line.id])


def overtaking_limit_now(locked: LockedLines, line_id: str, assessment: AdmissionAssessment) -> int:
    """Return how many later tickets may be called before a ticket that is issued now."""
    settings = locked.lines[line_id].settings
    overtakers = wait_estimate.count_possible_overtakers(
        assessment.expected_appointments, assessment.latest, locked.tx.now, settings
    )
    return overtaking_limit_at_issue(overtakers, settings)
