"""Choice of public holidays, `/staff/manage/o/{office}/hours/holidays`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from ....core.auth import Principal
from ....core.errors import Invalid
from ....core.runtime import Transaction
from ....core.web import requests
from ....offices.service import (
    Office,
    OfficeDocument,
    last_holiday_year,
    mark_holidays_chosen,
    public_holidays_by_day,
)
from ...actions.change_office import SavedOffice
from ..office_form import FormValues, form_routes
from .hours_form import HOURS_PATH, HoursForm, day_text

HOLIDAYS_PATH = HOURS_PATH + "/holidays"
YEARS_AHEAD = 2  # for which holidays can be chosen, besides this year


class HolidaysForm(HoursForm):
    """Closes the office on the ticked public holidays of the chosen years."""

    page = "holidays"
    template = "management/hours/holidays.html"
    last_year = 0  # whose holidays were added
    sent_years: list[str] | None = None

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:
        await super().prepare(session, principal, office)
        self.last_year = await last_holiday_year(session, office.id)

    def read(self, document: OfficeDocument) -> FormValues:
        return {"days": None}  # the ticks of the first page are chosen by `context`

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        self.sent_years = [str(year) for year in sent.getlist("years")]
        return {"days": [str(day) for day in sent.getlist("days")]}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        names = self._holidays(self._chosen_years())
        added = {day: names[day] for day in values["days"] or () if day in names}
        return {**document, "closures": dict(sorted({**added, **document["closures"]}.items()))}

    async def save_more(self, tx: Transaction, saved: SavedOffice) -> None:
        await mark_holidays_chosen(tx.session, saved.office, self._chosen_years(), self.today.year)

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        base = super().context(office, document)
        years = self._chosen_years()
        return {**base, "offered": self._offered(), "years": years, "holidays": self._shown(document, years)}

    def _shown(self, document: OfficeDocument, years: Iterable[int]) -> list[Mapping[str, Any]] | None:
        """Return the coming holidays; None if the region of the office is missing or unknown."""
        language = requests.current_language(self.request)
        if self.office.country is None:
            return None
        try:
            names = self._holidays(years)
        except Invalid:
            return None
        return [
            {
                "day": day,
                "text": day_text(day, language),
                "name": name,
                "closed": document["closures"].get(day),
                # of a year that was added before, only the days that staff removed are not closed
                "is_new": int(day[:4]) > self.last_year,
            }
            for day, name in names.items()
            if day >= self.today.isoformat()
        ]

    def _holidays(self, years: Iterable[int]) -> dict[str, str]:
        """Return names by ISO date. Raises Invalid for an unknown region."""
        if self.office.country is None:
            return {}
        found = public_holidays_by_day(self.office.country, self.office.subdivision, list(years))
        return {day.isoformat(): name for day, name in found.items()}

    def _offered(self) -> range:
        return range(self.today.year, self.today.year + YEARS_AHEAD + 1)

    def _chosen_years(self) -> list[int]:
        """Return the years of the address or of the sent form; by default those that are missing.

        Missing years before a chosen one are included: otherwise the nightly job would add a later year again,
        with the days that were not ticked.
        """
        asked = self.request.query_params.getlist("years") if self.sent_years is None else self.sent_years
        chosen = [year for year in self._offered() if str(year) in asked]
        if not chosen:
            missing = [year for year in self._offered()[:-1] if year > self.last_year]
            return missing or [self.today.year + 1]
        return [year for year in self._offered() if year in chosen or self.last_year < year < max(chosen)]


routes = form_routes(HOLIDAYS_PATH, HolidaysForm)
