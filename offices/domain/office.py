"""Snapshot of an office: its lines, services, desks and hours. Frozen; no clock, no SQL.

Its fields are those of its document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ...core.errors import NotFound
from ...core.i18n.catalogues import N_
from ...core.i18n.languages import LocalizedText, text_in_language
from .documents.desk import OfficeDesk
from .documents.field import (
    MAX_NAME,
    Flag,
    FreeTable,
    Localized,
    Nested,
    NullableText,
    Parts,
    Text,
    field,
)
from .documents.line import OfficeLine
from .documents.office_kinds import AcceptedText, ChoiceTables, TimeZone
from .documents.service import OfficeService
from .documents.targets import OfficeTargets
from .hours import OpeningSchedule

# the reason of a pause with a button of its own; in no list to choose from
EVACUATION = "evacuation"
# Citizens find an office by its name and address, and every message gives its telephone. Setting up asks for them;
# a document may lack the telephone, so that older offices stay readable.
REQUIRED_DETAILS = ("name", "address", "phone")
# Bounds of texts are the columns of storage/tables.py.
MAX_ADDRESS, MAX_TOWN, MAX_DESK_NAME = 200, 80, 16
# fits the poster in two lines of each language
MAX_POSTER_TEXT = 140
PHONE = re.compile(r"\+?[0-9][0-9 ()-]{1,30}")

# What an office tells citizens about its place and its telephone: texts by language, each optional.
OFFICE_FACTS = ("access", "parking", "transport", "phone_hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An office with all its parts.

    `address` is what people read: `street` and `town`.

    `version` increases with every change except those of tickets.

    `booking` overrides the default agenda settings (`appointments`). `pause_message` is shown in languages that
    `pause_texts` lacks. `pause_reason` is EVACUATION or None. `country` and `subdivision`: the region of its
    public holidays (ISO 3166). `choices` overrides the default lists that staff choose from (`choice_lists`).
    Only a `listed` office stands in lists for citizens. `targets`: by name (`OfficeTargets`). `poster_texts`: a
    sentence of its own on its poster. `texts` that citizens accept in a video call have a `title` and a `body`,
    by key. `access`, `parking`, `transport` and `phone_hours` are OFFICE_FACTS. Old tickets may still refer to
    `removed_lines` and `removed_desks`.
    """

    id: str
    slug: str
    name: str = field(Text(N_("Name"), longest=MAX_NAME, required=True, is_essential=True))
    address: str
    street: str = field(
        Text(N_("Address"), key="address", column="address", longest=MAX_ADDRESS, required=True), default=""
    )
    town: str = field(Text(N_("Town"), longest=MAX_TOWN), default="")
    phone: str = field(
        Text(N_("Telephone"), longest=32, accepts=PHONE.fullmatch, refusal="phone_unknown"), default=""
    )
    timezone: ZoneInfo = field(TimeZone(N_("Time zone"), required=True, is_essential=True))
    country: str | None = field(NullableText(N_("Country of its public holidays"), longest=2), default=None)
    subdivision: str | None = field(NullableText(N_("Region of its public holidays"), longest=6), default=None)
    listed: bool = field(Flag(N_("Shown in lists for citizens"), default=True), default=True)
    access: LocalizedText | None = field(Localized(N_("Access")), default=None)
    parking: LocalizedText | None = field(Localized(N_("Parking")), default=None)
    transport: LocalizedText | None = field(Localized(N_("How to get there")), default=None)
    phone_hours: LocalizedText | None = field(Localized(N_("Telephone hours")), default=None)
    poster_texts: LocalizedText | None = field(
        Localized(N_("Text on the poster"), key="poster", longest=MAX_POSTER_TEXT), default=None
    )
    lines: tuple[OfficeLine, ...] = field(Parts(N_("Queue"), document=OfficeLine, column=None))
    services: tuple[OfficeService, ...] = field(Parts(N_("Service"), document=OfficeService, column=None))
    desks: tuple[OfficeDesk, ...] = field(
        Parts(
            N_("Desk"),
            document=OfficeDesk,
            column=None,
            pattern=None,
            longest=MAX_DESK_NAME,
            key_attribute="name",
        )
    )
    hours: OpeningSchedule
    booking: Mapping[str, Any] = field(FreeTable(N_("Agenda"), key="agenda"), default_factory=dict)
    choices: Mapping[str, Any] = field(ChoiceTables(N_("Lists to choose from")), default_factory=dict)
    targets: Mapping[str, int] = field(
        Nested(N_("Targets"), document=OfficeTargets, only_given=True), default_factory=dict
    )
    texts: Mapping[str, Mapping[str, LocalizedText]] = field(
        Parts(N_("Text to accept"), document=AcceptedText, column="acceptance_texts"), default_factory=dict
    )
    paused: bool
    pause_message: str | None
    pause_texts: LocalizedText | None = None
    pause_reason: str | None = None
    version: int = 1
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
        """Return the line with this id, also a removed line. Raises NotFound."""
        return _find_one(self.lines + self.removed_lines, "id", line_id)

    def service(self, slug: str) -> OfficeService:
        """Return the service with this slug. Raises NotFound."""
        return _find_one(self.services, "slug", slug)

    def desk(self, desk_id: str) -> OfficeDesk:
        """Return the desk with this id, also a removed desk. Raises NotFound."""
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
        """Return a text of OFFICE_FACTS in this language; None if the office has not written it."""
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
        """Return its own sentence on the poster in this language; None if it has none."""
        return text_in_language(self.poster_texts, language) if self.poster_texts else None

    def pause_text(self, language: str) -> str | None:
        """Return the pause message in this language; None if there is none."""
        return (self.pause_texts or {}).get(language, self.pause_message)


OfficePartT = TypeVar("OfficePartT", OfficeLine, OfficeService, OfficeDesk)


def _find_one(parts: tuple[OfficePartT, ...], attribute: str, value: str) -> OfficePartT:
    for part in parts:
        if getattr(part, attribute) == value:
            return part
    raise NotFound
