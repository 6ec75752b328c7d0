"""Weekly opening hours, `/staff/manage/o/{office}/hours`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_, GettextFunction
from ....offices.service import WEEKDAY_NAMES, WEEKDAYS, Office, OfficeDocument
from ...domain.document_changes import Path
from ...domain.week_hours import (
    INTERVALS_OF_DAY,
    WORKING_DAYS,
    find_error,
    pairs_to_intervals,
    typed_pairs,
)
from ..office_form import FormValues, form_routes
from .hours_form import HOURS_PATH, HoursForm, intervals_text, table_of_path, typed_hours


class WeekForm(HoursForm):
    """The intervals of each weekday: pairs of from and until, empty for none."""

    page = "week"
    template = "management/hours/week.html"

    def read(self, document: OfficeDocument) -> FormValues:
        most = max(INTERVALS_OF_DAY, *(len(intervals) for intervals in document["hours"].values()), 0)
        return {
            day: [list(pair) for pair in typed_pairs(document["hours"].get(day, ()), most)] for day in WEEKDAYS
        }

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        rows = len(self.read(document)[WEEKDAYS[0]])
        return {day: typed_hours(sent, day, rows) for day in WEEKDAYS}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        pairs = {day: [(opens, closes) for opens, closes in values[day]] for day in WEEKDAYS}
        errors = {day: find_error(pairs[day]) for day in WEEKDAYS}
        if any(errors.values()):
            raise Invalid(*(FieldError(f"office.hours.{day}", code) for day, code in errors.items() if code))
        intervals = {day: pairs_to_intervals(pairs[day]) for day in WEEKDAYS}
        return {**document, "hours": {day: texts for day, texts in intervals.items() if texts}}

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        return {day: WEEKDAY_NAMES[day] for day in WEEKDAYS}

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        return path[1] if table_of_path(path) == "hours" and len(path) > 1 else None

    def edit_step(self, step: str, typed: FormValues) -> FormValues | None:
        if step == "copy":
            return typed | {day: [list(pair) for pair in typed["monday"]] for day in WORKING_DAYS}
        return super().edit_step(step, typed)

    def value_text(self, t: GettextFunction, name: str, value: Any) -> str:
        pairs = [(opens, closes) for opens, closes in value]
        return intervals_text(pairs_to_intervals(pairs)) or t(N_("Closed"))

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        today = self.now.astimezone(office.timezone).weekday()
        days = [(day, WEEKDAY_NAMES[day]) for day in WEEKDAYS]
        return {**super().context(office, document), "days": days, "today": WEEKDAYS[today]}


routes = form_routes(HOURS_PATH, WeekForm)
