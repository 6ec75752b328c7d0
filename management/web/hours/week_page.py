"""Weekly opening hours, `/staff/manage/o/{office}/hours`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....offices.service import WEEKDAY_NAMES, WEEKDAYS
from ...domain.week_hours import INTERVALS_OF_DAY, WORKING_DAYS
from ..document_form import EditedForm, OpenedForm, form_routes, only_edit
from ..form_fields import FormValues
from .hours_form import HOURS_PATH, IntervalsField, hours_form


def _week_fields(opened: OpenedForm) -> Sequence[IntervalsField]:
    week = opened.document["hours"]
    rows = max(INTERVALS_OF_DAY, *(len(intervals) for intervals in week.values()), 0)
    return [IntervalsField(day, ("hours", day), WEEKDAY_NAMES[day], rows=rows) for day in WEEKDAYS]


def _copy_monday(opened: OpenedForm, step: str, typed: FormValues) -> EditedForm | None:
    if step == "copy":
        return EditedForm(typed | {day: [list(pair) for pair in typed["monday"]] for day in WORKING_DAYS})
    return only_edit(opened, step, typed)


def _week_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    today = opened.now.astimezone(opened.office.timezone).weekday()
    return {"days": [(day, WEEKDAY_NAMES[day]) for day in WEEKDAYS], "today": WEEKDAYS[today]}


WEEK = hours_form("week", fields=_week_fields, steps=_copy_monday, context=_week_context)

routes = form_routes(HOURS_PATH, WEEK)
