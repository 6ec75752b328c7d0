"""Choice of public holidays, `/staff/manage/o/{office}/hours/holidays`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ....core.errors import Invalid
from ....core.runtime import Transaction
from ....offices.service import (
    Office,
    OfficeDocument,
    last_holiday_year,
    mark_holidays_chosen,
    public_holidays_by_day,
)
from ...actions.change_office import SavedOffice
from ..document_form import OpenedForm, form_routes
from ..form_fields import FormField, FormValues
from .hours_form import HOURS_PATH, day_text, hours_form

HOLIDAYS_PATH = HOURS_PATH + "/holidays"
YEARS_AHEAD = 2  # for which holidays can be chosen, besides this year


@dataclass(frozen=True, slots=True)
class TicksField(FormField):
    """Ticked boxes; None until they were sent, because the page proposes ticks."""

    def read(self, document: Mapping[str, Any]) -> Any:
        return None


FIELDS = (TicksField("days", (), "", "choices"), TicksField("years", (), "", "choices"))


async def _load_last_year(session: AsyncSession, opened: OpenedForm) -> int:
    """Return the last year whose holidays were added."""
    return await last_holiday_year(session, opened.office.id)


def _close_holidays(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Close the office on the ticked public holidays of the chosen years."""
    names = _holidays(opened.office, _chosen_years(opened, values))
    added = {day: names[day] for day in values["days"] or () if day in names}
    return {**document, "closures": dict(sorted({**added, **document["closures"]}.items()))}


async def _mark_chosen(tx: Transaction, opened: OpenedForm, saved: SavedOffice, values: FormValues) -> None:
    await mark_holidays_chosen(tx.session, saved.office, _chosen_years(opened, values), opened.today.year)


def _holidays_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    years = _chosen_years(opened, values)
    return {"offered": _offered(opened), "years": years, "holidays": _shown_holidays(opened, years)}


def _shown_holidays(opened: OpenedForm, years: Iterable[int]) -> list[Mapping[str, Any]] | None:
    """Return the coming holidays; None if the region of the office is missing or unknown."""
    if opened.office.country is None:
        return None
    try:
        names = _holidays(opened.office, years)
    except Invalid:
        return None
    return [
        {
            "day": day,
            "text": day_text(day, opened.language),
            "name": name,
            "closed": opened.document["closures"].get(day),
            # of a year that was added before, only the days that staff removed are not closed
            "is_new": int(day[:4]) > opened.loaded.more,
        }
        for day, name in names.items()
        if day >= opened.today.isoformat()
    ]


def _holidays(office: Office, years: Iterable[int]) -> dict[str, str]:
    """Return names by ISO date. Raises Invalid for an unknown region."""
    if office.country is None:
        return {}
    found = public_holidays_by_day(office.country, office.subdivision, list(years))
    return {day.isoformat(): name for day, name in found.items()}


def _offered(opened: OpenedForm) -> range:
    return range(opened.today.year, opened.today.year + YEARS_AHEAD + 1)


def _chosen_years(opened: OpenedForm, values: FormValues) -> list[int]:
    """Return the years of the address or of the sent form; by default the missing years.

    Missing years before a chosen year are included: otherwise the nightly job would add a later year again, with
    the days that were not ticked.
    """
    offered, last_year = _offered(opened), opened.loaded.more
    asked = opened.request.query_params.getlist("years") if values["years"] is None else values["years"]
    chosen = [year for year in offered if str(year) in asked]
    if not chosen:
        missing = [year for year in offered[:-1] if year > last_year]
        return missing or [opened.today.year + 1]
    return [year for year in offered if year in chosen or last_year < year < max(chosen)]


HOLIDAYS = hours_form(
    "holidays",
    fields=lambda opened: FIELDS,
    load=_load_last_year,
    edit=_close_holidays,
    context=_holidays_context,
    after_save=_mark_chosen,
)

routes = form_routes(HOLIDAYS_PATH, HOLIDAYS)
