"""Conversations over the real API, on both databases: what is booked, kept, moved, cancelled, and forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments.service import AppointmentState, appointment_by_token, appointments_of_day, book
from office360.chatbot.actions import conversation as chatbot
from office360.chatbot.storage import conversation_rows
from office360.chatbot.storage.tables import ChatSessionRow
from office360.core.db import timers
from office360.offices.service import Office
from sqlalchemy import func, select

from ...appointments.support.requesters import DIEGO, FRIDAY_AT_9, asking, work
from ...conftest import AppServer, FakeClock
from ..support.client import CHAT, Talker, talker

EVERYTHING = "certificado digital por vídeo el viernes a las 9"
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FRIDAY = (FRIDAY_AT_9 - timedelta(hours=9), FRIDAY_AT_9 + timedelta(hours=15))


@pytest.fixture
async def amina(app_server: AppServer) -> AsyncIterator[Talker]:
    async with talker(app_server) as somebody:
        yield somebody


async def _to_the_summary(somebody: Talker) -> None:
    assert "Te guardo esa hora hasta las 10:40" in await somebody.say(EVERYTHING)
    await somebody.say("Amina Haddad, amina@example.org")
    await somebody.press("Sin teléfono")
    assert "viernes 27 de noviembre, a las 9:00" in await somebody.press("Estoy de acuerdo")


async def _booked(server: AppServer, office: Office) -> int:
    async with server.runtime.reading() as session:
        return len(await appointments_of_day(session, office.id, *FRIDAY))


@on_one_database
async def test_a_booking_leads_to_the_page_of_the_appointment(app_server: AppServer, amina: Talker) -> None:
    await _to_the_summary(amina)
    assert "Ya tienes cita" in await amina.press("Sí", altcha=work(app_server.runtime))
    assert amina.heard["done"]
    assert amina.link.startswith(f"{app_server.url}/a/")
    async with app_server.runtime.reading() as session:
        made = await appointment_by_token(session, amina.link.rpartition("/")[2])
    assert (made.state, made.name, made.mode, made.starts_at) == (
        AppointmentState.CONFIRMED,
        "Amina Haddad",
        "video",
        FRIDAY_AT_9,
    )


@on_one_database
async def test_without_a_proof_the_place_is_kept_until_the_e_mail_is_verified(
    app_server: AppServer, amina: Talker
) -> None:
    await _to_the_summary(amina)
    assert "Te guardamos el hueco. Abre el correo" in await amina.press("Sí")
    async with app_server.runtime.reading() as session:
        made = await appointment_by_token(session, amina.link.rpartition("/")[2])
    assert made.state == AppointmentState.PRECONFIRMED


async def test_confirming_many_times_at_once_books_once(
    app_server: AppServer, office: Office, amina: Talker
) -> None:
    await _to_the_summary(amina)
    body = {"text": "yes:", "session": amina.session, "altcha": work(app_server.runtime)}
    answers = await asyncio.gather(*(amina.post(body) for _ in range(5)))
    assert {status for status, _ in answers} == {200}
    assert len({answer["replies"][-1]["link"] for _, answer in answers}) == 1
    assert await _booked(app_server, office) == 1


@on_one_database
async def test_a_booking_whose_answer_was_lost_is_found_again(
    app_server: AppServer, office: Office, amina: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _to_the_summary(amina)
    advance = conversation_rows.advance
    lost: list[tuple[Any, ...]] = []

    async def losing(*given: Any) -> bool:
        """As if the process had died between the booking and what is kept of the conversation."""
        if lost:
            return await advance(*given)
        lost.append(given)
        return False

    monkeypatch.setattr(conversation_rows, "advance", losing)
    assert "Ya tienes cita" in await amina.press("Sí", altcha=work(app_server.runtime))
    assert await _booked(app_server, office) == 1


async def test_the_chosen_time_is_kept_from_others(app_server: AppServer, amina: Talker) -> None:
    await amina.say(EVERYTHING)
    async with talker(app_server) as diego:
        text = await diego.say(EVERYTHING)
        assert "Entonces no queda hueco" in text
        assert not any("9:00" in one["label"] for one in diego.choices)


@on_one_database
async def test_a_time_that_was_taken_meanwhile_is_answered_with_the_nearest(
    app_server: AppServer, clock: FakeClock, amina: Talker
) -> None:
    await _to_the_summary(amina)
    clock.advance(minutes=11)  # what was kept is free again
    await book(app_server.runtime, "centro", asking(DIEGO))
    assert "acaba de ocuparse" in await amina.press("Sí")
    assert amina.choices[0]["label"] == "Viernes 27, 9:15"


@on_one_database
async def test_who_has_one_already_is_told_so(app_server: AppServer, amina: Talker) -> None:
    await book(app_server.runtime, "centro", asking())
    await amina.say("certificado digital por vídeo el viernes a las 9:15")
    await amina.say("Amina Haddad, amina@example.org")
    await amina.press("Sin teléfono")
    await amina.press("Estoy de acuerdo")
    assert "Ya tienes una cita" in await amina.press("Sí")


async def test_an_appointment_is_moved_and_cancelled(app_server: AppServer, amina: Talker) -> None:
    made = await book(app_server.runtime, "centro", asking())
    await amina.say("quiero cambiar mi cita al viernes a las 12")
    await amina.say(made.locator)
    assert "viernes 27 de noviembre, a las 12:00" in await amina.say("amina@example.org")
    assert "Tu cita es ahora" in await amina.press("Sí")
    await amina.say("quiero cancelar mi cita")
    await amina.say(made.locator)
    assert "¿Quieres cancelarla?" in await amina.say("amina@example.org")
    assert "Tu cita está cancelada" in await amina.say("sí")


@on_one_database
async def test_locators_are_not_guessed_for_ever(amina: Talker) -> None:
    await amina.say("¿cuándo es mi cita?")
    for _ in range(5):
        await amina.say("AAAA1111")
        assert "No encuentro" in await amina.say("amina@example.org")
    await amina.say("AAAA1111")
    assert "Demasiados intentos" in await amina.say("amina@example.org")


async def test_nothing_of_a_person_is_left_when_they_have_their_appointment(
    app_server: AppServer, amina: Talker
) -> None:
    await _to_the_summary(amina)
    await amina.press("Sí")
    async with app_server.runtime.reading() as session:
        row = (await session.execute(select(ChatSessionRow))).scalar_one()
    assert amina.session not in (row.id, row.token_hash)
    for told in ("Amina", "amina@example.org", "/a/"):
        assert told not in str(row.state) + str(row.turns), told


async def test_a_conversation_is_deleted_two_hours_after_its_last_message(
    app_server: AppServer, clock: FakeClock, amina: Talker
) -> None:
    await amina.say("hola")
    clock.advance(minutes=90)
    await amina.say("tarjeta sanitaria")
    clock.advance(minutes=90)
    await timers.fire_due(app_server.runtime, chatbot.TIMERS)
    assert (await amina.post({"text": "hola", "session": amina.session}))[0] == 200
    clock.advance(minutes=121)
    status, problem = await amina.post({"text": "hola", "session": amina.session})
    assert (status, problem["code"]) == (410, "chat_over")
    await timers.fire_due(app_server.runtime, chatbot.TIMERS)
    async with app_server.runtime.reading() as session:
        assert (await session.execute(select(func.count()).select_from(ChatSessionRow))).scalar_one() == 0


@on_one_database
async def test_too_long_a_message_is_refused_clearly(amina: Talker) -> None:
    status, problem = await amina.post({"text": "a" * 501})
    assert status == 422
    assert problem["errors"][0]["message"] == "Escribe como mucho 500 caracteres."


@on_one_database
async def test_an_unknown_session_is_over(amina: Talker) -> None:
    status, problem = await amina.post({"text": "hola", "session": "nothing"})
    assert (status, problem["code"]) == (410, "chat_over")


@on_one_database
async def test_so_many_conversations_an_hour_begin_at_one_address(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for _ in range(chatbot.SESSIONS_PER_HOUR):
            async with client.post(CHAT, json={"text": "hola"}) as answer:
                assert answer.status == 200
        async with client.post(CHAT, json={"text": "hola"}) as answer:
            assert answer.status == 429
            assert "Retry-After" in answer.headers


@on_one_database
async def test_who_writes_in_english_is_answered_in_english(amina: Talker) -> None:
    assert "We go on in English" in await amina.say("I need an appointment for the digital certificate")
    assert amina.heard["language"] == "en"
