"""Agenda settings of an office or of one of its services. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from ...core.errors import FieldError, Invalid
from ...core.i18n.dates import local_instant
from ...offices.domain.office import SERVICE_MODES, ServiceMode
from . import reminder_schedule
from .reminder_schedule import ReminderSettings
from .setting_values import Bounds, parse_clock_time, parse_number

HORIZON_DAYS = 62  # about two months: later plans change; `days` of the API has the same limit
DEFAULT_LEAD = timedelta(minutes=30)  # enough to read the e-mail, and to prepare or to travel
DEFAULT_INTERPRETER_NOTICE = timedelta(hours=24)  # an interpreter who is asked a day before can usually come
MONTH_MINUTES = 30 * 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class DateRelease:
    """Times at which new dates can be booked.

    They are at the clock time `at`, each day or each `weekday` (0 = Monday). A release opens the dates up to
    `days` ahead. Released dates stay open.
    """

    days: int
    at: time = time(9)
    weekday: int | None = None

    def latest_release(self, now: datetime, zone: tzinfo) -> datetime:
        """Return the latest release at or before `now`. UTC."""
        today = now.astimezone(zone).date()
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

    `step`: from one start to the next; None for the duration of the visit. `internal`: by mode, the places
    that only staff can book, besides the public ones.
    """

    lead: timedelta = DEFAULT_LEAD
    horizon_days: int = HORIZON_DAYS
    release: DateRelease | None = None
    buffer_before: timedelta = timedelta()
    buffer_after: timedelta = timedelta()
    step: timedelta | None = None
    internal: Mapping[ServiceMode, int] = field(default_factory=dict)
    change_until: timedelta = timedelta()  # before the start; zero allows changes until the end
    verify_email: bool = False
    interpreter_notice: timedelta = DEFAULT_INTERPRETER_NOTICE
    most_services: int = 3  # in one visit; more can hardly be done at one desk
    reminders: ReminderSettings = reminder_schedule.DEFAULT_REMINDER_SETTINGS

    @classmethod
    def from_settings(cls, office: Mapping[str, Any], service: Mapping[str, Any]) -> AgendaSettings:
        """Parse the settings of an office, and those of its service that override them.

        Values are minutes, days, counts or booleans, by the names above; `release` is `{"days", "at": "9:00",
        "weekday"?}`, or null or false for none. Raises Invalid with one FieldError `booking.NAME` for each invalid
        value.
        """
        settings = {**office, **service} | _merge_setting_group("reminders", office, service)
        if not settings:
            return DEFAULT_AGENDA_SETTINGS
        errors: list[FieldError] = []
        values = {name: _parse_setting(name, value, errors) for name, value in settings.items()}
        if errors:
            raise Invalid(*errors)
        parsed = cls(**values)
        if contradictions := _find_contradictions(parsed):
            raise Invalid(*contradictions)
        return parsed

    def to_values(self) -> dict[str, Any]:
        """Return every setting in the units of `from_settings`, by dotted name.

        False is switched off.
        """
        release, reminders = self.release, self.reminders
        durations = ("lead", "buffer_before", "buffer_after", "change_until", "interpreter_notice")
        return {
            **{name: _to_minutes(getattr(self, name)) for name in durations},
            **{name: getattr(self, name) for name in ("horizon_days", "most_services", "verify_email")},
            **{f"internal.{mode}": self.internal.get(mode, 0) for mode in SERVICE_MODES},
            "step": None if self.step is None else _to_minutes(self.step),
            "release.days": release and release.days,
            "release.at": f"{(release or DateRelease(0)).at:%H:%M}",
            "release.weekday": release and release.weekday,
            "reminders.days": _or_false(reminders.days),
            "reminders.days_at": f"{reminders.days_at:%H:%M}",
            "reminders.day_at": False if reminders.day_at is None else f"{reminders.day_at:%H:%M}",
            "reminders.minutes": _or_false(reminders.minutes),
            "reminders.late": _or_false(reminders.late),
        }

    def last_bookable_day(self, now: datetime, zone: tzinfo) -> date:
        """Return the last local date that the public can book."""
        horizon = now.astimezone(zone).date() + timedelta(days=self.horizon_days)
        return min(horizon, self.release.last_released_day(now, zone)) if self.release else horizon

    def next_release(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when the next dates are released; None if each midnight releases one more."""
        return self.release.next_release(now, zone) if self.release else None


DEFAULT_AGENDA_SETTINGS = AgendaSettings()

SETTING_BOUNDS: Mapping[str, Bounds] = {
    "lead": (0, MONTH_MINUTES),
    "horizon_days": (0, HORIZON_DAYS),
    "buffer_before": (0, 120),
    "buffer_after": (0, 120),
    "step": (1, 480),
    "change_until": (0, MONTH_MINUTES),
    "interpreter_notice": (0, MONTH_MINUTES),
    "most_services": (1, 5),
}
RELEASE_BOUNDS: Mapping[str, Bounds] = {"days": (0, HORIZON_DAYS), "weekday": (0, 6)}
MAX_INTERNAL_PLACES = 100
# Every number with bounds, by dotted name
AGENDA_BOUNDS: Mapping[str, Bounds] = {
    **SETTING_BOUNDS,
    "release.days": RELEASE_BOUNDS["days"],
    **{f"internal.{mode}": (0, MAX_INTERNAL_PLACES) for mode in SERVICE_MODES},
    **{f"reminders.{name}": bounds for name, bounds in reminder_schedule.REMINDER_BOUNDS.items()},
}
_COUNT_SETTINGS = frozenset({"horizon_days", "most_services"})  # the other numbers are minutes

FieldErrors = list[FieldError]


def _to_minutes(duration: timedelta) -> int:
    return int(duration.total_seconds()) // 60


def _or_false(number: int | None) -> int | bool:
    return False if number is None else number


def _parse_setting(name: str, value: Any, errors: FieldErrors) -> Any:
    path = f"booking.{name}"
    if name in SETTING_BOUNDS:
        number = parse_number(path, value, SETTING_BOUNDS[name], errors)
        return number if name in _COUNT_SETTINGS else timedelta(minutes=number)
    if name in _SETTING_PARSERS:
        return _SETTING_PARSERS[name](path, value, errors)
    errors.append(FieldError(path, "unexpected", {"known": ", ".join([*SETTING_BOUNDS, *_SETTING_PARSERS])}))
    return None


def _parse_bool(path: str, value: Any, errors: FieldErrors) -> bool:
    if not isinstance(value, bool):
        errors.append(FieldError(path, "wrong_type", {"kind": "flag"}))
    return value is True


def _parse_internal_places(path: str, value: Any, errors: FieldErrors) -> dict[str, int]:
    if not isinstance(value, dict):
        errors.append(FieldError(path, "wrong_type", {"kind": "table"}))
        return {}
    known = {"allowed": ", ".join(SERVICE_MODES)}
    errors += [FieldError(f"{path}.{mode}", "not_a_choice", known) for mode in value if mode not in SERVICE_MODES]
    return {
        mode: parse_number(f"{path}.{mode}", value[mode], (0, MAX_INTERNAL_PLACES), errors)
        for mode in SERVICE_MODES
        if mode in value
    }


def _parse_release(path: str, value: Any, errors: FieldErrors) -> DateRelease | None:
    if value is None or value is False:  # a service without the release of its office
        return None
    if not isinstance(value, dict):
        errors.append(FieldError(path, "wrong_type", {"kind": "table"}))
        return None
    known = [release_field.name for release_field in fields(DateRelease)]
    errors += [
        FieldError(f"{path}.{name}", "unexpected", {"known": ", ".join(known)})
        for name in value
        if name not in known
    ]
    days = parse_number(f"{path}.days", value.get("days"), RELEASE_BOUNDS["days"], errors)
    at = parse_clock_time(f"{path}.at", value.get("at", "09:00"), errors)
    weekday = value.get("weekday")
    if weekday is not None:
        weekday = parse_number(f"{path}.weekday", weekday, RELEASE_BOUNDS["weekday"], errors)
    return DateRelease(days, at, weekday)


def _merge_setting_group(name: str, office: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a group whose settings a service can override singly.

    Empty if one of the two is not a group.
    """
    of_office, of_service = office.get(name, {}), service.get(name, {})
    if isinstance(of_office, dict) and isinstance(of_service, dict):
        return {name: {**of_office, **of_service}} if of_office or of_service else {}
    return {}


def _parse_reminders(path: str, value: Any, errors: FieldErrors) -> ReminderSettings:
    if value is False:
        return ReminderSettings(days=None, day_at=None, minutes=None)
    if not isinstance(value, dict):
        errors.append(FieldError(path, "wrong_type", {"kind": "table"}))
        return reminder_schedule.DEFAULT_REMINDER_SETTINGS
    try:
        return ReminderSettings.from_settings(value, path)
    except Invalid as invalid:
        errors += invalid.fields
        return reminder_schedule.DEFAULT_REMINDER_SETTINGS


_SETTING_PARSERS: Mapping[str, Callable[[str, Any, FieldErrors], Any]] = {
    "verify_email": _parse_bool,
    "internal": _parse_internal_places,
    "release": _parse_release,
    "reminders": _parse_reminders,
}


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
