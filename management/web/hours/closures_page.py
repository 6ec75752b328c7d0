"""Closed days of an office, `/staff/manage/o/{office}/hours/closures`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import Office, OfficeDocument
from ...domain.document_changes import Path
from ...domain.week_hours import days_between, group_days
from ..office_form import FormValues, form_routes
from .hours_form import HOURS_PATH, HoursForm, day_text, days_text, table_of_path, typed_day

CLOSURES_PATH = HOURS_PATH + "/closures"
MAX_RANGE_DAYS = 366  # of one closure; a longer one is two
MAX_REASON = 120  # the column closures.reason


class ClosuresForm(HoursForm):
    """Adds a range of closed days, or removes one: `remove` is `2026-08-01/2026-08-31`."""

    page = "closures"
    template = "management/hours/closures.html"

    def read(self, document: OfficeDocument) -> FormValues:
        return {"first": "", "last": "", "reason": "", "remove": ""}

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        return {name: str(sent.get(name) or "").strip() for name in self.read(document)}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        closures: dict[str, str] = document["closures"]
        if values["remove"]:
            first, _, last = values["remove"].partition("/")
            kept = {day: reason for day, reason in closures.items() if not first <= day <= last}
            return {**document, "closures": kept}
        reason = " ".join(values["reason"].split())
        added = dict.fromkeys(self._days(document, values), reason)
        return {**document, "closures": dict(sorted({**added, **closures}.items()))}

    def _days(self, document: OfficeDocument, values: FormValues) -> list[str]:
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
        elif first and last and last < self.today:
            errors.append(FieldError("office.last" if values["last"] else "office.first", "day_past"))
        if not values["reason"]:
            errors.append(FieldError("office.reason", "required"))
        elif len(values["reason"]) > MAX_REASON:
            errors.append(FieldError("office.reason", "too_long", {"max": MAX_REASON}))
        if errors or first is None or last is None:
            raise Invalid(*errors)
        return days_between(first, last)

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        return {"first": N_("First day"), "last": N_("Last day"), "reason": N_("Reason")}

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        return "reason" if table_of_path(path) == "closures" else table_of_path(path) or None

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        today, language = self.today.isoformat(), requests.current_language(self.request)
        closures: dict[str, str] = document["closures"]
        groups = [
            {
                "key": f"{days[0]}/{days[-1]}",
                "text": days_text(days, language),
                "reason": reason,
                "days": [(day, day_text(day, language)) for day in days] if len(days) > 1 else [],
                "is_past": days[-1] < today,
            }
            for days, reason in group_days(closures.items())
        ]
        return {
            **super().context(office, document),
            "upcoming": [group for group in groups if not group["is_past"]],
            "past": [group for group in reversed(groups) if group["is_past"]],
            "today": today,
        }


routes = form_routes(CLOSURES_PATH, ClosuresForm)
