"""Export of the offices as a city file."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...offices.service import all_offices, office_to_document, unreadable_offices
from ..domain.city_file import format_city


@dataclass(frozen=True, slots=True)
class ExportedCity:
    """Text of the file, and the slugs of offices whose rows cannot be read."""

    text: str
    left_out: tuple[str, ...]


async def export_city(session: AsyncSession, slug: str | None = None) -> ExportedCity:
    """Write all offices, or one, as a city file. Raises NotFound for an unknown office."""
    unreadable = [office.slug for office in await unreadable_offices(session) if slug in (None, office.slug)]
    offices = [office for office in await all_offices(session) if slug in (None, office.slug)]
    if slug is not None and not offices and not unreadable:
        raise NotFound
    documents = {office.slug: office_to_document(office) for office in offices}
    return ExportedCity(format_city(documents), tuple(unreadable))
