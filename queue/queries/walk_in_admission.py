"""Admission of a walk-in to a line of an office at one moment. No SQL, no writes."""

from __future__ import annotations

from datetime import datetime

from ...offices.service import Office, OfficeLine, hours
from ..domain import admission
from ..domain.admission import AdmissionContext, AdmissionRefusal
from ..domain.line_settings import LineSettings
from ..domain.wait_estimate import NewTicketForecast


def check_walk_in_admission(
    office: Office,
    office_line: OfficeLine,
    settings: LineSettings,
    now: datetime,
    *,
    walk_ins_today: int,
    forecast: NewTicketForecast | None,
) -> AdmissionRefusal | None:
    """Return the reason to refuse a walk-in now, or None.

    `forecast` is None if no time can be estimated.
    """
    closes_at = hours.closing_time(office.hours, now)
    return admission.check_walk_in(
        AdmissionContext(
            paused=office.paused,
            closes_at=closes_at,
            opens_at=hours.next_opening_time(office.hours, now) if closes_at is None else None,
            walk_ins_stopped=office_line.stopped,
            daily_quota=office_line.daily_quota,
            walk_ins_today=walk_ins_today,
            forecast=forecast,
            settings=settings,
        )
    )
