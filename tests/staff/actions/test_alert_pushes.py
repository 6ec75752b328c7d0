"""Pushes to staff who are concerned and signed in, once for each situation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.core.auth import Principal, StaffRole
from office360.core.contact.push_subscriptions import PushSettings, PushSubscription, PushSubscriptionRow
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.actions.citizen import postpone_call
from office360.queue.actions.pause import evacuate_office
from office360.queue.service import OfficeEvacuated, TicketRequest, ask_for_help, open_desk, take_ticket
from office360.rooms.actions.participant_actions import join_lobby
from office360.staff.actions import accounts, alert_settings
from office360.staff.actions.alert_pushes import DEVICE_KEPT_FOR, delete_unused_devices, push_alerts
from office360.staff.actions.emergencies import press_at_desk
from office360.staff.actions.evacuation import push_evacuation
from office360.staff.actions.people import disable_person
from office360.staff.domain.alerts import AlertSettings
from office360.staff.storage.tables import StaffSessionRow
from sqlalchemy import func, select, update

from ...conftest import MORNING, FakeClock
from ...rooms.support.video_appointments import book_video_appointment, enter_as_citizen
from ..conftest import PASSWORD, load_principal

ADMINISTRATOR = Principal("ana", "Ana", StaffRole.ADMINISTRATOR, None)
SITE = PushSettings("key")
ALL_EVENTS = AlertSettings(lobby=True, help=True, long_wait=True, wait_minutes=30)


async def add_device(runtime: Runtime, person: Principal, name: str, settings: AlertSettings = ALL_EVENTS) -> None:
    await alert_settings.save_settings(runtime, person, settings)
    browser = PushSubscription(f"https://push.example.org/{name}", "p", "a")
    await alert_settings.add_device(runtime, person, browser, SITE, label="Firefox, Windows", language="es")


async def pushes(runtime: Runtime) -> list[tuple[str, str, str]]:
    """Return kind, person and path of each push, oldest first."""
    async with runtime.read_session() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.channel == "push").order_by(OutboxRow.id))
        return [(row.kind, row.subject, row.payload["path"]) for row in rows]


async def count(runtime: Runtime, table: Any) -> int:
    async with runtime.read_session() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_call_for_help_is_pushed_once(runtime: Runtime, office: Office, staff: dict[str, str]) -> None:
    carmen, boris, diego = [await load_principal(runtime, name) for name in ("carmen", "boris", "diego")]
    for person in (carmen, boris, diego):
        await add_device(runtime, person, person.id)
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate"))
    await push_alerts(runtime)
    assert await pushes(runtime) == []
    await ask_for_help(runtime, issued.token)
    for _ in range(2):
        await push_alerts(runtime)
    assert await pushes(runtime) == [("staff_help", f"staff:{carmen.id}", "/staff/host?office=centro")]


async def test_long_wait_is_pushed_once_for_each_limit(
    runtime: Runtime, office: Office, staff: dict[str, str], clock: FakeClock
) -> None:
    carmen = await load_principal(runtime, "carmen")
    await add_device(runtime, carmen, "carmen")
    await take_ticket(runtime, "centro", TicketRequest(service="certificate"))
    clock.advance(minutes=29)
    await push_alerts(runtime)
    assert await pushes(runtime) == []
    for _ in range(3):
        clock.advance(minutes=2)
        await push_alerts(runtime)
    assert [kind for kind, *_ in await pushes(runtime)] == ["staff_long_wait"]


async def test_postponed_ticket_is_no_long_wait(
    runtime: Runtime, office: Office, staff: dict[str, str], clock: FakeClock
) -> None:
    await add_device(runtime, await load_principal(runtime, "carmen"), "carmen")
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate"))
    clock.advance(minutes=29)
    await postpone_call(runtime, issued.token)
    clock.advance(minutes=2)
    await push_alerts(runtime)
    assert await pushes(runtime) == []


async def test_lobby_is_pushed_to_agent_of_its_line(
    runtime: Runtime, office: Office, staff: dict[str, str], clock: FakeClock
) -> None:
    boris = await load_principal(runtime, "boris")
    booked = await book_video_appointment(runtime, clock.now() + timedelta(minutes=30), "Amina")
    await add_device(runtime, boris, "boris")
    await open_desk(runtime, boris, office.desks[0].id)
    clock.advance(minutes=20)
    await join_lobby(runtime, await enter_as_citizen(runtime, booked), None)
    await push_alerts(runtime)
    room = f"/staff/rooms/{booked.appointment.id}"
    assert await pushes(runtime) == [("staff_lobby", f"staff:{boris.id}", room)]


async def test_signed_out_person_gets_no_push(runtime: Runtime, office: Office, staff: dict[str, str]) -> None:
    token = await accounts.login(runtime, "carmen", PASSWORD, "192.0.2.7")
    carmen = await accounts.authenticate(runtime, cookie=token, bearer=None)
    assert carmen is not None
    await add_device(runtime, carmen, "carmen")
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate"))
    await ask_for_help(runtime, issued.token)
    await accounts.logout(runtime, token)
    await push_alerts(runtime)
    assert await pushes(runtime) == []


@pytest.mark.parametrize("change", [{"needs_factor": True}, {"confirmed_until": MORNING}])
async def test_session_that_opens_no_page_gets_no_push(
    runtime: Runtime, office: Office, staff: dict[str, str], change: dict[str, Any]
) -> None:
    carmen, boris = await load_principal(runtime, "carmen"), await load_principal(runtime, "boris")
    await add_device(runtime, carmen, "carmen")
    await open_desk(runtime, boris, office.desks[0].id)
    async with runtime.transaction() as tx:
        await tx.session.execute(update(StaffSessionRow).values(**change))
    await press_at_desk(runtime, boris, office.desks[0].id)
    assert await pushes(runtime) == []


async def test_disabled_person_gets_no_push(runtime: Runtime, office: Office, staff: dict[str, str]) -> None:
    carmen, boris = await load_principal(runtime, "carmen"), await load_principal(runtime, "boris")
    await add_device(runtime, carmen, "carmen")
    await open_desk(runtime, boris, office.desks[0].id)
    await press_at_desk(runtime, boris, office.desks[0].id)
    await disable_person(runtime, ADMINISTRATOR, carmen.id)
    assert await count(runtime, PushSubscriptionRow) == 0
    async with runtime.read_session() as session:
        states = await session.scalars(select(OutboxRow.state).where(OutboxRow.channel == "push"))
        assert list(states) == ["void"]


async def test_emergency_is_pushed_to_hosts_without_a_choice(
    runtime: Runtime, office: Office, staff: dict[str, str]
) -> None:
    carmen, boris = await load_principal(runtime, "carmen"), await load_principal(runtime, "boris")
    for person in (carmen, boris):
        await add_device(runtime, person, person.id, AlertSettings())
    await open_desk(runtime, boris, office.desks[0].id)
    for _ in range(2):
        await press_at_desk(runtime, boris, office.desks[0].id)
    assert await pushes(runtime) == [("staff_emergency", f"staff:{carmen.id}", "/staff/host?office=centro")]


async def test_browser_belongs_to_the_person_who_chose_last(
    runtime: Runtime, office: Office, staff: dict[str, str]
) -> None:
    carmen, boris = await load_principal(runtime, "carmen"), await load_principal(runtime, "boris")
    for person in (carmen, boris, boris):
        await add_device(runtime, person, "the same browser")
    assert await count(runtime, PushSubscriptionRow) == 1


async def test_devices_of_absent_people_are_deleted(
    runtime: Runtime, office: Office, staff: dict[str, str], clock: FakeClock
) -> None:
    await add_device(runtime, await load_principal(runtime, "carmen"), "carmen")
    clock.advance(days=(DEVICE_KEPT_FOR - timedelta(days=1)).days)
    assert await delete_unused_devices(runtime) == 0
    clock.advance(days=2)
    assert await delete_unused_devices(runtime) == 1
    assert await count(runtime, PushSubscriptionRow) == 0


async def test_evacuation_is_pushed_to_all_staff_of_office(
    runtime: Runtime, office: Office, staff: dict[str, str]
) -> None:
    carmen, boris, diego = [await load_principal(runtime, name) for name in ("carmen", "boris", "diego")]
    for person in (carmen, boris, diego):
        await add_device(runtime, person, person.id, AlertSettings())
    runtime.events.register_handler(OfficeEvacuated, push_evacuation)
    for _ in range(2):
        await evacuate_office(runtime, carmen, "centro", lambda office: {"es": "Sal.", "en": "Leave."})
    assert sorted(await pushes(runtime)) == [
        ("staff_evacuation", f"staff:{boris.id}", "/staff/desk"),
        ("staff_evacuation", f"staff:{carmen.id}", "/staff/host?office=centro"),
    ]
