"""Random messages are always answered, and only a confirmed summary is booked."""

from __future__ import annotations

import random

import pytest
from office360.chatbot.dialogue.state import ConversationState
from office360.offices.domain.words import NEED_NAMES

from ..support.fake_effects import CATALOGUES, CONTACT, LOCATOR, ScriptedConversation, start_conversation
from ..support.utterances import SETS, load_utterances

WALKS, STEPS = 25, 12  # in each language; together about six seconds
DETAILS = ("Amina Haddad", "amina@example.org", "600 123 456", LOCATOR, CONTACT, "sí", "yes", "no", "8")


def _random_message(conversation: ScriptedConversation, chance: random.Random, texts: list[str]) -> str:
    if conversation.state.offered and chance.random() < 0.6:
        return chance.choice(conversation.state.offered).value
    return chance.choice(DETAILS) if chance.random() < 0.4 else chance.choice(texts)


def _check_everything_was_read_back(
    state: ConversationState, conversation: ScriptedConversation, read_back: str
) -> None:
    """Check that the reply before a booking told each of its parts."""
    catalogue = conversation.effects.catalogue()
    office = catalogue.office(state.office)
    assert office
    assert state.starts_at
    parts = [office.name, f"{state.starts_at:%-H:%M}", str(state.name), str(state.email)]
    for slug in state.services:
        service = catalogue.service(slug)
        assert service
        parts.append(service.names[state.language])
    translate = CATALOGUES.translations(state.language).gettext
    parts += [translate(NEED_NAMES[code]) for code in state.booking_needs]
    parts += [office.address] if state.mode == "in_person" else []
    parts += [str(state.phone)] if state.mode == "phone" else []
    assert [part for part in parts if part not in read_back] == []


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("seed", range(WALKS))
async def test_random_walk_is_always_answered(language: str, seed: int) -> None:
    chance = random.Random(seed)  # the same walk in every run
    texts = [utterance.text for name in SETS for utterance in load_utterances(language, name)]
    conversation = start_conversation(language)
    for _ in range(STEPS):
        asked, starts_at = conversation.state.asked, conversation.state.starts_at
        offered = [choice.value for choice in conversation.state.offered]
        booked = len(conversation.effects.booked)
        read_back = "\n".join(reply.text for reply in conversation.replies)
        replies = await conversation.say(_random_message(conversation, chance, texts))
        assert replies
        assert all(reply.text.strip() and "%(" not in reply.text for reply in replies)
        if len(conversation.effects.booked) > booked:
            state = conversation.effects.booked[-1]
            assert (asked, starts_at) == ("confirm", state.starts_at)
            assert "yes:" in offered  # the reply just before asked for this very confirmation
            _check_everything_was_read_back(state, conversation, read_back)
