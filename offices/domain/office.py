"""Snapshot of an office: its lines, services, desks and hours. Frozen; no clock, no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from ...core.errors import NotFound
from ...core.i18n.languages import LocalizedText, text_in_language
from .hours import OpeningSchedule

ServiceMode = Literal["in_person", "video", "phone"]  # `phone`: an agent calls the citizen
EVACUATION = "evacuation"  # the reason of a pause with a button of its own; in no list to choose from
# Citizens find an office by its name and address, and every message gives its telephone. Setting up asks for them;
# a document may lack the telephone, so that older offices stay readable.
REQUIRED_DETAILS = ("name", "address", "phone")
SERVICE_MODES: tuple[ServiceMode, ...] = ("in_person", "video", "phone")


# What an office tells citizens about its place and its telephone: texts by language, each optional.
OFFICE_FACTS = ("access", "parking", "transport", "phone_hours")


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """One waiting line. `version` increases with every change of the line or its tickets.

    A removed line has an empty letter.

    `rules` overrides the queue's default settings (`queue.service.LineSettings`). `stop_reason` is shown in
    languages that `stop_texts` lacks.
    """

    id: str
    slug: str
    letter: str
    names: LocalizedText
    stopped: bool
    daily_quota: int | None
    version: int
    rules: Mapping[str, int] = field(default_factory=dict)
    stop_reason: str | None = None
    removed: bool = False
    stop_texts: LocalizedText | None = None

    def name(self, language: str) -> str:
        return text_in_language(self.names, language)

    def stop_text(self, language: str) -> str | None:
        """Return why the line is stopped, in this language; None without a reason."""
        return (self.stop_texts or {}).get(language, self.stop_reason)


@dataclass(frozen=True, slots=True)
class OfficeService:
    """A service that people ask for.

    `capacity` is how many people each mode can attend at once.

    `booking` overrides the office's agenda settings (`appointments`). `words` lists other names of the service, by
    language.
    """

    id: str
    slug: str
    names: LocalizedText
    line_id: str
    modes: tuple[ServiceMode, ...]
    walk_in: bool
    minutes: int
    bring: LocalizedText | None
    capacity: Mapping[str, int]
    booking: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    price: LocalizedText | None = None

    @property
    def takes_walk_ins(self) -> bool:
        """Whether a ticket for this service may be taken without an appointment."""
        return self.walk_in and "in_person" in self.modes

    def name(self, language: str) -> str:
        return text_in_language(self.names, language)

    def what_to_bring(self, language: str) -> str | None:
        return text_in_language(self.bring, language) if self.bring else None

    def price_in(self, language: str) -> str | None:
        return text_in_language(self.price, language) if self.price else None


def things_to_bring(services: Iterable[OfficeService], language: str) -> list[str]:
    """List the things to bring for all services, each once."""
    things = dict.fromkeys(service.what_to_bring(language) for service in services)
    return [thing for thing in things if thing]


def prices_of_services(services: Sequence[OfficeService], language: str) -> list[str]:
    """List the known prices, each with the name of its service if there are several."""
    priced = [(service.name(language), service.price_in(language)) for service in services]
    return [f"{name}: {price}" if len(priced) > 1 else price for name, price in priced if price]


@dataclass(frozen=True, slots=True)
class OfficeDesk:
    """A desk. `way` describes how to get there, `arrow` the direction from the waiting room."""

    id: str
    name: str
    way: LocalizedText
    arrow: Literal["left", "right", "ahead"]
    line_ids: tuple[str, ...]
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """One office with all its parts.

    `address` is what people read: `street` and `town`.

    `version` increases with every change except those of tickets.

    `booking` overrides the default agenda settings (`appointments`). `pause_message` is shown in languages that
    `pause_texts` lacks. `pause_reason` is EVACUATION or None. `country` and `subdivision`: the region of its
    public holidays (ISO 3166). `choices` overrides the default lists that staff choose from (`choice_lists`).
    Only a `listed` office stands in lists for citizens. `targets`: by name (`office_targets`). `poster_texts`: a
    sentence of its own on its poster. `texts` that citizens accept in a video call have a `title` and a `body`,
    by key. `access`, `parking`, `transport` and `phone_hours` are OFFICE_FACTS. Old tickets may still refer to
    `removed_lines` and `removed_desks`.
    """

    id: str
    slug: str
    name: str
    address: str
    phone: str
    timezone: ZoneInfo
    access: LocalizedText | None
    paused: bool
    pause_message: str | None
    hours: OpeningSchedule
    lines: tuple[OfficeLine, ...]
    services: tuple[OfficeService, ...]
    desks: tuple[OfficeDesk, ...]
    version: int = 1
    booking: Mapping[str, Any] = field(default_factory=dict)
    pause_texts: LocalizedText | None = None
    pause_reason: str | None = None
    street: str = ""
    town: str = ""
    country: str | None = None
    subdivision: str | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    listed: bool = True
    targets: Mapping[str, int] = field(default_factory=dict)
    poster_texts: LocalizedText | None = None
    texts: Mapping[str, Mapping[str, LocalizedText]] = field(default_factory=dict)
    parking: LocalizedText | None = None
    transport: LocalizedText | None = None
    phone_hours: LocalizedText | None = None
    removed_lines: tuple[OfficeLine, ...] = ()
    removed_desks: tuple[OfficeDesk, ...] = ()

    @property
    def is_evacuating(self) -> bool:
        """Whether everyone must leave the office now: a pause whose reason is an evacuation."""
        return self.paused and self.pause_reason == EVACUATION

    @property
    def missing_details(self) -> list[str]:
        """Return the details that citizens need and the office lacks."""
        return [name for name in REQUIRED_DETAILS if not getattr(self, name)]

    @property
    def is_public(self) -> bool:
        """Whether lists for citizens show the office: it is listed and has a service."""
        return self.listed and bool(self.services)

    def line(self, slug: str) -> OfficeLine:
        """Return the line with this slug. Raises NotFound."""
        return _find_one(self.lines, "slug", slug)

    def line_by_id(self, line_id: str) -> OfficeLine:
        """Return the line with this id, also a removed one. Raises NotFound."""
        return _find_one(self.lines + self.removed_lines, "id", line_id)

    def service(self, slug: str) -> OfficeService:
        """Return the service with this slug. Raises NotFound."""
        return _find_one(self.services, "slug", slug)

    def desk(self, desk_id: str) -> OfficeDesk:
        """Return the desk with this id, also a removed one. Raises NotFound."""
        return _find_one(self.desks + self.removed_desks, "id", desk_id)

    def services_for(self, mode: str) -> tuple[OfficeService, ...]:
        """Return the services offered in this mode."""
        return tuple(service for service in self.services if mode in service.modes)

    def services_by_slugs(self, slugs: Iterable[str]) -> tuple[OfficeService, ...]:
        """Return the services with these slugs, in this order, without those no longer offered."""
        offered = {service.slug: service for service in self.services}
        return tuple(offered[slug] for slug in slugs if slug in offered)

    def line_for_service(self, service: OfficeService) -> OfficeLine:
        """Return the line in which people wait for a service. Raises NotFound."""
        return self.line_by_id(service.line_id)

    def access_in(self, language: str) -> str | None:
        return self.fact_in("access", language)

    def fact_in(self, name: str, language: str) -> str | None:
        """Return one of OFFICE_FACTS in this language; None if the office has not written it."""
        texts: LocalizedText | None = getattr(self, name)
        return text_in_language(texts, language) if texts else None

    def names_by_price(self, language: str) -> dict[str, list[str]]:
        """Return the names of the services by their price, without those whose price is not known."""
        found: dict[str, list[str]] = {}
        for service in self.services:
            if price := service.price_in(language):
                found.setdefault(price, []).append(service.name(language))
        return found

    def poster_text(self, language: str) -> str | None:
        """Return its own sentence on the poster in this language; None without one."""
        return text_in_language(self.poster_texts, language) if self.poster_texts else None

    def pause_text(self, language: str) -> str | None:
        """Return the pause message in this language; None without one."""
        return (self.pause_texts or {}).get(language, self.pause_message)


OfficePartT = TypeVar("OfficePartT", OfficeLine, OfficeService, OfficeDesk)


def _find_one(parts: tuple[OfficePartT, ...], attribute: str, value: str) -> OfficePartT:
    for part in parts:
        if getattr(part, attribute) == value:
            return part
    raise NotFound
