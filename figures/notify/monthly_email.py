"""Payload of the monthly e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ...core.i18n.dates import format_utc
from ..domain.figure_period import FigurePeriod
from ..domain.monthly_report import OfficeMonth, previous_month, same_month_a_year_before

MONTHLY_FIGURES = "monthly_figures"  # a kind of notifications/domain/message_kinds.py
# A mail server may be away for days. The next month has an e-mail of its own.
EXPIRES_AFTER = timedelta(days=20)


def monthly_payload(
    month: FigurePeriod, offices: Sequence[OfficeMonth], timezone: str, now: datetime
) -> dict[str, Any]:
    """Build the payload with its figures. `timezone`: of the first office."""
    payload: dict[str, Any] = {
        "month_at": _noon(month.first),
        "before_at": _noon(previous_month(month.first).first),
        "year_at": _noon(same_month_a_year_before(month).first),
        "offices": [asdict(office) for office in offices],
        "timezone": timezone,
        "until": format_utc(now + EXPIRES_AFTER),
    }
    # managers of an office see the delivery of its messages
    if len(offices) == 1:
        payload["office_slug"] = offices[0].slug
    return payload


def _noon(day: date) -> str:
    """Return noon UTC of a day: the same day in every time zone of Europe and America."""
    return format_utc(datetime.combine(day, time(12), UTC))
