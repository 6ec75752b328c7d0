"""Export of the offices as a city file."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ...offices.service import (
    all_offices,
    office_to_document,
    read_site,
    site_profile_to_dict,
    unreadable_offices,
)
from ..domain.city_file import format_city


@dataclass(frozen=True, slots=True)
class ExportedCity:
    """Text of the file, and the slugs of offices whose rows cannot be read."""

    text: str
    left_out: tuple[str, ...]


async def export_city(runtime: Runtime, slug: str | None = None) -> ExportedCity:
    """Write the organisation and all offices as a city file, or a single office.

    Raises NotFound for an unknown office.
    """
    async with runtime.read_session() as session:
        unreadable = [office.slug for office in await unreadable_offices(session) if slug in (None, office.slug)]
        offices = [office for office in await all_offices(session) if slug in (None, office.slug)]
    if slug is not None and not offices and not unreadable:
        raise NotFound
    documents = {office.slug: office_to_document(office) for office in offices}
    site = site_profile_to_dict((await read_site(runtime)).profile) if slug is None else None
    return ExportedCity(format_city(documents, site), tuple(unreadable))
