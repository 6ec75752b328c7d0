"""Whole conversations, as data: what is said, what is answered, and what comes of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.chatbot.dialogue.booking import confirm
from office360.chatbot.dialogue.context import World
from office360.chatbot.dialogue.effects import Booked
from office360.chatbot.dialogue.state import State
from office360.server.demo.offices import ZONE

from ..support.fake_effects import Conversation, conversation
from ..support.scoring import demo_catalogue
from ..support.utterances import now

HERE = Path(__file__).parent.parent / "data"
FEWEST = 12  # of each language


def _dialogues(language: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = tomllib.loads((HERE / f"dialogues_{language}.toml").read_text())["dialogue"]
    return found


ALL = [(language, one) for language in ("es", "en") for one in _dialogues(language)]


@pytest.mark.parametrize(("language", "script"), ALL, ids=[f"{language}: {one['name']}" for language, one in ALL])
def test_a_conversation_goes_as_it_should(language: str, script: Mapping[str, Any]) -> None:
    talk = conversation(language)
    talk.bench.taken |= {datetime.fromisoformat(one) for one in script.get("taken", ())}
    for turn in script["turns"]:
        replies = talk.say(_pressed(talk, turn["press"]) if "press" in turn else turn["say"])
        text = "\n".join(reply.text for reply in replies)
        assert turn["hears"].casefold() in text.casefold(), turn
        links = " ".join(reply.link or "" for reply in replies)
        assert turn.get("link", "") in links, turn
    _check_end(talk, script)


def _pressed(talk: Conversation, label: str) -> str:
    found = [one.value for one in talk.state.offered if one.label.startswith(label)]
    assert found, (label, talk.state.offered)
    return found[0]


def _check_end(talk: Conversation, script: Mapping[str, Any]) -> None:
    booked = [
        {"service": one.service, "mode": one.mode, "office": one.office, "at": one.starts_at}
        for one in talk.bench.booked
    ]
    expected = script.get("bookings", [script["booked"]] if "booked" in script else [])
    assert booked == [{**one, "at": datetime.fromisoformat(one["at"])} for one in expected]
    assert len(talk.bench.cancelled) == script.get("cancelled", 0)
    moved = [datetime.fromisoformat(script["moved"])] if "moved" in script else []
    assert talk.bench.moved == moved


@pytest.mark.parametrize("language", ["es", "en"])
def test_there_are_enough_conversations(language: str) -> None:
    assert len(_dialogues(language)) >= FEWEST


def test_what_a_person_told_is_forgotten_with_the_booking() -> None:
    talk = conversation("es")
    for text in (
        "certificado por vídeo en centro mañana a las 10",
        "Amina Haddad, amina@example.org",
        "600123456",
        "de acuerdo",
        "sí",
    ):
        talk.say(text)
    assert len(talk.bench.booked) == 1
    assert talk.state.done
    assert (talk.state.name, talk.state.email, talk.state.phone) == (None, None, None)


def test_what_a_person_told_is_kept_until_the_last_of_their_bookings() -> None:
    talk = conversation("es")
    for text in (
        "certificado digital y tarjeta sanitaria por vídeo en centro mañana a las 10",
        "service:certificate",
        "Amina Haddad, amina@example.org",
        "600123456",
        "de acuerdo",
        "sí",
    ):
        talk.say(text)
    assert (len(talk.bench.booked), talk.state.done, talk.state.name) == (1, False, "Amina Haddad")
    talk.say("no, gracias")
    assert (talk.state.done, talk.state.name, talk.state.email, talk.state.phone) == (True, None, None, None)


def test_only_real_free_times_are_offered() -> None:
    talk = conversation("es")
    talk.say("certificado por vídeo en centro el viernes")
    offered = {one.value.removeprefix("time:") for one in talk.state.offered if one.value.startswith("time:")}
    day = datetime.fromisoformat("2026-11-27T00:00:00+01:00").date()
    free = {one.isoformat(timespec="minutes") for one in talk.bench.free(day, day, "video")}
    assert offered
    assert offered <= free


def test_what_is_really_first_is_said_to_be_the_quickest() -> None:
    talk = conversation("es")
    talk.bench.wait_minutes = 240
    replies = talk.say("lo más rápido para la tarjeta sanitaria")
    assert replies[0].text.startswith("Con cita")
    assert replies[-1].text.startswith("También puedes venir sin cita")


def test_what_was_booked_is_told_also_when_what_was_to_follow_has_been_taken_out() -> None:
    moment = now("es").astimezone(ZONE)
    world = World(demo_catalogue(), moment, moment.date() + timedelta(days=62), "900 000 360")
    state = State("es", service="documents", mode="video", later=("gone",), starts_at=moment)
    errand = confirm(state, world)
    next(errand)
    with pytest.raises(StopIteration) as told:
        errand.send(Booked("/a/token", "7K3M9Q2X"))
    turn = told.value.value
    assert (turn.replies[0].link, turn.state.later) == ("/a/token", ())
