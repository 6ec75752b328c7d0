"""Shared parts of the pages of opening hours: state of the office, words for days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request

from ....appointments.service import unfit_appointment_ids
from ....core.auth import Principal
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.i18n.dates import format_pattern
from ....core.web import requests
from ....core.web.validation import SUPPORTED_YEARS
from ....offices.service import OFFICE_FIELDS, WEEKDAY_NAMES, Office, OfficeDocument, hours
from ...domain.document_changes import Path, ValueChange
from ...domain.week_hours import INTERVALS_OF_DAY, group_days
from ..change_texts import NO_VALUE
from ..manage_page import MANAGE_PATH
from ..office_form import FormField, OfficeForm, ShownChange, shown_changes

HOURS_PATH = MANAGE_PATH + "/o/{office}/hours"
# Pages of this section: key, path and label.
HOURS_PAGES = (
    ("week", "", N_("Week")),
    ("closures", "/closures", N_("Closed days")),
    ("holidays", "/holidays", N_("Public holidays")),
    ("extra", "/extra", N_("Extra openings")),
    ("appointments", "/appointments", N_("Appointments")),
)
DAY_PATTERN = "EEE d MMM y"


@dataclass(frozen=True, slots=True)
class OfficePresence:
    """State of an office at one moment, and the count of appointments that do not fit.

    `closes_at` is None if it is closed, `opens_at` if it is open or stays closed for a month. `unfit` leaves out
    those that staff booked at a closed time on purpose.
    """

    closes_at: datetime | None
    opens_at: datetime | None
    unfit: int


async def load_presence(session: AsyncSession, office: Office, now: datetime) -> OfficePresence:
    """Load what the head of every page of this section shows."""
    overrides = (await unfit_appointment_ids(session, office, now)).values()
    return OfficePresence(
        hours.closing_time(office.hours, now),
        hours.next_opening_time(office.hours, now),
        sum(override is None for override in overrides),
    )


def hours_context(request: Request, page: str, office: Office, presence: OfficePresence) -> dict[str, Any]:
    """Return what the head of every page of this section needs."""
    path = HOURS_PATH.format(office=office.slug)
    pages = [(key, path + suffix, label) for key, suffix, label in HOURS_PAGES]
    closes_at = presence.closes_at
    is_midnight = closes_at is not None and closes_at.astimezone(office.timezone).time() == time()
    return {
        # an end at midnight is 24:00 of the day before
        "closes_on": closes_at and closes_at - timedelta(minutes=1),
        "closes_at_midnight": is_midnight,
        "hours_page": page,
        "hours_pages": pages,
        "hours_path": path,
        "presence": presence,
        "now": requests.current_runtime(request).now(),
        "undone": "undone" in request.query_params,
    }


class HoursForm(OfficeForm):
    """A form of this section. `page` is a key of HOURS_PAGES."""

    section = "hours"
    action = "hours.changed"
    page: str
    office: Office
    presence: OfficePresence

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return ()

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:
        self.office = office
        self.presence = await load_presence(session, office, self.now)

    @property
    def today(self) -> date:
        """The local date of the office."""
        return hours.to_local_day(self.office.hours, self.now)

    @property
    def now(self) -> datetime:
        return requests.current_runtime(self.request).now()

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return hours_context(self.request, self.page, office, self.presence)

    def describe_changes(self, document: OfficeDocument, changes: Sequence[ValueChange]) -> list[ShownChange]:
        t, language = requests.current_gettext(self.request), requests.current_language(self.request)
        return describe_hours(t, language, changes) or shown_changes(self, document, changes)


def describe_hours(t: GettextFunction, language: str, changes: Sequence[ValueChange]) -> list[ShownChange]:
    """Describe changed hours; consecutive days with the same reason are one line."""
    shown = []
    closures: dict[tuple[str | None, str | None], list[tuple[str, str]]] = {}
    for change in changes:
        table, key = change.path[0], change.path[-1]
        if table == "closures":
            closures.setdefault((change.before, change.after), []).append((key, ""))
        elif table == "hours":
            shown.append(_shown_hours(t, t(WEEKDAY_NAMES[key]), change, t(N_("Closed"))))
        elif table == "extra_openings":
            label = f"{t(OFFICE_FIELDS['extra_openings'].label)}: {day_text(key, language)}"
            shown.append(_shown_hours(t, label, change, NO_VALUE))
    for (before, after), days in closures.items():
        for group, _ in group_days(days):
            label = f"{t(OFFICE_FIELDS['closures'].label)}: {days_text(group, language)}"
            shown.append(ShownChange(label, before or t(N_("not closed")), after or t(N_("not closed"))))
    return shown


def _shown_hours(t: GettextFunction, label: str, change: ValueChange, closed: str) -> ShownChange:
    return ShownChange(label, intervals_text(change.before) or closed, intervals_text(change.after) or closed)


def intervals_text(intervals: Sequence[str] | None) -> str:
    """Format intervals for people: `9:00–14:00, 16:00–24:00`. Empty for none."""
    texts = (text.partition("-") for text in intervals or ())
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, _, closes in texts)


def _clock(text: str) -> str:
    return text.removeprefix("0")


def day_text(day: str, language: str) -> str:
    """Format an ISO date for people: `Fri 25 Dec 2026`."""
    return format_pattern(datetime.combine(date.fromisoformat(day), time(12), UTC), UTC, language, DAY_PATTERN)


def days_text(days: Sequence[str], language: str) -> str:
    """Format consecutive ISO dates for people."""
    first, last = day_text(days[0], language), day_text(days[-1], language)
    return first if len(days) == 1 else f"{first} – {last}"


def typed_hours(sent: FormData, prefix: str, rows: int = INTERVALS_OF_DAY) -> list[list[str]]:
    """Return the typed intervals of a day: `[[from, until], …]`."""
    return [
        [str(sent.get(f"{prefix}.{row}.{part}") or "").strip()[:MAX_TYPED] for part in ("from", "until")]
        for row in range(1, rows + 1)
    ]


MAX_TYPED = 16  # characters of a clock time that is worth showing again


def typed_day(text: str) -> date | None:
    """Parse an ISO date of a form; None if it is not one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in SUPPORTED_YEARS else None


def table_of_path(path: Path) -> str:
    """Return the first part of a path; empty for the document itself."""
    return path[0] if path else ""
