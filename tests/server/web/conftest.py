"""An object of each kind, for requests to every route."""

from __future__ import annotations

from datetime import date

import pytest
from office360.appointments.actions.office_cancellation import CancellationPeriod
from office360.appointments.service import appointment_token, cancel_period, upcoming_closed_periods
from office360.core.auth import Principal, StaffRole
from office360.offices.service import Office
from office360.precheck.actions.connection_tests import create_test
from office360.rooms.domain.room import ParticipantRole
from office360.rooms.domain.room_invite import InviteChannel, RoomInvite
from office360.rooms.storage.room_invite_rows import insert_invite
from office360.staff.actions.emergencies import press_at_desk

from ...conftest import AppServer
from ...queue.conftest import AT_11, OfficeDriver
from ...support.office_fixture import build_office


@pytest.fixture
async def path_values(app_server: AppServer, office: Office) -> dict[str, str]:
    """Create an object of each kind, by its path parameter or the word before `{id}`."""
    driver = OfficeDriver(app_server.runtime, office)
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    issued = await driver.take_ticket()
    appointment = await driver.book_appointment(AT_11)
    test, token = await create_test(app_server.runtime, "room", None)
    boss = Principal("boss", "Boss", StaffRole.MANAGER, frozenset({"centro"}))
    await cancel_period(
        app_server.runtime, boss, "centro", CancellationPeriod(date(2026, 12, 24)), "Closed for works"
    )
    _, emergency = await press_at_desk(app_server.runtime, boss, driver.desk_id(1))
    async with app_server.runtime.transaction() as tx:
        invite = RoomInvite(
            id="01INVITE",
            appointment_id=appointment.id,
            role=ParticipantRole.INTERPRETER,
            name="",
            channel=InviteChannel.LINK,
            contact=None,
            language="es",
            token_hash="none",
            created_at=tx.now,
            created_by="Boss",
            sent_at=tx.now,
        )
        await insert_invite(tx.session, invite)
    async with app_server.runtime.read_session() as session:
        (closed,) = await upcoming_closed_periods(session, office, app_server.runtime.now())
    return {
        "{channel}": "sms",
        "ticket token": issued.token,
        "appointment token": appointment_token(app_server.runtime, appointment),
        "test token": token,
        "{appointment}": appointment.id,
        "{desk}": driver.desk_id(1),
        "{office}": "centro",
        "{code}": test.code or "",
        "tickets/{id}": f"tickets/{issued.ticket.id}",
        "lines/{id}": f"lines/{office.lines[0].id}",
        "appointments/{id}": f"appointments/{appointment.id}",
        "closed/{id}": f"closed/{closed.id}",
        "invites/{id}": f"invites/{invite.id}",
        "emergencies/{id}": f"emergencies/{emergency.id}",
    }
