"""Conversations over the HTTP API, on both databases: bookings, changes, limits, expiry."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments.service import (
    AppointmentState,
    appointment_by_token,
    appointments_of_day,
    book_appointment,
)
from office360.chatbot.actions import conversation
from office360.chatbot.service import TIMERS
from office360.chatbot.storage import conversation_rows
from office360.chatbot.storage.tables import ChatSessionRow
from office360.core.db import timers
from office360.core.db.write_conflicts import WriteConflict
from office360.offices.service import Office
from sqlalchemy import func, select

from ...appointments.support.phone_mode import allow_phone
from ...appointments.support.requesters import DIEGO, FRIDAY_AT_9, make_booking_request, solve_new_challenge
from ...conftest import AppServer, FakeClock
from ..support.client import CHAT_PATH, ChatClient, open_chat_client

BOOKING_MESSAGE = "certificado digital por vídeo el viernes a las 9"
FRIDAY = (FRIDAY_AT_9 - timedelta(hours=9), FRIDAY_AT_9 + timedelta(hours=15))


@pytest.fixture
async def amina(app_server: AppServer) -> AsyncIterator[ChatClient]:
    async with open_chat_client(app_server) as person:
        yield person


async def _answer_until_summary(person: ChatClient) -> None:
    assert "Te guardo esa hora hasta las 10:40" in await person.say(BOOKING_MESSAGE)
    summary = await person.say("Amina Haddad, amina@example.org")
    assert "viernes 27 de noviembre, a las 9:00" in summary
    assert "aceptas que usemos tus datos" in summary
    assert person.link == "/privacy"


async def _count_appointments(server: AppServer, office: Office) -> int:
    async with server.runtime.read_session() as session:
        return len(await appointments_of_day(session, office.id, *FRIDAY))


async def test_booking_ends_with_link_to_confirmed_appointment(app_server: AppServer, amina: ChatClient) -> None:
    await _answer_until_summary(amina)
    assert "Ya tienes cita" in await amina.press("Sí", altcha=solve_new_challenge(app_server.runtime))
    assert amina.answer["done"]
    assert amina.link.startswith(f"{app_server.url}/a/")
    async with app_server.runtime.read_session() as session:
        made = await appointment_by_token(session, amina.link.rpartition("/")[2])
    assert (made.state, made.name, made.mode, made.starts_at) == (
        AppointmentState.CONFIRMED,
        "Amina Haddad",
        "video",
        FRIDAY_AT_9,
    )


async def test_booking_without_proof_of_work_awaits_email_verification(
    app_server: AppServer, amina: ChatClient
) -> None:
    await _answer_until_summary(amina)
    assert "Te guardamos el hueco. Abre el correo" in await amina.press("Sí")
    async with app_server.runtime.read_session() as session:
        made = await appointment_by_token(session, amina.link.rpartition("/")[2])
    assert made.state == AppointmentState.PRECONFIRMED


async def test_concurrent_confirmations_book_once(
    app_server: AppServer, office: Office, amina: ChatClient
) -> None:
    await _answer_until_summary(amina)
    body = {"text": "yes:", "session": amina.session, "altcha": solve_new_challenge(app_server.runtime)}
    answers = await asyncio.gather(*(amina.post(body) for _ in range(5)))
    assert {status for status, _ in answers} == {200}
    assert len({answer["replies"][-1]["link"] for _, answer in answers}) == 1
    assert await _count_appointments(app_server, office) == 1


async def test_lost_booking_answer_is_recovered_without_second_booking(
    app_server: AppServer, office: Office, amina: ChatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _answer_until_summary(amina)
    update_conversation = conversation_rows.update_conversation
    lost: list[tuple[Any, ...]] = []

    async def losing(*given: Any) -> None:
        """Fail once, as if the process had died after the booking and before the saved turn."""
        if lost:
            return await update_conversation(*given)
        lost.append(given)
        raise WriteConflict

    monkeypatch.setattr(conversation, "update_conversation", losing)
    assert "Ya tienes cita" in await amina.press("Sí", altcha=solve_new_challenge(app_server.runtime))
    assert await _count_appointments(app_server, office) == 1


async def test_chosen_time_is_held_from_other_conversations(app_server: AppServer, amina: ChatClient) -> None:
    await amina.say(BOOKING_MESSAGE)
    async with open_chat_client(app_server) as diego:
        text = await diego.say(BOOKING_MESSAGE)
        assert "A esa hora no queda hueco" in text
        assert not any("9:00" in choice["label"] for choice in diego.choices)


async def test_taken_time_is_answered_with_nearest_times(
    app_server: AppServer, clock: FakeClock, amina: ChatClient
) -> None:
    await _answer_until_summary(amina)
    clock.advance(minutes=11)  # the hold has expired
    await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    assert "acaba de ocuparse" in await amina.press("Sí")
    assert amina.choices[0]["label"] == "Viernes 27, 9:15"


async def test_known_mailbox_is_answered_like_an_unknown_one(app_server: AppServer, amina: ChatClient) -> None:
    await book_appointment(app_server.runtime, "centro", make_booking_request())
    answers = []
    async with open_chat_client(app_server) as diego:
        for client, who, time in ((amina, "Amina Haddad", "9:15"), (diego, "Diego Ruiz", "9:30")):
            await client.say(f"certificado digital por vídeo el viernes a las {time}")
            await client.say(f"{who}, {who.split()[0].lower()}@example.org")
            answers.append(re.sub(r"[0-9A-Z]{4}\W?[0-9A-Z]{4}", "LOCATOR", await client.press("Sí")))
    assert answers[0] == answers[1]
    assert "LOCATOR" in answers[0]


async def test_own_appointment_is_moved_and_cancelled(app_server: AppServer, amina: ChatClient) -> None:
    made = await book_appointment(app_server.runtime, "centro", make_booking_request())
    await amina.say("quiero cambiar mi cita al viernes a las 12")
    await amina.say(made.locator)
    assert "viernes 27 de noviembre, a las 12:00" in await amina.say("amina@example.org")
    assert "Tu cita es ahora" in await amina.press("Sí")
    await amina.say("quiero cancelar mi cita")
    await amina.say(made.locator)
    assert "¿Quieres cancelarla?" in await amina.say("amina@example.org")
    assert "Tu cita está cancelada" in await amina.say("sí")


async def test_locator_guesses_are_limited(amina: ChatClient) -> None:
    await amina.say("¿cuándo es mi cita?")
    for _ in range(5):
        await amina.say("AAAA1111")
        assert "No encuentro" in await amina.say("amina@example.org")
    await amina.say("AAAA1111")
    assert "Demasiados intentos" in await amina.say("amina@example.org")


async def test_finished_booking_leaves_no_personal_data(app_server: AppServer, amina: ChatClient) -> None:
    await _answer_until_summary(amina)
    await amina.press("Sí")
    async with app_server.runtime.read_session() as session:
        row = (await session.execute(select(ChatSessionRow))).scalar_one()
    assert amina.session not in (row.id, row.token_hash)
    for personal in ("Amina", "amina@example.org", "/a/"):
        assert personal not in str(row.state) + str(row.turns), personal


async def test_conversation_is_deleted_two_hours_after_last_message(
    app_server: AppServer, clock: FakeClock, amina: ChatClient
) -> None:
    await amina.say("hola")
    clock.advance(minutes=90)
    await amina.say("tarjeta sanitaria")
    clock.advance(minutes=90)
    await timers.fire_due_timers(app_server.runtime, TIMERS)
    assert (await amina.post({"text": "hola", "session": amina.session}))[0] == 200
    clock.advance(minutes=121)
    status, problem = await amina.post({"text": "hola", "session": amina.session})
    assert (status, problem["code"]) == (410, "chat_over")
    await timers.fire_due_timers(app_server.runtime, TIMERS)
    async with app_server.runtime.read_session() as session:
        assert (await session.execute(select(func.count()).select_from(ChatSessionRow))).scalar_one() == 0


async def test_too_long_message_is_refused_with_limit(amina: ChatClient) -> None:
    status, problem = await amina.post({"text": "a" * 501})
    assert status == 422
    assert problem["errors"][0]["message"] == "Escribe como mucho 500 caracteres."


async def test_unknown_session_answers_chat_over(amina: ChatClient) -> None:
    status, problem = await amina.post({"text": "hola", "session": "nothing"})
    assert (status, problem["code"]) == (410, "chat_over")


async def test_new_conversations_are_limited_per_address_and_hour(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for _ in range(conversation.MAX_CONVERSATIONS_PER_HOUR):
            async with client.post(CHAT_PATH, json={"text": "hola"}) as answer:
                assert answer.status == 200
        async with client.post(CHAT_PATH, json={"text": "hola"}) as answer:
            assert answer.status == 429
            assert "Retry-After" in answer.headers


async def test_english_message_is_answered_in_english(amina: ChatClient) -> None:
    assert "We will carry on in English" in await amina.say("I need an appointment for the digital certificate")
    assert amina.answer["language"] == "en"


async def test_chatbot_books_a_telephone_call(app_server: AppServer, office: Office, amina: ChatClient) -> None:
    await allow_phone(app_server.runtime, office)
    assert "¿Cómo quieres que te atendamos?" in await amina.say("quiero cita para el certificado digital")
    await amina.say("por teléfono")
    await amina.say("el viernes a las 9")
    assert "¿A qué teléfono te llamamos?" in await amina.say("Amina Haddad, amina@example.org")
    summary = await amina.say("600 111 222")
    assert "te llamamos al" in summary
    assert "Ya tienes cita" in await amina.press("Sí", altcha=solve_new_challenge(app_server.runtime))
    async with app_server.runtime.read_session() as session:
        (booked,) = await appointments_of_day(session, office.id, *FRIDAY)
    assert (booked.mode, booked.phone) == ("phone", "+34600111222")
