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
from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.i18n.dates import format_pattern
from ....core.web import requests
from ....offices.service import OFFICE_FIELDS, WEEKDAY_NAMES, Office, hours
from ...domain.document_changes import Path, ValueChange, value_at
from ...domain.week_hours import INTERVALS_OF_DAY, find_error, group_days, pairs_to_intervals, typed_pairs
from ..change_texts import NO_VALUE
from ..document_form import OFFICE_PATH, DocumentForm, OpenedForm, ShownChange
from ..form_fields import FormField, FormValues

HOURS_PATH = OFFICE_PATH + "/hours"
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
    """State of an office at a moment, and the count of appointments that do not fit.

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


def hours_form(page: str, **more: Any) -> DocumentForm:
    """Return a form of this section. `page` is a key of HOURS_PAGES."""
    own_context, load = more.pop("context"), more.pop("load", None)

    async def load_page(session: AsyncSession, opened: OpenedForm) -> HoursPage:
        presence = await load_presence(session, opened.office, opened.now)
        return HoursPage(presence, await load(session, opened) if load else None)

    def context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
        head = hours_context(opened.request, page, opened.office, opened.loaded.presence)
        return {**head, **own_context(opened, values)}

    return DocumentForm(
        section="hours",
        template=f"management/hours/{page}.html",
        action="hours.changed",
        load=load_page,
        context=context,
        describe=lambda opened, change: describe_hours(opened.gettext, opened.language, change.changes),
        **more,
    )


@dataclass(frozen=True, slots=True)
class HoursPage:
    """State of the office, and what the form of the page loads besides."""

    presence: OfficePresence
    more: Any = None


@dataclass(frozen=True, slots=True)
class IntervalsField(FormField):
    """Intervals of a day: rows of from and until, empty for none."""

    rows: int = INTERVALS_OF_DAY

    def read(self, document: Mapping[str, Any]) -> Any:
        intervals = value_at(document, self.path) if self.path else None
        return [list(pair) for pair in typed_pairs(intervals or (), self.rows)]

    def typed(self, sent: FormData) -> Any:
        return [
            [str(sent.get(f"{self.name}.{row}.{part}") or "").strip()[:MAX_TYPED] for part in ("from", "until")]
            for row in range(1, self.rows + 1)
        ]

    def to_value(self, typed: Any) -> Any:
        return pairs_to_intervals([(opens, closes) for opens, closes in typed]) or None

    def written(self, typed: Any) -> list[tuple[Path, Any]]:
        if code := find_error([(opens, closes) for opens, closes in typed]):
            raise Invalid(FieldError(".".join(("office", *(self.path or (self.name,)))), code))
        return FormField.written(self, typed)

    def typed_text(self, t: GettextFunction, typed: Any) -> str:
        return intervals_text(pairs_to_intervals([(opens, closes) for opens, closes in typed])) or t(N_("Closed"))


def describe_hours(t: GettextFunction, language: str, changes: Sequence[ValueChange]) -> list[ShownChange]:
    """Describe changed hours; consecutive days with the same reason share a line."""
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
    return format_pattern(datetime.combine(date.fromisoformat(day), time(12), UTC), UTC, DAY_PATTERN, language)


def days_text(days: Sequence[str], language: str) -> str:
    """Format consecutive ISO dates for people."""
    first, last = day_text(days[0], language), day_text(days[-1], language)
    return first if len(days) == 1 else f"{first} – {last}"


MAX_TYPED = 16  # characters of a clock time that is worth showing again
