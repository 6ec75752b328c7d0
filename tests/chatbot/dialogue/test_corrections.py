"""Corrections and a yes during a booking: only what was read back is done."""

from __future__ import annotations

import pytest

from ..support.fake_effects import LOCATOR, ScriptedConversation, start_conversation

BEGINNINGS = {
    "es": (
        "licencia de caza presencial en la oficina centro el 9 de diciembre a las 10",
        "Ana Gil ana@example.org",
    ),
    "en": ("hunting licence in person at centro, 9 december at 10:00", "Ann Hill ann@example.org"),
}


async def _summary(language: str) -> ScriptedConversation:
    conversation = start_conversation(language)
    for message in BEGINNINGS[language]:
        await conversation.say(message)
    assert conversation.state.asked == "confirm"
    return conversation


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("es", "a las 12 en vez de las 10"),
        ("es", "¿puede ser a las 12?"),
        ("es", "mejor a las 12"),
        ("en", "can it be 12 instead of 10"),
        ("en", "could it be 12pm instead"),
        ("en", "change it to 12"),
        ("en", "hmm 12 instead"),
    ],
)
async def test_hour_is_corrected_at_the_summary(language: str, message: str) -> None:
    conversation = await _summary(language)
    replies = await conversation.say(message)
    assert "12:00" in replies[-1].text
    assert conversation.state.asked == "confirm"


@pytest.mark.parametrize(
    ("language", "message", "yes"),
    [
        ("es", "anúlalo", "sí"),
        ("es", "hmm lo de mi tía", "sí, así está bien"),
        ("en", "cancel it", "yes please"),
        ("en", "thanks", "yes"),
    ],
)
async def test_yes_after_another_reply_books_nothing(language: str, message: str, yes: str) -> None:
    conversation = await _summary(language)
    await conversation.say(message)
    assert "yes:" not in [choice.value for choice in conversation.state.offered]
    await conversation.say(yes)
    assert conversation.effects.booked == []


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "my email has the i and e swapped, it's ann.hiel@example.org"),
        ("en", "the card for the documents is with my sister, mail her at ann.hiel@example.org"),
        ("es", "el certificado me lo manda mi hija a ana.hiel@example.org"),
        ("es", "en los documentos pone otro correo, ana.hiel@example.org"),
    ],
)
async def test_correction_adds_no_service_by_likeness(language: str, message: str) -> None:
    conversation = await _summary(language)
    await conversation.say(message)
    assert conversation.state.services == ("hunting-fishing",)


@pytest.mark.parametrize(
    ("language", "day", "first"),
    [
        ("es", "este viernes", "la primera que tengas"),
        ("es", "este viernes", "la primera hora que haya"),
        ("en", "friday", "the first one you have"),
        ("en", "friday", "the earliest"),
    ],
)
async def test_first_one_is_on_the_chosen_day(language: str, day: str, first: str) -> None:
    conversation = start_conversation(language)
    for message in (BEGINNINGS[language][0].split(" el 9")[0].split(", 9")[0], day, first):
        await conversation.say(message)
    assert conversation.state.starts_at is not None
    assert f"{conversation.state.starts_at:%d}" == "27"


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("es", "cualquier día a partir del 9 de diciembre"),
        ("es", "cualquier día de la semana del 14 de diciembre"),
        ("en", "any day the week of the 14th of december"),
        ("en", "any day after the 9th of december"),
    ],
)
async def test_any_day_within_limits_is_offered(language: str, message: str) -> None:
    conversation = start_conversation(language)
    await conversation.say(BEGINNINGS[language][0].split(" el 9")[0].split(", 9")[0])
    await conversation.say(message)
    assert conversation.state.starts_at is None
    assert conversation.state.asked == "date"


@pytest.mark.parametrize(
    ("language", "message", "service"),
    [
        ("es", "¿la tarjeta sanitaria tiene algún coste? si no es caro me gustaría pedir cita", "health-card"),
        ("es", "¿se puede sacar la licencia de caza por videollamada? si es así quiero cita", "hunting-fishing"),
        ("es", "¿cuánto cuesta la licencia de pesca? quiero pedir cita", "hunting-fishing"),
        ("en", "how much is the fishing licence? i'd like to book an appointment", "hunting-fishing"),
    ],
)
async def test_question_beside_a_wish_names_the_service(language: str, message: str, service: str) -> None:
    conversation = start_conversation(language)
    replies = await conversation.say(message)
    assert conversation.state.service == service
    assert len(replies) > 1


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("es", "necesito el pasaporte"),
        ("es", "quiero empadronarme"),
        ("en", "i gotta renew my passport asap"),
        ("en", "where do i get a passport?"),
    ],
)
async def test_service_of_others_is_named_at_once(language: str, message: str) -> None:
    conversation = start_conversation(language)
    replies = await conversation.say(message)
    assert "900" in replies[0].text
    assert [choice for choice in conversation.state.offered if choice.value.startswith("service:")]


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("es", "Necesito un certificado"),
        ("es", "quiero una licencia"),
        ("en", "I need a certificate"),
        ("en", "I want a licence"),
    ],
)
async def test_kind_of_document_alone_is_asked_about(language: str, message: str) -> None:
    conversation = start_conversation(language)
    await conversation.say(message)
    assert conversation.state.service is None
    assert conversation.state.asked == "service"


@pytest.mark.parametrize(
    ("language", "message", "day"),
    [
        ("es", f"Mi localizador es {LOCATOR} y la quiero para el viernes 4 de diciembre en lugar del martes", 4),
        ("es", f"mueve {LOCATOR} al 3 de diciembre", 3),
        ("en", f"change {LOCATOR.lower()} to december 3rd", 3),
        ("en", f"put {LOCATOR} on december 3rd instead", 3),
    ],
)
async def test_new_day_beside_a_locator_is_kept(language: str, message: str, day: int) -> None:
    conversation = start_conversation(language)
    await conversation.say(message)
    assert conversation.state.task == "change"
    assert conversation.state.days is not None
    assert [wanted.day for wanted in conversation.state.days.days] == [day]


@pytest.mark.parametrize(
    ("language", "message", "name"),
    [
        ("en", "Sue Park, sue.park@example.com", "Sue Park"),
        ("en", "Mary Price", "Mary Price"),
        ("es", "Soledad Rampa, sole@example.org", "Soledad Rampa"),
        ("es", "Julia Parada", "Julia Parada"),
    ],
)
async def test_name_that_is_a_word_of_a_question_is_a_name(language: str, message: str, name: str) -> None:
    conversation = start_conversation(language)
    await conversation.say(BEGINNINGS[language][0])
    await conversation.say(message)
    assert conversation.state.name == name


async def test_services_keep_the_order_of_the_sentence() -> None:
    conversation = start_conversation("es")
    await conversation.say("Dos cosas: 1) licencia de caza 2) tarjeta sanitaria virtual")
    assert conversation.state.services == ("hunting-fishing", "health-card")


async def test_morning_of_a_chosen_day_is_not_tomorrow() -> None:
    conversation = start_conversation("es")
    await conversation.say("licencia de caza presencial en la oficina centro el 10 de diciembre")
    assert conversation.state.asked == "time"
    replies = await conversation.say("mañana 10")
    assert "jueves 10 de diciembre, a las 10:00" in replies[0].text.casefold()


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("es", "¿cuánto cuesta la licencia de pesca y hay aparcamiento en centro?"),
        ("en", "how much is the fishing licence and is there parking at centro?"),
    ],
)
async def test_both_questions_of_a_sentence_are_answered(language: str, message: str) -> None:
    conversation = start_conversation(language)
    await conversation.say(message)
    assert conversation.turn is not None
    assert {reply.topic for reply in conversation.turn.replies} == {"price", "parking"}
    assert conversation.state.task is None
