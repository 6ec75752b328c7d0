"""Whole conversations, as data: what is said, what is answered, and what comes of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.chatbot.dialogue.booking import confirm_booking
from office360.chatbot.dialogue.context import DialogueContext
from office360.chatbot.dialogue.effects import BookingMade
from office360.chatbot.dialogue.state import ConversationState
from office360.server.demo.offices import ZONE

from ..support.fake_effects import ScriptedConversation, start_conversation
from ..support.scoring import demo_catalogue
from ..support.utterances import utterances_moment

HERE = Path(__file__).parent.parent / "data"
MIN_DIALOGUES = 12  # of each language


def _dialogues(language: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = tomllib.loads((HERE / f"dialogues_{language}.toml").read_text())["dialogue"]
    return found


ALL = [(language, one) for language in ("es", "en") for one in _dialogues(language)]


@pytest.mark.parametrize(("language", "script"), ALL, ids=[f"{language}: {one['name']}" for language, one in ALL])
def test_scripted_dialogue_has_expected_replies_and_result(language: str, script: Mapping[str, Any]) -> None:
    talk = start_conversation(language)
    talk.effects.taken |= {datetime.fromisoformat(one) for one in script.get("taken", ())}
    for turn in script["turns"]:
        replies = talk.say(_value_of_choice(talk, turn["press"]) if "press" in turn else turn["say"])
        text = "\n".join(reply.text for reply in replies)
        assert turn["hears"].casefold() in text.casefold(), turn
        links = " ".join(reply.link or "" for reply in replies)
        assert turn.get("link", "") in links, turn
    _check_end(talk, script)


def _value_of_choice(talk: ScriptedConversation, label: str) -> str:
    found = [one.value for one in talk.state.offered if one.label.startswith(label)]
    assert found, (label, talk.state.offered)
    return found[0]


def _check_end(talk: ScriptedConversation, script: Mapping[str, Any]) -> None:
    booked = [
        {"service": one.service, "mode": one.mode, "office": one.office, "at": one.starts_at}
        for one in talk.effects.booked
    ]
    expected = script.get("bookings", [script["booked"]] if "booked" in script else [])
    assert booked == [{**one, "at": datetime.fromisoformat(one["at"])} for one in expected]
    assert len(talk.effects.cancelled) == script.get("cancelled", 0)
    moved = [datetime.fromisoformat(script["moved"])] if "moved" in script else []
    assert talk.effects.moved == moved


@pytest.mark.parametrize("language", ["es", "en"])
def test_each_language_has_enough_dialogues(language: str) -> None:
    assert len(_dialogues(language)) >= MIN_DIALOGUES


def test_booking_clears_personal_details() -> None:
    talk = start_conversation("es")
    for text in (
        "certificado por vídeo en centro mañana a las 10",
        "Amina Haddad, amina@example.org",
        "600123456",
        "de acuerdo",
        "sí",
    ):
        talk.say(text)
    assert len(talk.effects.booked) == 1
    assert talk.state.done
    assert (talk.state.name, talk.state.email, talk.state.phone) == (None, None, None)


def test_personal_details_are_kept_until_last_booking() -> None:
    talk = start_conversation("es")
    for text in (
        "certificado digital y tarjeta sanitaria por vídeo en centro mañana a las 10",
        "service:certificate",
        "Amina Haddad, amina@example.org",
        "600123456",
        "de acuerdo",
        "sí",
    ):
        talk.say(text)
    assert (len(talk.effects.booked), talk.state.done, talk.state.name) == (1, False, "Amina Haddad")
    talk.say("no, gracias")
    assert (talk.state.done, talk.state.name, talk.state.email, talk.state.phone) == (True, None, None, None)


def test_offered_times_are_free() -> None:
    talk = start_conversation("es")
    talk.say("certificado por vídeo en centro el viernes")
    offered = {one.value.removeprefix("time:") for one in talk.state.offered if one.value.startswith("time:")}
    day = datetime.fromisoformat("2026-11-27T00:00:00+01:00").date()
    free = {one.isoformat(timespec="minutes") for one in talk.effects.all_free_times(day, day, "video")}
    assert offered
    assert offered <= free


def test_fastest_answer_puts_soonest_option_first() -> None:
    talk = start_conversation("es")
    talk.effects.wait_minutes = 240
    replies = talk.say("lo más rápido para la tarjeta sanitaria")
    assert replies[0].text.startswith("Con cita")
    assert replies[-1].text.startswith("También puedes venir sin cita")


def test_booking_is_confirmed_if_next_service_was_removed() -> None:
    moment = utterances_moment("es").astimezone(ZONE)
    world = DialogueContext(demo_catalogue(), moment, moment.date() + timedelta(days=62), "900 000 360")
    state = ConversationState("es", service="documents", mode="video", later=("gone",), starts_at=moment)
    errand = confirm_booking(state, world)
    next(errand)
    with pytest.raises(StopIteration) as told:
        errand.send(BookingMade("/a/token", "7K3M9Q2X"))
    turn = told.value.value
    assert (turn.replies[0].link, turn.state.later) == ("/a/token", ())
