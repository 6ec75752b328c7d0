"""Turns of a plain booking: what a citizen presses and types at most."""

from __future__ import annotations

import inspect
from statistics import median
from typing import get_args

import pytest
from office360.chatbot.actions.effect_handlers import RuntimeEffectHandlers
from office360.chatbot.dialogue.effects import HANDLER_METHODS, Effect

from ..support.fake_effects import FakeEffectHandlers, start_conversation

MAX_TYPED, MAX_PRESSED = 6, 5  # medians; presses besides the message with name and e-mail
DETAILS = "Amina Haddad, amina@example.org"
TYPED = {
    "es": (
        ("cita para la tarjeta sanitaria", "en persona", "centro", "el lunes a las 10", DETAILS, "sí"),
        ("quiero registrar un documento", "norte", "mañana", "a las 12", DETAILS, "vale"),
        ("certificado por vídeo", "cualquiera", "lo antes posible", DETAILS, "sí, correcto"),
        ("licencia de pesca en Henares el viernes por la mañana", "en persona", "a las 11", DETAILS, "sí"),
        ("una queja por teléfono", "centro", "el jueves a las 9", DETAILS, "600 123 456", "sí"),
    ),
    "en": (
        ("appointment for the health card", "in person", "centro", "Monday at 10", DETAILS, "yes"),
        ("register documents", "norte", "tomorrow", "at 12", DETAILS, "yes"),
        ("digital certificate by video", "any office", "as soon as possible", DETAILS, "yes, that's right"),
        ("fishing licence in Henares on Friday morning", "in person", "at 11", DETAILS, "yes"),
        ("a complaint by telephone", "centro", "Thursday at 9", DETAILS, "600 123 456", "yes"),
    ),
}
SERVICES = ("documents", "certificate", "information", "health-card", "complaints", "hunting-fishing")


@pytest.mark.parametrize("language", ["es", "en"])
async def test_plain_booking_takes_few_typed_messages(language: str) -> None:
    turns = []
    for messages in TYPED[language]:
        conversation = start_conversation(language)
        for text in messages:
            assert not conversation.effects.booked, messages
            await conversation.say(text)
        assert len(conversation.effects.booked) == 1, (messages, conversation.replies)
        turns.append(len(messages))
    assert median(turns) <= MAX_TYPED


@pytest.mark.parametrize("service", SERVICES)
async def test_plain_booking_takes_few_presses(service: str) -> None:
    """Press the first answer of each question."""
    conversation = start_conversation("es")
    await conversation.say("hola")
    presses = 0
    while not conversation.effects.booked and presses <= MAX_PRESSED:
        values = [choice.value for choice in conversation.state.offered]
        if conversation.state.asked == "name":
            await conversation.say(DETAILS)
            continue
        wanted = f"service:{service}" if f"service:{service}" in values else values[0]
        await conversation.say(wanted)
        presses += 1
    assert conversation.effects.booked
    assert presses <= MAX_PRESSED


@pytest.mark.parametrize("handlers", [RuntimeEffectHandlers, FakeEffectHandlers])
def test_each_effect_has_a_method_that_takes_it(handlers: type) -> None:
    assert set(HANDLER_METHODS) == set(get_args(Effect))
    for effect, name in HANDLER_METHODS.items():
        parameters = inspect.signature(getattr(handlers, name), eval_str=True).parameters
        assert [parameter.annotation for parameter in parameters.values()][1:] == [effect]
