"""Extra openings of an office, `/staff/manage/o/{office}/hours/extra`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....offices.service import OfficeDocument
from ...domain.week_hours import find_error, pairs_to_intervals
from ..document_form import OpenedForm, form_routes
from ..form_fields import FormField, FormValues, typed_day
from .hours_form import HOURS_PATH, IntervalsField, day_text, hours_form, intervals_text

EXTRA_PATH = HOURS_PATH + "/extra"


FIELDS = (
    FormField("day", (), N_("Day")),
    IntervalsField("hours", (), N_("Hours"), covers="extra_openings"),
    FormField("remove", (), ""),
)


def _change_openings(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Set the extra intervals of a day, or remove those of the day `remove`."""
    extra: dict[str, list[str]] = document["extra_openings"]
    if values["remove"]:
        kept = {day: intervals for day, intervals in extra.items() if day != values["remove"]}
        return {**document, "extra_openings": kept}
    pairs = [(opens, closes) for opens, closes in values["hours"]]
    day, errors = typed_day(values["day"]), []
    if day is None:
        errors.append(FieldError("office.day", "not_a_date" if values["day"] else "required"))
    elif day < opened.today:
        errors.append(FieldError("office.day", "day_past"))
    code = find_error(pairs) or (None if pairs_to_intervals(pairs) else "required")
    if code is not None:
        errors.append(FieldError("office.hours", code))
    if errors or day is None:
        raise Invalid(*errors)
    return {**document, "extra_openings": {**extra, day.isoformat(): pairs_to_intervals(pairs)}}


def _openings_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    closures, today = opened.document["closures"], opened.today.isoformat()
    openings = [
        {
            "day": day,
            "text": day_text(day, opened.language),
            "hours": intervals_text(intervals),
            "closure": closures.get(day),
            "is_past": day < today,
        }
        for day, intervals in sorted(opened.document["extra_openings"].items())
    ]
    return {
        "upcoming": [opening for opening in openings if not opening["is_past"]],
        "past": [opening for opening in reversed(openings) if opening["is_past"]],
        "today": today,
    }


EXTRA_OPENINGS = hours_form(
    "extra", fields=lambda opened: FIELDS, edit=_change_openings, context=_openings_context
)

routes = form_routes(EXTRA_PATH, EXTRA_OPENINGS)
