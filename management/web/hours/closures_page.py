"""Closed days of an office, `/staff/manage/o/{office}/hours/closures`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....offices.service import OfficeDocument
from ...domain.week_hours import days_between, group_days
from ..document_form import OpenedForm, form_routes
from ..form_fields import FormField, FormValues, typed_day
from .hours_form import HOURS_PATH, day_text, days_text, hours_form

CLOSURES_PATH = HOURS_PATH + "/closures"
MAX_RANGE_DAYS = 366  # of a closure; a longer closure is entered as two
MAX_REASON = 120  # the column closures.reason


FIELDS = (
    FormField("first", (), N_("First day")),
    FormField("last", (), N_("Last day")),
    FormField("reason", (), N_("Reason"), covers="closures"),
    FormField("remove", (), ""),
)


def _change_closures(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Add a range of closed days, or remove a range: `remove` is `2026-08-01/2026-08-31`."""
    closures: dict[str, str] = document["closures"]
    if values["remove"]:
        first, _, last = values["remove"].partition("/")
        kept = {day: reason for day, reason in closures.items() if not first <= day <= last}
        return {**document, "closures": kept}
    reason = " ".join(values["reason"].split())
    added = dict.fromkeys(_typed_days(values, opened.today), reason)
    return {**document, "closures": dict(sorted({**added, **closures}.items()))}


def _typed_days(values: FormValues, today: date) -> list[str]:
    """Return the days to close. Raises Invalid, also for the reason."""
    first = typed_day(values["first"])
    last = typed_day(values["last"] or values["first"])
    errors = []
    if first is None:
        errors.append(FieldError("office.first", "not_a_date" if values["first"] else "required"))
    if last is None and values["last"]:
        errors.append(FieldError("office.last", "not_a_date"))
    if first and last and last < first:
        errors.append(FieldError("office.last", "ends_before_first_day"))
    elif first and last and (last - first).days >= MAX_RANGE_DAYS:
        errors.append(FieldError("office.last", "range_too_long", {"max": MAX_RANGE_DAYS}))
    elif first and last and last < today:
        errors.append(FieldError("office.last" if values["last"] else "office.first", "day_past"))
    if not values["reason"]:
        errors.append(FieldError("office.reason", "required"))
    elif len(values["reason"]) > MAX_REASON:
        errors.append(FieldError("office.reason", "too_long", {"max": MAX_REASON}))
    if errors or first is None or last is None:
        raise Invalid(*errors)
    return days_between(first, last)


def _closures_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    today = opened.today.isoformat()
    closures: dict[str, str] = opened.document["closures"]
    groups = [
        {
            "key": f"{days[0]}/{days[-1]}",
            "text": days_text(days, opened.language),
            "reason": reason,
            "days": [(day, day_text(day, opened.language)) for day in days] if len(days) > 1 else [],
            "is_past": days[-1] < today,
        }
        for days, reason in group_days(closures.items())
    ]
    return {
        "upcoming": [group for group in groups if not group["is_past"]],
        "past": [group for group in reversed(groups) if group["is_past"]],
        "today": today,
    }


CLOSURES = hours_form("closures", fields=lambda opened: FIELDS, edit=_change_closures, context=_closures_context)

routes = form_routes(CLOSURES_PATH, CLOSURES)
