"""Whole conversations from data files: messages, replies, and the bookings that result."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.chatbot.dialogue.booking import confirm_booking
from office360.chatbot.dialogue.context import DialogueContext
from office360.chatbot.dialogue.effects import run_with_handlers
from office360.chatbot.dialogue.state import ConversationState
from office360.server.demo.offices import ZONE

from ..support.demo_catalogue import demo_catalogue
from ..support.fake_effects import PAGE, FakeEffectHandlers, ScriptedConversation, start_conversation
from ..support.utterances import utterances_moment

DATA_FOLDER = Path(__file__).parent.parent / "data"
MIN_DIALOGUES = 12  # in each language


def _dialogues(language: str) -> list[Mapping[str, Any]]:
    dialogues: list[Mapping[str, Any]] = []
    for path in sorted(DATA_FOLDER.glob(f"dialogues*_{language}.toml")):
        dialogues += tomllib.loads(path.read_text(encoding="utf-8"))["dialogue"]
    return dialogues


SCRIPTS = [(language, script) for language in ("es", "en") for script in _dialogues(language)]
SCRIPT_IDS = [f"{language}: {script['name']}" for language, script in SCRIPTS]


@pytest.mark.parametrize(("language", "script"), SCRIPTS, ids=SCRIPT_IDS)
async def test_scripted_dialogue_has_expected_replies_and_result(language: str, script: Mapping[str, Any]) -> None:
    conversation = start_conversation(language)
    conversation.effects.taken |= {datetime.fromisoformat(starts_at) for starts_at in script.get("taken", ())}
    conversation.effects.only_free |= {
        datetime.fromisoformat(starts_at): office for starts_at, office in script.get("only_free", {}).items()
    }
    conversation.effects.nothing_free = script.get("nothing_free", False)
    for turn in script["turns"]:
        replies = await conversation.say(
            _choice_value(conversation, turn["press"]) if "press" in turn else turn["say"]
        )
        text = "\n".join(reply.text for reply in replies)
        assert turn["hears"].casefold() in text.casefold(), turn
        links = " ".join(reply.link or "" for reply in replies)
        assert turn.get("link", "") in links, turn
    _check_end(conversation, script)


def _choice_value(conversation: ScriptedConversation, label: str) -> str:
    values = [choice.value for choice in conversation.state.offered if choice.label.startswith(label)]
    assert values, (label, conversation.state.offered)
    return values[0]


def _check_end(conversation: ScriptedConversation, script: Mapping[str, Any]) -> None:
    booked = [
        {
            "service": state.service,
            "more": list(state.more),
            "mode": state.mode,
            "office": state.office,
            "at": state.starts_at,
            "needs": list(state.booking_needs),
        }
        for state in conversation.effects.booked
    ]
    expected = script.get("bookings", [script["booked"]] if "booked" in script else [])
    unsaid: dict[str, list[str]] = {"more": [], "needs": []}
    assert booked == [{**unsaid, **booking, "at": datetime.fromisoformat(booking["at"])} for booking in expected]
    assert len(conversation.effects.cancelled) == script.get("cancelled", 0)
    moved = [datetime.fromisoformat(script["moved"])] if "moved" in script else []
    assert conversation.effects.moved == moved
    assert conversation.effects.moved_modes == ([script["moved_mode"]] if "moved_mode" in script else [])
    assert conversation.effects.links_sent == script.get("links_sent", [])
    assert conversation.effects.waitlist == [tuple(entry) for entry in script.get("waitlist", ())]
    assert conversation.effects.earlier_wanted == script.get("earlier_wanted", 0)


@pytest.mark.parametrize("language", ["es", "en"])
def test_each_language_has_enough_dialogues(language: str) -> None:
    assert len(_dialogues(language)) >= MIN_DIALOGUES


async def test_booking_clears_personal_details() -> None:
    conversation = start_conversation("es")
    for text in (
        "certificado por vídeo en centro mañana a las 10",
        "Amina Haddad, amina@example.org",
        "600123456",
        "sí",
    ):
        await conversation.say(text)
    assert len(conversation.effects.booked) == 1
    assert conversation.state.done
    assert (conversation.state.name, conversation.state.email, conversation.state.phone) == (None, None, None)


async def test_personal_details_are_kept_until_last_booking() -> None:
    conversation = start_conversation("es")
    for text in (
        "certificado digital por vídeo en centro mañana a las 10",
        "add:documents",
        "Amina Haddad, amina@example.org",
        "600123456",
        "sí",
    ):
        await conversation.say(text)
    assert (len(conversation.effects.booked), conversation.state.done, conversation.state.name) == (
        1,
        False,
        "Amina Haddad",
    )
    await conversation.say("no, gracias")
    assert (
        conversation.state.done,
        conversation.state.name,
        conversation.state.email,
        conversation.state.phone,
    ) == (True, None, None, None)


async def test_offered_times_are_free() -> None:
    conversation = start_conversation("es")
    await conversation.say("certificado por vídeo en centro el viernes")
    values = [choice.value for choice in conversation.state.offered]
    offered = {value.removeprefix("time:") for value in values if value.startswith("time:")}
    friday = date(2026, 11, 27)
    free_times = conversation.effects.all_free_times(friday, friday, "video")
    free = {starts_at.isoformat(timespec="minutes") for starts_at in free_times}
    assert offered
    assert offered <= free


async def test_fastest_answer_puts_soonest_option_first() -> None:
    conversation = start_conversation("es")
    conversation.effects.wait_minutes = 240
    replies = await conversation.say("lo más rápido para la tarjeta sanitaria")
    assert replies[0].text.startswith("Con cita")
    assert replies[-1].text.startswith("También puedes venir sin cita")


@pytest.mark.parametrize(
    ("answer", "email"),
    [
        ("Sí, es amina@gmail.com", "amina@gmail.com"),
        ("sí", "amina@gmail.com"),
        ("No, está bien como lo he escrito", "amina@gmial.com"),
        ("no", "amina@gmial.com"),
        ("amina@example.org", "amina@example.org"),
    ],
)
async def test_mistyped_email_is_asked_about_before_summary(answer: str, email: str) -> None:
    conversation = start_conversation("es")
    await conversation.say("certificado por vídeo en centro mañana a las 10")
    (question,) = await conversation.say("Amina Haddad, amina@gmial.com")
    assert question.text.startswith("¿Tu correo es amina@gmail.com?")
    assert "¿Es correcto?" not in question.text
    (summary,) = await conversation.say(answer)
    assert f"A nombre de Amina Haddad, {email}" in summary.text
    await conversation.say("sí")
    assert [state.email for state in conversation.effects.booked] == [email]


@pytest.mark.parametrize(
    "details",
    [
        "Sue Park, sue.park@example.com",
        "Mary Price mary@example.org",
        "walter hunt w.hunt@example.org",
        "Ana Waiting, aw@example.org",
    ],
)
async def test_name_beside_email_asks_nothing(details: str) -> None:
    conversation = start_conversation("en")
    await conversation.say("digital certificate in person at norte tomorrow at 10")
    (summary,) = await conversation.say(details)
    name = " ".join(details.replace(",", "").split()[:2])
    assert f"For {name}," in summary.text


@pytest.mark.parametrize("answer", ["ye", "yea", "si", "ok"])
async def test_short_answer_is_no_name(answer: str) -> None:
    conversation = start_conversation("en")
    await conversation.say("digital certificate in person at norte tomorrow at 10")
    await conversation.say(answer)
    assert conversation.state.name is None


async def test_wait_of_refused_lines_is_only_with_appointment() -> None:
    conversation = start_conversation("es")
    conversation.effects.are_lines_refused = True
    replies = await conversation.say("¿cuánto hay que esperar en centro?")
    assert "por ahora, solo con cita" in replies[0].text
    for conversation.effects.line_refusal, says in (
        (("no_capacity", False), "ahora hay demasiada gente; prueba más tarde"),
        (("no_capacity", True), "hoy ya no da tiempo a atender a nadie más"),
        (("quota_reached", True), "hoy, solo con cita"),
    ):
        assert says in (await conversation.say("¿cuánto hay que esperar en centro?"))[0].text
    replies = await conversation.say("lo más rápido para la tarjeta sanitaria")
    assert not any("sin cita" in reply.text for reply in replies)


async def test_booking_is_confirmed_if_next_service_was_removed() -> None:
    now = utterances_moment("es").astimezone(ZONE)
    context = DialogueContext(demo_catalogue(), now, now.date() + timedelta(days=62), "900 000 360")
    state = ConversationState("es", service="documents", mode="video", later=("gone",), starts_at=now)
    turn = await run_with_handlers(confirm_booking(state, context), FakeEffectHandlers(now))
    assert (turn.replies[0].link, turn.state.later) == (PAGE, ())


@pytest.mark.parametrize(
    ("language", "asked", "warning"),
    [
        ("es", "¿Cuánto hay que esperar en Henares?", "No entres."),
        ("es", "¿A qué hora abre Henares?", "No entres."),
        ("en", "I want an appointment in Henares", "Do not go in."),
    ],
)
async def test_evacuated_office_is_warned_of_first(language: str, asked: str, warning: str) -> None:
    conversation = start_conversation(language)
    assert warning not in " ".join(reply.text for reply in await conversation.say(asked))
    conversation = start_conversation(language)
    conversation.effects.evacuated = "henares"
    text = " ".join(reply.text for reply in await conversation.say(asked))
    assert text.count(warning) == 1
    assert text.index(warning) < 80  # before the answer
