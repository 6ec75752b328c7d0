"""An office as everybody reads it: one frozen snapshot of its lines, services, desks and hours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from ..core.errors import NotFound
from .hours import OpeningSchedule

ServiceMode = Literal["in_person", "video"]
LocalizedText = Mapping[str, str]
"""One sentence in several languages, by language code. Spanish is always there."""


def text_in_language(texts: LocalizedText, language: str) -> str:
    """The text in this language, else in Spanish."""
    return texts.get(language) or texts["es"]


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """One waiting line. `version` grows with every change of the line or its tickets.

    `rules`: its numbers that differ from the house's; what they mean is the queue's.
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

    def name(self, language: str) -> str:
        return text_in_language(self.names, language)


@dataclass(frozen=True, slots=True)
class OfficeService:
    """What a person comes for. `capacity` is how many can be attended at once by each mode.

    `booking`: the numbers of its agenda that differ from the office's; what they mean is appointments'.
    `words`: by language, what people call it when they do not use its name.
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

    def name(self, language: str) -> str:
        return text_in_language(self.names, language)

    def what_to_bring(self, language: str) -> str | None:
        return text_in_language(self.bring, language) if self.bring else None


def things_to_bring(services: Iterable[OfficeService], language: str) -> list[str]:
    """For all of them, each thing once."""
    things = dict.fromkeys(one.what_to_bring(language) for one in services)
    return [thing for thing in things if thing]


@dataclass(frozen=True, slots=True)
class OfficeDesk:
    """Where a person is attended. `way` says how to get there, `arrow` which way that is from the room."""

    id: str
    name: str
    way: LocalizedText
    arrow: Literal["left", "right", "ahead"]
    line_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """One office, whole. `version` grows with every change of anything but its lines' tickets.

    `booking`: the numbers of its agenda that differ from the house's; what they mean is appointments'.
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

    def line(self, slug: str) -> OfficeLine:
        """Raises NotFound."""
        return _find_one(self.lines, "slug", slug)

    def line_by_id(self, line_id: str) -> OfficeLine:
        """Raises NotFound."""
        return _find_one(self.lines, "id", line_id)

    def service(self, slug: str) -> OfficeService:
        """Raises NotFound."""
        return _find_one(self.services, "slug", slug)

    def desk(self, desk_id: str) -> OfficeDesk:
        """Raises NotFound."""
        return _find_one(self.desks, "id", desk_id)

    def services_for(self, mode: str) -> tuple[OfficeService, ...]:
        """The services given in this mode."""
        return tuple(service for service in self.services if mode in service.modes)

    def services_by_slugs(self, slugs: Iterable[str]) -> tuple[OfficeService, ...]:
        """The services of these slugs, in this order; what is no longer given is left out."""
        given = {one.slug: one for one in self.services}
        return tuple(given[slug] for slug in slugs if slug in given)

    def line_for_service(self, service: OfficeService) -> OfficeLine:
        """The line in which people wait for a service."""
        return self.line_by_id(service.line_id)

    def access_in(self, language: str) -> str | None:
        return text_in_language(self.access, language) if self.access else None


OfficePartT = TypeVar("OfficePartT", OfficeLine, OfficeService, OfficeDesk)


def _find_one(parts: tuple[OfficePartT, ...], attribute: str, value: str) -> OfficePartT:
    for thing in parts:
        if getattr(thing, attribute) == value:
            return thing
    raise NotFound
