"""Agenda settings of an office or of a service. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from ...core.errors import FieldError, Invalid
from ...core.i18n.catalogues import N_
from ...core.i18n.dates import local_instant
from ...offices.domain.documents.field import (
    Duration,
    Flag,
    Nested,
    Number,
    Numbers,
    TableReader,
    TimeOfDay,
    field,
    load_document,
    read_document,
    setting_values,
)
from ...offices.domain.words import ServiceMode
from .reminder_schedule import DEFAULT_REMINDER_SETTINGS, NO_REMINDERS, ReminderSettings

# About two months: later plans change. `days` of the API has the same limit.
HORIZON_DAYS = 62
DEFAULT_LEAD = timedelta(minutes=30)  # enough to read the e-mail, and to prepare or to travel
# An interpreter who is asked a day before can usually come.
DEFAULT_INTERPRETER_NOTICE = timedelta(hours=24)
MONTH_MINUTES = 30 * 24 * 60  # minutes
MAX_BUFFER_MINUTES = 120
MAX_SERVICES = 5  # of a visit
LONG_UNITS = ("minutes", "hours", "days")

# Titles of the groups of a form
BOOKING = N_("Booking")
NEW_DATES = N_("New dates")
CHANGES = N_("Changes")
TIMES_OF_DAY = N_("Times of the day")

RELEASE_DAYS: Mapping[str, str] = {
    "daily": N_("Each day"),
    "0": N_("Each Monday"),
    "1": N_("Each Tuesday"),
    "2": N_("Each Wednesday"),
    "3": N_("Each Thursday"),
    "4": N_("Each Friday"),
    "5": N_("Each Saturday"),
    "6": N_("Each Sunday"),
}


@dataclass(frozen=True, slots=True)
class DateRelease:
    """Times at which new dates can be booked.

    They are at the clock time `at`, each day or each `weekday` (0 = Monday). A release opens the dates up to
    `days` ahead. Released dates stay open.
    """

    days: int = field(
        Number(
            N_("New dates open this far ahead"),
            example=N_("With 20 and each Monday: the date 20 days after Monday opens, and all before it."),
            most=HORIZON_DAYS,
            unit="days",
            units=("days",),
            not_above="horizon_days",
            group=NEW_DATES,
        )
    )
    at: time = field(
        TimeOfDay(
            N_("New dates open at"),
            example=N_("With 09:00: the new dates can be booked from nine in the morning on."),
            group=NEW_DATES,
        ),
        default=time(9),
    )
    weekday: int | None = field(
        Number(
            N_("When new dates open"),
            example=N_("With each Monday: the new dates can be booked from Monday on."),
            most=6,
            can_be_off=True,
            options=RELEASE_DAYS,
            no_value=N_("Each day"),
        ),
        default=None,
    )

    def latest_release(self, now: datetime, zone: tzinfo) -> datetime:
        """Return the latest release at or before `now`. UTC."""
        today = now.astimezone(zone).date()
        # Eight days: before the hour of a weekly release, the latest was seven days ago.
        days = (today - timedelta(days=back) for back in range(8))
        return next(
            moment for day in days if self._is_release_day(day) and (moment := self._release_at(day, zone)) <= now
        )

    def next_release(self, now: datetime, zone: tzinfo) -> datetime:
        """Return the first release after `now`. UTC."""
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(9))
        return next(
            moment for day in days if self._is_release_day(day) and (moment := self._release_at(day, zone)) > now
        )

    def last_released_day(self, now: datetime, zone: tzinfo) -> date:
        """Return the last local date that is released at `now`."""
        return self.latest_release(now, zone).astimezone(zone).date() + timedelta(days=self.days)

    def _is_release_day(self, day: date) -> bool:
        return self.weekday in (None, day.weekday())

    def _release_at(self, day: date, zone: tzinfo) -> datetime:
        return local_instant(day, self.at, zone)


@dataclass(frozen=True, slots=True)
class AgendaSettings:
    """Settings of an agenda, with their defaults.

    `step`: between two starts; None for the duration of the visit. `internal`: by mode, the places that only
    staff can book, besides the public places.
    """

    lead: timedelta = field(
        Duration(
            N_("Shortest time between booking and visit"),
            example=N_("With 30 minutes: at 10:00 the first time that people can book is 10:30."),
            most=MONTH_MINUTES,
            units=LONG_UNITS,
            not_above="horizon_days",
            group=BOOKING,
        ),
        default=DEFAULT_LEAD,
    )
    horizon_days: int = field(
        Number(
            N_("How far ahead people can book"),
            example=N_("With 62: people can book the next two months. With 0, today only."),
            most=HORIZON_DAYS,
            unit="days",
            units=("days",),
            group=BOOKING,
        ),
        default=HORIZON_DAYS,
    )
    most_services: int = field(
        Number(
            N_("Most services in one visit"),
            example=N_("With 3: a person can book up to three services one after the other."),
            least=1,
            most=MAX_SERVICES,
            group=BOOKING,
        ),
        default=3,  # a desk can hardly do more in a visit
    )
    verify_email: bool = field(
        Flag(
            N_("Every booking must be confirmed by e-mail"),
            example=N_("With yes: a booking counts only after a press on the link in the e-mail."),
            group=BOOKING,
        ),
        default=False,
    )
    interpreter_notice: timedelta = field(
        Duration(
            N_("Notice for a sign language interpreter"),
            example=N_("With 1 day: a person who needs an interpreter can book from tomorrow at this time on."),
            most=MONTH_MINUTES,
            units=LONG_UNITS,
            group=BOOKING,
        ),
        default=DEFAULT_INTERPRETER_NOTICE,
    )
    release: DateRelease | None = field(
        Nested(
            N_("When new dates open"),
            example=N_(
                "With each Monday: new dates can be booked from Monday on. Without it, each "
                "midnight opens one more."
            ),
            document=DateRelease,
            only_given=True,
            can_be_off=True,
            options={**RELEASE_DAYS, "no": N_("not limited")},
            no_value=N_("not limited"),
            group=NEW_DATES,
        ),
        default=None,
    )
    change_until: timedelta = field(
        Duration(
            N_("Changes by the citizen end before the visit by"),
            example=N_(
                "With 2 hours: a visit at 12:00 can be moved or cancelled until 10:00. With 0, until its end."
            ),
            most=MONTH_MINUTES,
            units=LONG_UNITS,
            group=CHANGES,
        ),
        default=timedelta(),
    )
    step: timedelta | None = field(
        Duration(
            N_("From one start to the next"),
            example=N_(
                "With 15 minutes: visits can start at 9:00, 9:15, 9:30. Without it, as long as a visit takes."
            ),
            least=1,
            most=480,
            units=("minutes", "hours"),
            no_value=N_("the length of the visit"),
            group=TIMES_OF_DAY,
        ),
        default=None,
    )
    buffer_before: timedelta = field(
        Duration(
            N_("The desk stays free before a visit for"),
            example=N_("With 5: before a visit at 10:00 the desk takes no other appointment from 9:55 on."),
            most=MAX_BUFFER_MINUTES,
            group=TIMES_OF_DAY,
        ),
        default=timedelta(),
    )
    buffer_after: timedelta = field(
        Duration(
            N_("The desk stays free after a visit for"),
            example=N_("With 10: after a visit that ends at 10:15 the next one starts at 10:25 or later."),
            most=MAX_BUFFER_MINUTES,
            group=TIMES_OF_DAY,
        ),
        default=timedelta(),
    )
    internal: Mapping[ServiceMode, int] = field(
        Numbers(
            "",
            most=100,
            options={
                "in_person": N_("Times that only staff can book, in person"),
                "video": N_("Times that only staff can book, by video"),
                "phone": N_("Times that only staff can book, by telephone"),
            },
            examples={
                "in_person": N_("With 1: at each time, staff can book one visit more than the public."),
                "video": N_("With 1: at each time, staff can book one video call more than the public."),
                "phone": N_("With 1: at each time, staff can book one telephone call more than the public."),
            },
            unknown="not_a_choice",
            group=TIMES_OF_DAY,
        ),
        default_factory=dict,
    )
    reminders: ReminderSettings = field(
        Nested(
            N_("Reminders"),
            example=N_("Without them, people get no message before their visit."),
            document=ReminderSettings,
            only_given=True,
        ),
        default=DEFAULT_REMINDER_SETTINGS,
    )

    @classmethod
    def from_settings(cls, office: Mapping[str, Any], service: Mapping[str, Any]) -> AgendaSettings:
        """Parse the settings of an office, and those of its service that override them.

        Values are minutes, days, counts or booleans, by the names above; `release` is `{"days", "at": "9:00",
        "weekday"?}`, or null or false for no release. Raises Invalid with a FieldError `booking.NAME` for each
        invalid value.
        """
        settings = {**office, **service} | _merge_reminders(office, service)
        if not settings:
            return DEFAULT_AGENDA_SETTINGS
        errors: list[FieldError] = []
        values = TableReader(settings, "booking", errors, is_override=True)
        plain = read_document(cls, values, only_given=True)
        # `only_given` skips missing fields, but a release has no default for `days`.
        if isinstance(settings.get("release"), dict) and "days" not in settings["release"]:
            values.table("release").refuse("days", "not_a_number", min=0, max=HORIZON_DAYS)
        if errors:
            raise Invalid(*errors)
        parsed = cls(**load_document(cls, plain))
        if contradictions := _find_contradictions(parsed):
            raise Invalid(*contradictions)
        return parsed

    def to_values(self) -> dict[str, Any]:
        """Return every setting in the units of `from_settings`, by dotted name.

        False is switched off. Without a release, its parts are None.
        """
        return setting_values(self)

    def last_bookable_day(self, now: datetime, zone: tzinfo) -> date:
        """Return the last local date that the public can book."""
        # The date of the office: near midnight it differs from the UTC date.
        horizon = now.astimezone(zone).date() + timedelta(days=self.horizon_days)
        return min(horizon, self.release.last_released_day(now, zone)) if self.release else horizon

    def next_release(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when the next dates are released; None if each midnight releases another date."""
        return self.release.next_release(now, zone) if self.release else None


DEFAULT_AGENDA_SETTINGS = AgendaSettings()


def _merge_reminders(office: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reminders: a service can override single values of its office."""
    of_office, of_service = office.get("reminders", {}), service.get("reminders", {})
    if isinstance(of_office, dict) and isinstance(of_service, dict):
        return {"reminders": {**of_office, **of_service}} if of_office or of_service else {}
    chosen = service.get("reminders", of_office)
    return {"reminders": NO_REMINDERS if chosen is False else chosen}


def _find_contradictions(settings: AgendaSettings) -> list[FieldError]:
    """Find settings that leave no slot to book, or that never have an effect."""
    errors = []
    if settings.lead > timedelta(days=settings.horizon_days + 1):
        most = (settings.horizon_days + 1) * 24 * 60
        errors.append(FieldError("booking.lead", "out_of_range", {"min": 0, "max": most}))
    if settings.release is not None and settings.release.days > settings.horizon_days:
        bounds = {"min": 0, "max": settings.horizon_days}
        errors.append(FieldError("booking.release.days", "out_of_range", bounds))
    return errors
