"""The page of a telephone call and its row in the desk console, over real HTTP."""

from __future__ import annotations

import re

import aiohttp
import pytest
from office360.appointments.service import Appointment, appointment_by_id, book_appointment
from office360.offices.service import Office

from ...appointments.support.phone_mode import AMINA_PHONE, allow_phone
from ...appointments.support.requesters import FRIDAY_AT_9, make_booking_request
from ...conftest import AppServer, FakeClock
from ..conftest import fetch_csrf_token, sign_in


@pytest.fixture
async def booked(app_server: AppServer, office: Office, clock: FakeClock, staff: dict[str, str]) -> Appointment:
    """Book a certificate by telephone; it is time for the call."""
    await allow_phone(app_server.runtime, office)
    booking = make_booking_request(mode="phone", phone=AMINA_PHONE, language="en", needs=("easy_reading",))
    appointment = await book_appointment(app_server.runtime, "centro", booking)
    clock.set(FRIDAY_AT_9)
    return appointment


async def press(client: aiohttp.ClientSession, visit: Appointment, step: str, **fields: str) -> str:
    """Press a button of the call's page; return the text of the page that follows."""
    form = {"csrf": await fetch_csrf_token(client, f"/staff/calls/{visit.id}"), "step": step, **fields}
    async with client.post(f"/staff/calls/{visit.id}", data=form) as answer:
        return re.sub(r"<[^>]+>|\s+", " ", await answer.text())


async def test_desk_lists_the_call_and_the_page_ends_it(
    app_server: AppServer, booked: Appointment, clock: FakeClock
) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/staff/desk") as answer:
            desk = await answer.text()
        assert "Por teléfono hoy" in desk
        assert f'href="tel:{AMINA_PHONE}"' in desk
        assert f'href="/staff/calls/{booked.id}"' in desk
        text = await press(client, booked, "call")
        assert "En llamada desde las 9:00" in text
        assert "Lectura fácil o más tiempo" in text
        clock.advance(minutes=7)
        await press(client, booked, "finish", outcome="resolved", note="Wants a copy.")
        async with client.get("/staff/desk") as answer:
            assert "La llamada ha terminado" in await answer.text()
    async with app_server.runtime.read_session() as session:
        assert (await appointment_by_id(session, booked.id)).state == "served"


async def test_unanswered_calls_lead_to_not_reached(
    app_server: AppServer, booked: Appointment, clock: FakeClock
) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        for _ in range(2):
            assert "Llama al menos 2 veces" in await press(client, booked, "no_show")
            await press(client, booked, "call")
            text = await press(client, booked, "no_answer")
            clock.advance(minutes=6)
        assert "2 llamadas sin respuesta" in text
        await press(client, booked, "no_show")
    async with app_server.runtime.read_session() as session:
        assert (await appointment_by_id(session, booked.id)).state == "no_show"


async def test_long_note_is_kept_and_refused_beside_its_field(app_server: AppServer, booked: Appointment) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        await press(client, booked, "call")
        text = await press(client, booked, "finish", note="x" * 2001)
    assert "x" * 2001 in text


@pytest.mark.parametrize(("who", "status"), [("boris", 200), ("carmen", 200), ("diego", 403)])
async def test_call_page_is_for_agents_of_the_office(
    app_server: AppServer, booked: Appointment, who: str, status: int
) -> None:
    async with app_server.client() as client:
        await sign_in(client, who)
        async with client.get(f"/staff/calls/{booked.id}") as answer:
            assert answer.status == status
