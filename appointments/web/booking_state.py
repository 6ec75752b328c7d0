"""How far a booking has come: what was chosen, which step is next, and the addresses between steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from starlette.datastructures import ImmutableMultiDict

from ...core.errors import Unavailable
from ...core.i18n.dates import format_rfc3339
from ...offices.service import Office, OfficeService, ServiceMode
from ..domain.booking_url import booking_url
from ..queries.service_settings import parse_agenda_settings
from .page_texts import MODE_NAMES
from .schemas import parse_slot_time

BookingStep = Literal["office", "service", "mode", "time", "details"]
STEPS: tuple[BookingStep, ...] = ("office", "service", "mode", "time", "details")
# The place in the bar: office and service are one subject, and the fifth is the confirmation.
STEP_NUMBERS: Mapping[BookingStep, int] = {"office": 1, "service": 1, "mode": 2, "time": 3, "details": 4}
STEP_COUNT = 5


@dataclass(frozen=True, slots=True)
class BookingChoices:
    """What has been chosen; what makes no sense counts as not chosen.

    A link may bring a service or a mode before there is an office to hold them against: those are wishes.
    """

    offices: tuple[Office, ...]
    office: Office | None
    service: OfficeService | None
    mode: ServiceMode | None
    starts_at: datetime | None
    wished_service: str | None
    wished_mode: ServiceMode | None
    more: tuple[OfficeService, ...] = ()
    refused: tuple[str, ...] = ()  # what else was asked for and cannot be done in the same visit

    @property
    def services(self) -> tuple[OfficeService, ...]:
        """All services of the visit, once the first is known."""
        return (self.service, *self.more) if self.service else ()

    @property
    def modes(self) -> tuple[ServiceMode, ...]:
        """In which all of them are given."""
        return common_modes(self.services)

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.services)

    @property
    def most(self) -> int:
        """How many services may be added to the first."""
        return max_additional_services(self.office, self.service) if self.office and self.service else 0

    @property
    def addable(self) -> tuple[OfficeService, ...]:
        """What else could be done in the same visit: what is given in one of the modes of the first service."""
        if self.office is None or self.service is None or self.most == 0:
            return ()
        modes = {self.wished_mode} if self.wished_mode in self.service.modes else set(self.service.modes)
        return tuple(one for one in self.office.services if one != self.service and modes & set(one.modes))

    @property
    def missing(self) -> BookingStep:
        """The first step without an answer; the details when there is none."""
        known = (self.office, self.service, self.mode, self.starts_at)
        return next((step for step, one in zip(STEPS, known, strict=False) if one is None), "details")

    @property
    def office_service_mode(self) -> tuple[Office, OfficeService, ServiceMode]:
        """Office, service and mode, once all three are known."""
        assert self.office is not None
        assert self.service is not None
        assert self.mode is not None
        return self.office, self.service, self.mode

    def pairs(self, *steps: BookingStep) -> list[tuple[str, str]]:
        """Names and values of the answers to these steps, as an address or a form carries them."""
        values: dict[BookingStep, tuple[str, str | None]] = {
            "office": ("office", self.office.slug if self.office else None),
            "service": ("service", self.service.slug if self.service else self.wished_service),
            "mode": ("mode", self.mode or self.wished_mode),
            "time": ("starts_at", self._time_text()),
        }
        found = [values[step] for step in steps if step in values]
        more = [("more", one.slug) for one in self.more] if "service" in steps else []
        return [*((name, value) for name, value in found if value), *more]

    def _time_text(self) -> str | None:
        return format_rfc3339(self.starts_at, self.office.timezone) if self.starts_at and self.office else None


@dataclass(frozen=True, slots=True)
class CurrentStep:
    """The step that is shown. `asked`: the reader came back to it, so later answers no longer count."""

    step: BookingStep
    asked: bool
    choices: BookingChoices

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form of this step carries along: earlier answers, and what a link wished for later ones."""
        at = STEPS.index(self.step)
        later: tuple[BookingStep, ...] = () if self.asked or self.step == "time" else STEPS[at + 1 : 3]
        return self.choices.pairs(*STEPS[:at], *later)

    @property
    def number(self) -> int:
        return STEP_NUMBERS[self.step]

    @property
    def before(self) -> BookingStep | None:
        """The step before this one in which there was something to choose."""
        skipped: set[BookingStep] = set()
        if len(self.choices.offices) == 1:
            skipped.add("office")
        if len(self.choices.modes) == 1:
            skipped.add("mode")
        earlier = [step for step in STEPS[: STEPS.index(self.step)] if step not in skipped]
        return earlier[-1] if earlier else None

    @property
    def back(self) -> str | None:
        """The address of the step before, with everything that was chosen."""
        if self.before is None:
            return None
        return booking_url(*self.choices.pairs(*STEPS), ("step", self.before))

    @property
    def services(self) -> str:
        """The address of the services, with everything that was chosen."""
        return booking_url(*self.choices.pairs(*STEPS[:3]), ("step", "service"))

    @property
    def more(self) -> str:
        """The address at which a service is added to the visit."""
        return booking_url(*self.choices.pairs("office", "service", "mode"), ("step", "more"))

    def days(self, **more: str) -> str:
        """The address of a day, or of another row of days (`first`)."""
        renamed = [("from" if name == "first" else name, value) for name, value in more.items()]
        return booking_url(*self.choices.pairs("office", "service", "mode"), ("step", "time"), *renamed)


def read_choices(offices: tuple[Office, ...], values: Mapping[str, Any]) -> BookingChoices:
    """The choices in an address or a form."""
    service_slug, mode_text = text_value(values, "service"), text_value(values, "mode")
    wished_mode = next((mode for mode in MODE_NAMES if mode == mode_text), None)
    office = offices[0] if len(offices) == 1 else _find_by_slug(offices, text_value(values, "office"))
    service = _find_by_slug(office.services, service_slug) if office else None
    more, refused = (
        _split_additional_services(office, service, list_values(values, "more"))
        if office and service
        else ((), ())
    )
    mode = _chosen_mode(common_modes((service, *more)) if service else (), wished_mode)
    starts_at = parse_slot_time(text_value(values, "starts_at") or "") if mode else None
    return BookingChoices(offices, office, service, mode, starts_at, service_slug, wished_mode, more, refused)


def current_step(choices: BookingChoices, values: Mapping[str, Any]) -> CurrentStep:
    """The step to show: the one that is asked for, unless an earlier one is missing."""
    asked = next((step for step in STEPS if step == values.get("step")), None)
    if asked is not None and STEPS.index(asked) <= STEPS.index(choices.missing):
        return CurrentStep(asked, True, choices)
    return CurrentStep(choices.missing, False, choices)


def parse_day(value: Any) -> date | None:
    """A date of an address, or None when it is none."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def text_value(values: Mapping[str, Any], name: str) -> str | None:
    """A value as text, None when there is none."""
    return str(values.get(name) or "").strip() or None


def list_values(values: Mapping[str, Any], name: str) -> list[str]:
    """All values of one name, each once, in their order."""
    found = values.getlist(name) if isinstance(values, ImmutableMultiDict) else [values.get(name) or ""]
    return list(dict.fromkeys(slug for one in found for slug in str(one).split(",") if slug))


def common_modes(services: Sequence[OfficeService]) -> tuple[ServiceMode, ...]:
    """The modes in which all of these are given, in the order of the first."""
    first = services[0].modes if services else ()
    return tuple(mode for mode in first if all(mode in one.modes for one in services))


def max_additional_services(office: Office, service: OfficeService) -> int:
    """How many services may be added to a visit of this one; none where nobody understands the office's rules."""
    try:
        return parse_agenda_settings(office, service).most_services - 1
    except Unavailable:
        return 0


def _split_additional_services(
    office: Office, service: OfficeService, slugs: Sequence[str]
) -> tuple[tuple[OfficeService, ...], tuple[str, ...]]:
    """Those that can be done in one visit with the first and with each other, and those that cannot."""
    kept: list[OfficeService] = []
    refused: list[str] = []
    for slug in (one for one in slugs if one != service.slug):
        one = _find_by_slug(office.services, slug)
        fits = one is not None and len(kept) < max_additional_services(office, service)
        if fits and common_modes((service, *kept, one)):
            kept.append(one)
        elif one is not None:
            refused.append(slug)
    return tuple(kept), tuple(refused)


def _chosen_mode(modes: Sequence[ServiceMode], wished: ServiceMode | None) -> ServiceMode | None:
    """The wished mode if there is such a choice; without a choice to make, the only one."""
    if len(modes) == 1:
        return modes[0]
    return wished if wished in modes else None


def _find_by_slug(things: tuple[Any, ...], slug: str | None) -> Any:
    return next((one for one in things if one.slug == slug), None)
