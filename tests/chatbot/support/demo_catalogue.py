"""The offices of the demo city as the assistant knows them, without a database."""

from __future__ import annotations

from office360.chatbot.domain.catalogue import CatalogueOffice, CatalogueService, OfficeCatalogue
from office360.offices.service import OfficeDocument
from office360.server.demo.offices import ZONE, demo_city


def demo_catalogue() -> OfficeCatalogue:
    """Return the offices of the demo city, without opening hours."""
    return OfficeCatalogue(tuple(_build_office(slug, document) for slug, document in demo_city().items()))


def _build_office(slug: str, document: OfficeDocument) -> CatalogueOffice:
    return CatalogueOffice(
        slug=slug,
        name=document["name"],
        address=document["address"],
        phone=document["phone"],
        timezone=ZONE,
        access=document["access"] or None,
        parking=document["parking"] or None,
        transport=document["transport"] or None,
        phone_hours=document["phone_hours"] or None,
        services=tuple(
            CatalogueService(
                slug=service_slug,
                names=service["names"],
                modes=tuple(service["modes"]),
                walk_in=service["walk_in"],
                minutes=service["minutes"],
                line=service["line"],
                bring=service["bring"] or None,
                price=service["price"] or None,
                words={language: tuple(words) for language, words in service["words"].items()},
            )
            for service_slug, service in document["services"].items()
        ),
    )
