"""First free slots of many agendas."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.appointments.service import HORIZON_DAYS, SlotSearch, available_slots, first_available_slots
from office360.core.errors import Unavailable
from office360.core.runtime import Runtime
from office360.offices.service import Office, all_offices, bump_office_versions, hours
from office360.offices.storage.tables import ServiceRow
from sqlalchemy import event, update

from ...conftest import FakeClock
from ...support.office_fixture import build_office

FAR_AHEAD_MINUTES = 20 * 24 * 60  # minutes; beyond the first search window


async def set_certificate(runtime: Runtime, office: Office, **values: Any) -> None:
    async with runtime.transaction() as tx:
        mine = update(ServiceRow).where(ServiceRow.slug == "certificate", ServiceRow.office_id == office.id)
        await tx.session.execute(mine.values(**values))
        await bump_office_versions(tx.session, [office.id])


async def certificate_searches(runtime: Runtime) -> list[SlotSearch]:
    async with runtime.read_session() as session:
        offices = await all_offices(session)
    services = [(office, office.service("certificate")) for office in offices]
    return [SlotSearch(office, [service], mode) for office, service in services for mode in service.modes]


@pytest.fixture
async def norte(runtime: Runtime, office: Office) -> Office:
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    async with runtime.read_session() as session:
        return next(candidate for candidate in await all_offices(session) if candidate.slug == "norte")


async def test_first_slot_equals_first_of_all_available_slots(
    runtime: Runtime, office: Office, norte: Office, clock: FakeClock
) -> None:
    await set_certificate(
        runtime, norte, booking={"lead": FAR_AHEAD_MINUTES}, capacity={"in_person": 0, "video": 1}
    )
    wanted = await certificate_searches(runtime)
    async with runtime.read_session() as session:
        found = await first_available_slots(session, wanted, clock.now())
        for search, first in zip(wanted, found, strict=True):
            today = hours.to_local_day(search.office.hours, clock.now())
            days = HORIZON_DAYS + 1
            times = await available_slots(session, search, clock.now(), today, days)
            assert first == (times[0] if times else None)
    assert [first is None for first in found] == [False, False, True, False]
    assert found[3] is not None
    assert found[3].starts_at >= clock.now() + timedelta(minutes=FAR_AHEAD_MINUTES)


async def test_invalid_settings_hide_only_their_own_agenda(
    runtime: Runtime, office: Office, norte: Office, clock: FakeClock
) -> None:
    await set_certificate(runtime, office, booking={"lead": "soon"})
    wanted = await certificate_searches(runtime)
    async with runtime.read_session() as session:
        found = await first_available_slots(session, wanted, clock.now())
        with pytest.raises(Unavailable):
            await available_slots(
                session, wanted[0], clock.now(), hours.to_local_day(office.hours, clock.now()), 1
            )
    assert [first is None for first in found] == [True, True, False, False]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_agenda_is_read_once_unless_its_first_week_is_full(
    runtime: Runtime, office: Office, norte: Office, clock: FakeClock
) -> None:
    await set_certificate(runtime, norte, capacity={"in_person": 0, "video": 0})
    wanted, read = await certificate_searches(runtime), list[str]()

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        read.extend(each.slug for each in (office, norte) if "FROM holds" in statement and each.id in parameters)

    event.listen(runtime.db.reader.sync_engine, "before_cursor_execute", note)
    async with runtime.read_session() as session:
        await first_available_slots(session, wanted, clock.now())
    assert read == ["centro", "norte", "norte"]
