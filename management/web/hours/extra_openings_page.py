"""Extra openings of an office, `/staff/manage/o/{office}/hours/extra`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import Office, OfficeDocument
from ...domain.document_changes import Path
from ...domain.week_hours import find_error, pairs_to_intervals, typed_pairs
from ..office_form import FormValues, form_routes
from .hours_form import HOURS_PATH, HoursForm, day_text, intervals_text, table_of_path, typed_day, typed_hours

EXTRA_PATH = HOURS_PATH + "/extra"


class ExtraOpeningsForm(HoursForm):
    """Sets the extra intervals of one day, or removes those of the day `remove`."""

    page = "extra"
    template = "management/hours/extra.html"

    def read(self, document: OfficeDocument) -> FormValues:
        return {"day": "", "hours": [list(pair) for pair in typed_pairs(())], "remove": ""}

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        texts = {name: str(sent.get(name) or "").strip() for name in ("day", "remove")}
        return {**texts, "hours": typed_hours(sent, "hours")}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        extra: dict[str, list[str]] = document["extra_openings"]
        if values["remove"]:
            kept = {day: intervals for day, intervals in extra.items() if day != values["remove"]}
            return {**document, "extra_openings": kept}
        pairs = [(opens, closes) for opens, closes in values["hours"]]
        day, errors = typed_day(values["day"]), []
        if day is None:
            errors.append(FieldError("office.day", "not_a_date" if values["day"] else "required"))
        elif day < self.today:
            errors.append(FieldError("office.day", "day_past"))
        code = find_error(pairs) or (None if pairs_to_intervals(pairs) else "required")
        if code is not None:
            errors.append(FieldError("office.hours", code))
        if errors or day is None:
            raise Invalid(*errors)
        return {**document, "extra_openings": {**extra, day.isoformat(): pairs_to_intervals(pairs)}}

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        return {"day": N_("Day"), "hours": N_("Hours")}

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        return "hours" if table_of_path(path) == "extra_openings" else table_of_path(path) or None

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        language, closures = requests.current_language(self.request), document["closures"]
        openings = [
            {
                "day": day,
                "text": day_text(day, language),
                "hours": intervals_text(intervals),
                "closure": closures.get(day),
                "is_past": day < self.today.isoformat(),
            }
            for day, intervals in sorted(document["extra_openings"].items())
        ]
        return {
            **super().context(office, document),
            "upcoming": [one for one in openings if not one["is_past"]],
            "past": [one for one in reversed(openings) if one["is_past"]],
            "today": self.today.isoformat(),
        }


routes = form_routes(EXTRA_PATH, ExtraOpeningsForm)
