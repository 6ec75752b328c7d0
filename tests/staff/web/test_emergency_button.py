"""The emergency button on every staff page with a person in front, over real HTTP."""

from __future__ import annotations

import re

from office360.appointments.service import book_appointment
from office360.offices.service import Office
from office360.queue.service import open_desk

from ...appointments.support.phone_mode import AMINA_PHONE, allow_phone
from ...appointments.support.requesters import FRIDAY_AT_9, make_booking_request
from ...conftest import AppServer, FakeClock
from ...queue.conftest import OfficeDriver
from ..conftest import load_principal, post, sign_in

BUTTON = re.compile(r'data-emergency-button data-path="/api/v1/staff/([^"]+)"')
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
PAGES = {
    "/staff/desk": "desks/{desk}/emergency",
    "/staff/calls/{visit}": "calls/{visit}/emergency",
    "/staff/host?office=centro": "offices/centro/emergency",
    "/staff/host/centro/cancel": "offices/centro/emergency",
    "/staff/tickets/{ticket}/slip": "offices/centro/emergency",
    "/staff/appointments/{visit}/slip": "offices/centro/emergency",
    "/staff/notices?office=centro": "offices/centro/emergency",
    "/staff/tests/K7-42": "offices/centro/emergency",
    "/staff/calendar?office=centro": "offices/centro/emergency",
    "/staff/calendar/new?office=centro": "offices/centro/emergency",
    "/staff/calendar/search?office=centro": "offices/centro/emergency",
    "/staff/calendar/{visit}": "offices/centro/emergency",
    "/staff/calendar/{visit}/move": "offices/centro/emergency",
    "/staff/calendar/{visit}/cancel": "offices/centro/emergency",
    "/staff/calendar/{visit}/contact": "offices/centro/emergency",
}


async def test_pages_with_a_person_have_the_button(
    app_server: AppServer, office: Office, clock: FakeClock, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    await allow_phone(runtime, office)
    visit = await book_appointment(runtime, "centro", make_booking_request(mode="phone", phone=AMINA_PHONE))
    ticket = (await OfficeDriver(runtime, office).take_ticket()).ticket
    await open_desk(runtime, await load_principal(runtime, "carmen"), office.desks[0].id)
    clock.set(FRIDAY_AT_9)
    ids = {"visit": visit.id, "ticket": ticket.id, "desk": office.desks[0].id}
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        buttons = {}
        for path in PAGES:
            async with client.get(path.format(**ids)) as answer:
                buttons[path] = BUTTON.findall(await answer.text())
        assert buttons == {path: [button.format(**ids)] for path, button in PAGES.items()}
        pressed = await post(client, f"/api/v1/staff/calls/{visit.id}/emergency", json={}, headers=SAME_SITE)
        seen = await pressed.json()
    assert (seen["place"], seen["desk_name"], seen["appointment"]) == ("desk", "1", visit.id)
