"""The state of a booking: choices so far, the current step, addresses of other steps.

No SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from starlette.datastructures import ImmutableMultiDict

from ...core.errors import Unavailable
from ...core.i18n.dates import format_rfc3339
from ...offices.service import MODE_NAMES, Office, OfficeService, ServiceMode
from ..domain.booking_url import ANY_OFFICE, OFFICE_MARK, booking_url
from ..domain.hold import SlotHold
from ..domain.needs import known_needs
from ..queries.any_office import video_searches, video_services
from ..queries.availability import SlotSearch
from ..queries.bookable_services import parse_agenda_settings
from .schemas import parse_slot_time

BookingStep = Literal["office", "service", "mode", "time", "details"]
STEPS: tuple[BookingStep, ...] = ("office", "service", "mode", "time", "details")
# Position in the progress bar: office and service share the first, the fifth is the confirmation.
STEP_NUMBERS: Mapping[BookingStep, int] = {"office": 1, "service": 1, "mode": 2, "time": 3, "details": 4}
STEP_COUNT = 5


@dataclass(frozen=True, slots=True)
class BookingChoices:
    """The choices so far; an invalid choice counts as not made.

    A link may name a service or a mode before an office is chosen. Both are kept as `wished_service` and
    `wished_mode` until they can be checked against the office. Templates read these attributes by name.
    """

    offices: tuple[Office, ...]
    office: Office | None
    service: OfficeService | None
    mode: ServiceMode | None
    starts_at: datetime | None
    wished_service: str | None
    wished_mode: ServiceMode | None
    more: tuple[OfficeService, ...] = ()
    refused: tuple[str, ...] = ()  # additional services that cannot be done in the same visit
    needs: tuple[str, ...] = ()  # codes that a link or the form names
    any_office: bool = False  # by video; the chosen time then names the office
    # the time was found among all offices, so another time is chosen among all of them again
    from_any_office: bool = False

    @property
    def services(self) -> tuple[OfficeService, ...]:
        """Return all services of the visit; none while the first is not chosen."""
        return (self.service, *self.more) if self.service else ()

    @property
    def modes(self) -> tuple[ServiceMode, ...]:
        """Return the modes in which the office provides all of these services."""
        return ("video",) if self.any_office else common_modes(self.services)

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the office; of the first with the service for any office."""
        office = self.office or next((search.office for search in self.any_office_searches()), self.offices[0])
        return office.timezone

    @property
    def any_office_url(self) -> str | None:
        """Return the address of the times of all offices.

        None if no other office gives the service by video.
        """
        if self.mode != "video" or self.more or self.any_office or len(self.any_office_searches()) < 2:
            return None
        return booking_url(("office", ANY_OFFICE), *self.pairs("service", "mode"), ("step", "time"))

    def for_time_step(self) -> BookingChoices:
        """Return the choices for the time step; a time of any office is chosen there again."""
        if not self.from_any_office:
            return self
        return replace(self, office=None, any_office=True, from_any_office=False)

    def any_office_searches(self, device_hold: SlotHold | None = None) -> list[SlotSearch]:
        """Build the searches of all offices for the service by video."""
        assert self.service is not None
        excluded_id = device_hold.id if device_hold else None
        return video_searches(self.offices, self.service.slug, excluded_id=excluded_id)

    @property
    def minutes(self) -> int:
        return sum(service.minutes for service in self.services)

    @property
    def most(self) -> int:
        """Return the maximum of additional services."""
        return max_additional_services(self.office, self.service) if self.office and self.service else 0

    @property
    def addable(self) -> tuple[OfficeService, ...]:
        """Return the services that share a mode with the first, so that they can be added."""
        if self.office is None or self.service is None or self.most == 0:
            return ()
        modes = {self.wished_mode} if self.wished_mode in self.service.modes else set(self.service.modes)
        return tuple(
            service for service in self.office.services if service != self.service and modes & set(service.modes)
        )

    @property
    def missing(self) -> BookingStep:
        """Return the first step without an answer; the details if all are answered."""
        known = (self.office or self.any_office or None, self.service, self.mode, self.starts_at)
        return next((step for step, answer in zip(STEPS, known, strict=False) if answer is None), "details")

    @property
    def office_service_mode(self) -> tuple[Office, OfficeService, ServiceMode]:
        """Return office, service and mode; the caller knows that all three are chosen."""
        assert self.office is not None
        assert self.service is not None
        assert self.mode is not None
        return self.office, self.service, self.mode

    def slot_search(self, device_hold: SlotHold | None = None) -> SlotSearch:
        """Build the search for the chosen visit; the slot that this device holds counts as free."""
        office, _service, mode = self.office_service_mode
        return SlotSearch(office, self.services, mode, excluded_id=device_hold.id if device_hold else None)

    def pairs(self, *steps: BookingStep) -> list[tuple[str, str]]:
        """List names and values of the answers to these steps, and of the needs."""
        values: dict[BookingStep, tuple[str, str | None]] = {
            "office": ("office", self.office.slug if self.office else ANY_OFFICE if self.any_office else None),
            "service": ("service", self.service.slug if self.service else self.wished_service),
            "mode": ("mode", self.mode or self.wished_mode),
            "time": ("starts_at", self._time_text()),
        }
        found = [values[step] for step in steps if step in values]
        more = [("more", service.slug) for service in self.more] if "service" in steps else []
        needs = [("needs", code) for code in self.needs]
        origin = [("any", "1")] if self.from_any_office and "office" in steps else []
        return [*((name, value) for name, value in found if value), *more, *needs, *origin]

    def _time_text(self) -> str | None:
        return format_rfc3339(self.starts_at, self.office.timezone) if self.starts_at and self.office else None


@dataclass(frozen=True, slots=True)
class CurrentStep:
    """The step that is shown.

    `is_revisited`: the citizen returned to it, so later answers do not count.
    Templates read these attributes by name.
    """

    step: BookingStep
    is_revisited: bool
    choices: BookingChoices

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """List the hidden fields: earlier answers, and wishes of a link for later steps."""
        at = STEPS.index(self.step)
        later: tuple[BookingStep, ...] = () if self.is_revisited or self.step == "time" else STEPS[at + 1 : 3]
        pairs = self.choices.pairs(*STEPS[:at], *later)
        # the details have a box for each need, which the citizen can clear
        return [pair for pair in pairs if pair[0] != "needs"] if self.step == "details" else pairs

    @property
    def number(self) -> int:
        return STEP_NUMBERS[self.step]

    @property
    def before(self) -> BookingStep | None:
        """Return the previous step that offers a choice."""
        skipped: set[BookingStep] = set()
        if len(self.choices.offices) == 1:
            skipped.add("office")
        if len(self.choices.modes) == 1:
            skipped.add("mode")
        earlier = [step for step in STEPS[: STEPS.index(self.step)] if step not in skipped]
        return earlier[-1] if earlier else None

    @property
    def back(self) -> str | None:
        """Return the address of the previous step, with all choices."""
        if self.before is None:
            return None
        return booking_url(*self.choices.pairs(*STEPS), ("step", self.before))

    @property
    def all_offices(self) -> str:
        """Return the address of the step that lists the offices, without a search."""
        return booking_url(*self.hidden, ("step", "office"))

    @property
    def services(self) -> str:
        """Return the address of the step that lists the services, with all choices."""
        return booking_url(*self.choices.pairs(*STEPS[:3]), ("step", "service"))

    @property
    def more(self) -> str:
        """Return the address at which a service is added to the visit."""
        return booking_url(*self.choices.pairs("office", "service", "mode"), ("step", "more"))

    def days(self, **more: str) -> str:
        """Return the address of a day, or of the row of days that begins at `first`."""
        renamed = [("from" if name == "first" else name, value) for name, value in more.items()]
        return booking_url(*self.choices.pairs("office", "service", "mode"), ("step", "time"), *renamed)


def read_choices(offices: tuple[Office, ...], values: Mapping[str, Any]) -> BookingChoices:
    """Read the choices from an address or a form."""
    starts_text, _mark, office_of_slot = (text_value(values, "starts_at") or "").partition(OFFICE_MARK)
    office_slug, service_slug = office_of_slot or text_value(values, "office"), text_value(values, "service")
    needs = known_needs(list_values(values, "needs"))
    if office_slug == ANY_OFFICE and len(offices) > 1:
        return _choices_of_any_office(offices, service_slug, needs)
    mode_text = text_value(values, "mode")
    wished_mode = next((mode for mode in MODE_NAMES if mode == mode_text), None)
    office = offices[0] if len(offices) == 1 else _find_by_slug(offices, office_slug)
    service = _find_by_slug(office.services, service_slug) if office else None
    more, refused = (
        _split_additional_services(office, service, list_values(values, "more"))
        if office and service
        else ((), ())
    )
    mode = _chosen_mode(common_modes((service, *more)) if service else (), wished_mode)
    starts_at = parse_slot_time(starts_text) if mode else None
    is_of_any = mode == "video" and not more and bool(office_of_slot or values.get("any")) and len(offices) > 1
    return BookingChoices(
        offices,
        office,
        service,
        mode,
        starts_at,
        service_slug,
        wished_mode,
        more,
        refused,
        needs,
        from_any_office=is_of_any,
    )


def _choices_of_any_office(
    offices: tuple[Office, ...], service_slug: str | None, needs: tuple[str, ...]
) -> BookingChoices:
    """Build the choices of a video call with any office.

    The service is that of the first office that gives it.
    """
    given = [service for office in offices for service in video_services(office)]
    service = next((service for service in given if service.slug == service_slug), None)
    mode: ServiceMode | None = "video" if service else None
    return BookingChoices(offices, None, service, mode, None, service_slug, "video", needs=needs, any_office=True)


def current_step(choices: BookingChoices, values: Mapping[str, Any]) -> CurrentStep:
    """Return the requested step, or an earlier step that has no answer."""
    requested = next((step for step in STEPS if step == values.get("step")), None)
    if requested is not None and STEPS.index(requested) <= STEPS.index(choices.missing):
        return CurrentStep(requested, True, choices.for_time_step() if requested == "time" else choices)
    return CurrentStep(choices.missing, False, choices)


def parse_day(value: Any) -> date | None:
    """Parse a date of an address; None if it is invalid."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def text_value(values: Mapping[str, Any], name: str) -> str | None:
    """Return a value without surrounding spaces, None if it is absent or empty."""
    return str(values.get(name) or "").strip() or None


def list_values(values: Mapping[str, Any], name: str) -> list[str]:
    """Return all values of a name, each once, in their order."""
    found = values.getlist(name) if isinstance(values, ImmutableMultiDict) else [values.get(name) or ""]
    return list(dict.fromkeys(slug for value in found for slug in str(value).split(",") if slug))


def common_modes(services: Sequence[OfficeService]) -> tuple[ServiceMode, ...]:
    """Return the modes in which all services are provided, in the order of the first service."""
    first = services[0].modes if services else ()
    return tuple(mode for mode in first if all(mode in service.modes for service in services))


def max_additional_services(office: Office, service: OfficeService) -> int:
    """Return the maximum of services added to this service; 0 if the settings are invalid."""
    try:
        return parse_agenda_settings(office, service).most_services - 1
    except Unavailable:
        return 0


def _split_additional_services(
    office: Office, service: OfficeService, slugs: Sequence[str]
) -> tuple[tuple[OfficeService, ...], tuple[str, ...]]:
    """Separate the services that fit into a visit with the first from those that do not."""
    fitting: list[OfficeService] = []
    refused: list[str] = []
    for slug in slugs:
        added = _find_by_slug(office.services, slug)
        if added is None or slug == service.slug:
            continue
        if len(fitting) < max_additional_services(office, service) and common_modes((service, *fitting, added)):
            fitting.append(added)
        else:
            refused.append(slug)
    return tuple(fitting), tuple(refused)


def _chosen_mode(modes: Sequence[ServiceMode], wished: ServiceMode | None) -> ServiceMode | None:
    """Return the only mode, or the wished mode if the office provides it."""
    if len(modes) == 1:
        return modes[0]
    return wished if wished in modes else None


def _find_by_slug(things: tuple[Any, ...], slug: str | None) -> Any:
    return next((thing for thing in things if thing.slug == slug), None)
