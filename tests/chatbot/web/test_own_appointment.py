"""Existing appointments and the waitlist over the HTTP API, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.appointments.service import Appointment, AppointmentState, appointment_by_id, book_appointment
from office360.appointments.storage.tables import EarlierSlotRequestRow, WaitlistEntryRow
from office360.offices.service import Office
from sqlalchemy import select

from ...appointments.support.agenda_settings import set_agenda
from ...appointments.support.messages import active_messages
from ...appointments.support.requesters import FRIDAY_AT_9, make_booking_request, solve_new_challenge
from ...conftest import AppServer
from ..support.client import ChatClient, open_chat_client

FRIDAY_IN_A_WEEK = FRIDAY_AT_9 + timedelta(days=7)


@pytest.fixture
async def amina(app_server: AppServer) -> AsyncIterator[ChatClient]:
    async with open_chat_client(app_server) as person:
        yield person


async def _load(server: AppServer, appointment_id: str) -> Appointment:
    async with server.runtime.read_session() as session:
        return await appointment_by_id(session, appointment_id)


async def test_lost_link_is_sent_and_answer_tells_nothing(app_server: AppServer, amina: ChatClient) -> None:
    await book_appointment(app_server.runtime, "centro", make_booking_request())
    await amina.say("he perdido el localizador")
    known = await amina.say("amina@example.org")
    await amina.say("he perdido el localizador")
    assert await amina.say("nobody@example.org") == known
    sent = [message.recipient for message in await active_messages(app_server.runtime)]
    assert sent.count("amina@example.org") == 2  # the confirmation and the link
    assert "nobody@example.org" not in sent


async def test_lost_links_are_limited_as_on_the_page(amina: ChatClient) -> None:
    for number in range(5):
        await amina.say("he perdido el localizador")
        assert "Si hay citas" in await amina.say(f"person{number}@example.org")
    await amina.say("he perdido el localizador")
    assert "Demasiados intentos" in await amina.say("amina@example.org")


async def test_just_booked_appointment_is_moved_then_cancelled(app_server: AppServer, amina: ChatClient) -> None:
    await amina.say("certificado digital por vídeo el viernes a las 9")
    await amina.say("Amina Haddad, amina@example.org")
    await amina.press("Sí", altcha=solve_new_challenge(app_server.runtime))
    assert "viernes 27 de noviembre, a las 12:00" in await amina.say("cambia la hora, a las 12")
    assert "Tu cita es ahora" in await amina.press("Sí")
    assert "12:00" in await amina.say("cancela lo que acabo de pedir")
    assert "Tu cita está cancelada" in await amina.press("Sí")


async def test_mode_of_appointment_is_changed(app_server: AppServer, amina: ChatClient) -> None:
    made = await book_appointment(app_server.runtime, "centro", make_booking_request())
    await amina.say(f"quiero cambiar mi cita {made.locator} a presencial, amina@example.org")
    assert "Tu cita es ahora" in await amina.press("Sí")
    old = await _load(app_server, made.id)
    assert old.rescheduled_to is not None
    new = await _load(app_server, old.rescheduled_to)
    assert (new.mode, new.starts_at) == ("in_person", made.starts_at)


async def test_appointment_is_replaced_by_another_service(app_server: AppServer, amina: ChatClient) -> None:
    made = await book_appointment(app_server.runtime, "centro", make_booking_request())
    await amina.say(f"anula mi cita {made.locator} y dame otra para poner una queja el viernes a las 12")
    assert "en lugar de la tuya" in await amina.say("amina@example.org")
    assert (await _load(app_server, made.id)).state is AppointmentState.CONFIRMED  # until it is confirmed
    assert "La otra está cancelada" in await amina.press("Sí")
    old = await _load(app_server, made.id)
    assert old.state is AppointmentState.CANCELLED_CITIZEN
    assert (await _load(app_server, old.rescheduled_to or "")).service_slug == "complaints"


async def test_interpreter_of_appointment_limits_offered_times(
    app_server: AppServer, office: Office, amina: ChatClient
) -> None:
    await set_agenda(app_server.runtime, office, "certificate", interpreter_notice=2 * 24 * 60)
    made = await book_appointment(
        app_server.runtime, "centro", make_booking_request(needs=("sign_language",), starts_at=FRIDAY_IN_A_WEEK)
    )
    text = await amina.say(f"pasa mi cita {made.locator} a mañana, amina@example.org")
    assert "Estas son las horas más cercanas" in text
    assert "Viernes 27" in amina.choices[0]["label"]


async def test_earlier_time_is_asked_for(app_server: AppServer, amina: ChatClient) -> None:
    made = await book_appointment(app_server.runtime, "centro", make_booking_request())
    await amina.say(f"avisadme si queda libre algo antes de mi cita, {made.locator}")
    await amina.say("amina@example.org")
    assert "¿Te avisamos" in await amina.press("Avisarme si queda una libre")
    assert "te escribimos" in await amina.press("Sí, quiero el aviso")
    async with app_server.runtime.read_session() as session:
        wanted = (await session.execute(select(EarlierSlotRequestRow))).scalars().all()
    assert [row.appointment_id for row in wanted] == [made.id]


async def test_waitlist_is_joined_by_conversation(app_server: AppServer, amina: ChatClient) -> None:
    await amina.say("apuntadme a la lista de espera del certificado digital por vídeo")
    assert "Lista de espera" in await amina.say("amina@example.org")
    proof = solve_new_challenge(app_server.runtime)
    assert "Estás en la lista de espera" in await amina.press("Sí, acepto: apúntame", altcha=proof)
    async with app_server.runtime.read_session() as session:
        entry = (await session.execute(select(WaitlistEntryRow))).scalar_one()
    assert (entry.service_slug, entry.mode, entry.email) == ("certificate", "video", "amina@example.org")
