"""Free times over all offices that give a service by video. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Unavailable
from ...offices.service import Office, OfficeService
from ..domain.slots import FreeSlot
from .availability import SlotSearch, available_slots


@dataclass(frozen=True, slots=True)
class OfficeSlot:
    """A free slot, and the office that gives it."""

    office: Office
    slot: FreeSlot


def video_searches(offices: Iterable[Office], service: str, *, excluded_id: str | None = None) -> list[SlotSearch]:
    """List the searches of the public offices that give the service by video.

    An office that is being evacuated attends no call. `excluded_id`: a hold that counts as free.
    """
    return [
        SlotSearch(office, [given], "video", excluded_id=excluded_id)
        for office in offices
        if office.is_public and not office.is_evacuating
        for given in video_services(office)
        if given.slug == service
    ]


def video_services(office: Office) -> tuple[OfficeService, ...]:
    """Return the services of an office that are given by video."""
    return tuple(service for service in office.services if "video" in service.modes)


async def slots_of_any_office(
    session: AsyncSession, searches: Sequence[SlotSearch], now: datetime, first_day: date, days: int
) -> list[OfficeSlot]:
    """Return each free start once, of the office with the most places left at it.

    Of offices with equally many, the first counts. An agenda with invalid settings has no slots.
    """
    found: dict[datetime, OfficeSlot] = {}
    for search in searches:
        with suppress(Unavailable):
            for slot in await available_slots(session, search, now, first_day, days):
                known = found.get(slot.starts_at)
                if known is None or slot.left > known.slot.left:
                    found[slot.starts_at] = OfficeSlot(search.office, slot)
    return [found[starts_at] for starts_at in sorted(found)]
