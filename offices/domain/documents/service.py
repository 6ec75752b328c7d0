"""Snapshot of a service, whose fields are those of its document. Frozen; no clock, no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LocalizedText, text_in_language
from ..words import ServiceMode
from .field import (
    DETAILS,
    MAX_NAME,
    MAX_SLUG,
    Flag,
    FreeTable,
    Localized,
    LocalizedWords,
    MultipleChoice,
    Number,
    Numbers,
    TableReader,
    Text,
    field,
)

MAX_MINUTES = 240  # of a visit
MAX_CAPACITY = 100  # people attended at once
MODE_OPTIONS: Mapping[str, str] = {
    "in_person": N_("In person"),
    "video": N_("By video"),
    "phone": N_("By telephone: an agent calls"),
}


@dataclass(frozen=True, slots=True)
class OfficeService:
    """A service that people ask for.

    `capacity` is how many people each mode can attend at once.

    `booking` overrides the office's agenda settings (`appointments`). `words` lists other names of the service, by
    language.
    """

    id: str
    slug: str
    line_id: str = field(Text(N_("Queue"), key="line", column=None, longest=MAX_SLUG, required=True))
    names: LocalizedText = field(Localized(N_("Name"), longest=MAX_NAME, required=True))
    minutes: int = field(Number(N_("Minutes of a visit"), least=1, most=MAX_MINUTES, required=True))
    modes: tuple[ServiceMode, ...] = field(
        MultipleChoice(N_("How it is given"), options=MODE_OPTIONS, required=True)
    )
    walk_in: bool = field(Flag(N_("Also without an appointment")))
    capacity: Mapping[str, int] = field(
        Numbers(
            N_("People attended at once"),
            most=MAX_CAPACITY,
            keys_from="modes",
            default=1,
            options={
                "in_person": N_("Appointments at the same time, in person"),
                "video": N_("Appointments at the same time, by video"),
                "phone": N_("Appointments at the same time, by telephone"),
            },
        )
    )
    bring: LocalizedText | None = field(Localized(N_("What to bring")), default=None)
    price: LocalizedText | None = field(Localized(N_("Price")), default=None)
    online_address: LocalizedText | None = field(
        Localized(
            N_("Address where it can be done online"),
            hint=N_("Starts with https://. The office's page links to it."),
            column=DETAILS,
        ),
        default=None,
    )
    words: Mapping[str, tuple[str, ...]] = field(LocalizedWords(N_("Everyday words")), default_factory=dict)
    booking: Mapping[str, Any] = field(FreeTable(N_("Agenda"), key="agenda"), default_factory=dict)

    @staticmethod
    def complete(plain: dict[str, Any], table: TableReader) -> None:
        """Let a service in person take walk-ins unless it says otherwise."""
        if "walk_in" not in table.source:
            plain["walk_in"] = "in_person" in plain["modes"]

    def online_address_in(self, language: str) -> str | None:
        return text_in_language(self.online_address, language) if self.online_address else None

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
