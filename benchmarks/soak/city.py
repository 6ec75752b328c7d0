"""Offices of a soak, open around the clock and with the shortest times, and staff keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from ...core.auth import StaffRole
from ...core.runtime import Runtime
from ...offices.service import Office, office_by_slug
from ...offices.storage.tables import ExtraOpeningRow, LineRow, OfficeRow, OpeningRow, ServiceRow
from ...server.migrations import migrate
from ...staff.actions.accounts import create_api_key
from ...tests.support.office_fixture import build_office

ZONE = ZoneInfo("Europe/Madrid")
PROBED_OFFICE = "prueba"  # its only people are those of the probe, so that no host pauses it
DAYS_OPEN = (-1, 0, 1, 2)
LINE_RULES = {
    "recall_after": 10,
    "missed_after": 30,
    "rejoin_within": 40,
    "hold_for": 60,
    "postpone_by": 60,
    "check_in_opens": 4 * 3600,  # people come for an appointment within seconds of booking it
    "due_before": 3600,
    "appointment_delay": 4 * 3600,  # or walk-ins are refused whenever people with appointments wait
    "expire_after_closing": 6 * 3600,
}
AGENDA = {"lead": 0, "step": 5}
CAPACITY: dict[str, dict[str, int]] = {
    "documents": {"in_person": 4},
    "certificate": {"in_person": 2, "video": 12},
    "complaints": {"video": 12},
}


@dataclass(frozen=True, slots=True)
class StaffedOffice:
    """An office with a key for each desk and a key for its host, who also calls by video."""

    office: Office
    desk_keys: dict[str, str]
    host_key: str


async def build_city(runtime: Runtime, offices: int, desks: int) -> list[StaffedOffice]:
    """Migrate the database and create the offices; the last, with one desk, is the probe's."""
    await migrate(runtime.db)
    slugs = [*(f"oficina-{number + 1}" for number in range(offices)), PROBED_OFFICE]
    for position, slug in enumerate(slugs):
        count = 1 if slug == PROBED_OFFICE else desks
        await build_office(runtime, slug=slug, name=f"Oficina {position + 1}", desks=count, position=position)
    await _compress_time(runtime)
    return [await _staff_office(runtime, slug) for slug in slugs]


async def _compress_time(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        session, today = tx.session, tx.now.astimezone(ZONE).date()
        await session.execute(delete(OpeningRow))
        office_ids = (await session.execute(select(OfficeRow.id))).scalars().all()
        session.add_all(
            ExtraOpeningRow(office_id=office_id, day=today + timedelta(days=day), opens=time(), closes=time())
            for office_id in office_ids
            for day in DAYS_OPEN
        )
        await session.execute(update(LineRow).values(rules=LINE_RULES))
        values: dict[str, Any] = {"booking": AGENDA, "holidays_until": 2099, "version": OfficeRow.version + 1}
        await session.execute(update(OfficeRow).values(values))
        for slug, capacity in CAPACITY.items():
            await session.execute(update(ServiceRow).where(ServiceRow.slug == slug).values(capacity=capacity))


async def _staff_office(runtime: Runtime, slug: str) -> StaffedOffice:
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    keys = {desk.id: await create_api_key(runtime, role=StaffRole.AGENT, offices=[slug]) for desk in office.desks}
    return StaffedOffice(office, keys, await create_api_key(runtime, role=StaffRole.HOST, offices=[slug]))
