"""The numbers of an agenda: what the house says, and what an office or one of its services sets instead.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from ...core.errors import FieldError, Invalid
from ...offices.office import ServiceMode
from . import reminder_schedule
from .reminder_schedule import ReminderSettings

HORIZON_DAYS = 62  # about two months: later plans change, and the contract's `days` ends here too
DEFAULT_LEAD = timedelta(minutes=30)  # enough to read the e-mail and to get ready or get there
DEFAULT_INTERPRETER_NOTICE = timedelta(hours=24)  # an interpreter who is asked for a day before can mostly come
MONTH_MINUTES = 30 * 24 * 60  # minutes
MODES: tuple[ServiceMode, ...] = ("in_person", "video")


@dataclass(frozen=True, slots=True)
class DateRelease:
    """When new dates are opened: at `at` on the wall, each day or each `weekday` (0 = Monday), up to the date that
    is `days` ahead. Dates that are open stay so."""

    days: int
    at: time = time(9)
    weekday: int | None = None

    def latest_release(self, now: datetime, zone: tzinfo) -> datetime:
        """The latest release that has been, now included; aware UTC."""
        today = now.astimezone(zone).date()
        ago = (today - timedelta(days=back) for back in range(8))
        return next(
            moment for day in ago if self._is_release_day(day) and (moment := self._release_at(day, zone)) <= now
        )

    def next_release(self, now: datetime, zone: tzinfo) -> datetime:
        """The first release after now; aware UTC."""
        today = now.astimezone(zone).date()
        ahead = (today + timedelta(days=days) for days in range(9))
        return next(
            moment for day in ahead if self._is_release_day(day) and (moment := self._release_at(day, zone)) > now
        )

    def last_released_day(self, now: datetime, zone: tzinfo) -> date:
        """The last date that has been opened."""
        return self.latest_release(now, zone).astimezone(zone).date() + timedelta(days=self.days)

    def _is_release_day(self, day: date) -> bool:
        return self.weekday in (None, day.weekday())

    def _release_at(self, day: date, zone: tzinfo) -> datetime:
        return datetime.combine(day, self.at, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class AgendaSettings:
    """Every number of an agenda. The defaults are the house's.

    `step`: from one start to the next; None is the length of the visit. `internal`: places that only staff can
    give, beyond the public's, by mode.
    """

    lead: timedelta = DEFAULT_LEAD
    horizon_days: int = HORIZON_DAYS
    release: DateRelease | None = None
    buffer_before: timedelta = timedelta()
    buffer_after: timedelta = timedelta()
    step: timedelta | None = None
    internal: Mapping[ServiceMode, int] = field(default_factory=dict)
    change_until: timedelta = timedelta()  # before the visit; 0 = up to its end, for who is late still comes
    verify_email: bool = False
    interpreter_notice: timedelta = DEFAULT_INTERPRETER_NOTICE
    most_services: int = 3  # in one visit: more are hardly ever done at one desk
    reminders: ReminderSettings = reminder_schedule.DEFAULT_REMINDER_SETTINGS

    @classmethod
    def from_settings(cls, office: Mapping[str, Any], service: Mapping[str, Any]) -> AgendaSettings:
        """The house's rules with what an office sets instead, and with what one of its services sets instead.

        Minutes, days, counts, yes or no, by the names above; `release` is `{"days", "at": "9:00", "weekday"?}`.
        Raises Invalid with one FieldError for each that makes no sense: `booking.NAME`.
        """
        settings = {**office, **service} | _merge_setting_group("reminders", office, service)
        if not settings:
            return DEFAULT_AGENDA_SETTINGS
        wrong: list[FieldError] = []
        read = {name: _parse_setting(name, value, wrong) for name, value in settings.items()}
        if wrong:
            raise Invalid(*wrong)
        rules = cls(**read)
        if contradictions := _find_contradictions(rules):
            raise Invalid(*contradictions)
        return rules

    def last_bookable_day(self, now: datetime, zone: tzinfo) -> date:
        """The last local date that the public can book."""
        horizon = now.astimezone(zone).date() + timedelta(days=self.horizon_days)
        return min(horizon, self.release.last_released_day(now, zone)) if self.release else horizon

    def next_release(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When new dates are opened; None where each midnight opens one more."""
        return self.release.next_release(now, zone) if self.release else None


DEFAULT_AGENDA_SETTINGS = AgendaSettings()

# From and up to what a number makes sense: beyond, somebody mistook the unit.
SETTING_BOUNDS: Mapping[str, tuple[int, int]] = {
    "lead": (0, MONTH_MINUTES),
    "horizon_days": (0, HORIZON_DAYS),
    "buffer_before": (0, 120),
    "buffer_after": (0, 120),
    "step": (1, 480),
    "change_until": (0, MONTH_MINUTES),
    "interpreter_notice": (0, MONTH_MINUTES),
    "most_services": (1, 5),
}
RELEASE_BOUNDS: Mapping[str, tuple[int, int]] = {"days": (0, HORIZON_DAYS), "weekday": (0, 6)}
MAX_INTERNAL_PLACES = 100
_COUNT_SETTINGS = frozenset({"horizon_days", "most_services"})  # the other numbers are minutes

FieldErrors = list[FieldError]


def _parse_setting(name: str, value: Any, errors: FieldErrors) -> Any:
    """A value in the words of the rules; what makes no sense is added to `wrong`."""
    path = f"booking.{name}"
    if name in SETTING_BOUNDS:
        number = _parse_number(path, value, SETTING_BOUNDS[name], errors)
        return number if name in _COUNT_SETTINGS else timedelta(minutes=number)
    if name in _SETTING_PARSERS:
        return _SETTING_PARSERS[name](path, value, errors)
    errors.append(FieldError(path, "unexpected"))
    return None


def _parse_number(path: str, value: Any, bounds: tuple[int, int], errors: FieldErrors) -> int:
    least, most = bounds
    if isinstance(value, bool) or not isinstance(value, int):
        errors.append(FieldError(path, "not_a_number"))
    elif not least <= value <= most:
        errors.append(FieldError(path, "out_of_range", {"min": least, "max": most}))
    else:
        return value
    return least


def _parse_bool(path: str, value: Any, errors: FieldErrors) -> bool:
    if not isinstance(value, bool):
        errors.append(FieldError(path, "wrong_type"))
    return value is True


def _parse_internal_places(path: str, value: Any, errors: FieldErrors) -> dict[str, int]:
    if not isinstance(value, dict):
        errors.append(FieldError(path, "wrong_type"))
        return {}
    errors += [FieldError(f"{path}.{mode}", "not_a_choice") for mode in value if mode not in MODES]
    return {
        mode: _parse_number(f"{path}.{mode}", value[mode], (0, MAX_INTERNAL_PLACES), errors)
        for mode in MODES
        if mode in value
    }


def _parse_release(path: str, value: Any, errors: FieldErrors) -> DateRelease | None:
    if value is None:  # a service without the office's release
        return None
    if not isinstance(value, dict):
        errors.append(FieldError(path, "wrong_type"))
        return None
    known = {one.name for one in fields(DateRelease)}
    errors += [FieldError(f"{path}.{name}", "unexpected") for name in value if name not in known]
    days = _parse_number(f"{path}.days", value.get("days"), RELEASE_BOUNDS["days"], errors)
    at = _parse_clock_time(f"{path}.at", value.get("at", "09:00"), errors)
    weekday = value.get("weekday")
    if weekday is not None:
        weekday = _parse_number(f"{path}.weekday", weekday, RELEASE_BOUNDS["weekday"], errors)
    return DateRelease(days, at, weekday)


def _parse_clock_time(path: str, value: Any, errors: FieldErrors) -> time:
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time on a wall has no zone
    except (TypeError, ValueError):
        errors.append(FieldError(path, "invalid_time"))
        return time()


def _merge_setting_group(name: str, office: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """A group of numbers that a service sets one by one; whole where one of the two is no group."""
    mine, own = office.get(name, {}), service.get(name, {})
    if isinstance(mine, dict) and isinstance(own, dict):
        return {name: {**mine, **own}} if mine or own else {}
    return {}


def _parse_reminders(path: str, value: Any, errors: FieldErrors) -> ReminderSettings:
    if value is False:
        return ReminderSettings(days=None, day_at=None, minutes=None)
    if not isinstance(value, dict):
        errors.append(FieldError(path, "wrong_type"))
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


def _find_contradictions(rules: AgendaSettings) -> list[FieldError]:
    """Rules under which nothing could ever be booked, or one of which never has an effect."""
    found = []
    if rules.lead > timedelta(days=rules.horizon_days + 1):
        most = (rules.horizon_days + 1) * 24 * 60
        found.append(FieldError("booking.lead", "out_of_range", {"min": 0, "max": most}))
    if rules.release is not None and rules.release.days > rules.horizon_days:
        bounds = {"min": 0, "max": rules.horizon_days}
        found.append(FieldError("booking.release.days", "out_of_range", bounds))
    return found
