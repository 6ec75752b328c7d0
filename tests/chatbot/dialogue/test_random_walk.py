"""Random messages are always answered, and only a confirmed summary is booked."""

from __future__ import annotations

import random

import pytest

from ..support.fake_effects import CONTACT, LOCATOR, ScriptedConversation, start_conversation
from ..support.utterances import SETS, load_utterances

WALKS, STEPS = 25, 12  # in each language; together about six seconds
DETAILS = ("Amina Haddad", "amina@example.org", "600 123 456", LOCATOR, CONTACT, "sí", "yes", "no", "8")


def _random_message(conversation: ScriptedConversation, chance: random.Random, texts: list[str]) -> str:
    if conversation.state.offered and chance.random() < 0.6:
        return chance.choice(conversation.state.offered).value
    return chance.choice(DETAILS) if chance.random() < 0.4 else chance.choice(texts)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("seed", range(WALKS))
async def test_random_walk_is_always_answered(language: str, seed: int) -> None:
    chance = random.Random(seed)  # the same walk in every run
    texts = [utterance.text for name in SETS for utterance in load_utterances(language, name)]
    conversation = start_conversation(language)
    for _ in range(STEPS):
        asked, starts_at = conversation.state.asked, conversation.state.starts_at
        booked = len(conversation.effects.booked)
        replies = await conversation.say(_random_message(conversation, chance, texts))
        assert replies
        assert all(reply.text.strip() and "%(" not in reply.text for reply in replies)
        if len(conversation.effects.booked) > booked:
            assert (asked, starts_at) == ("confirm", conversation.effects.booked[-1].starts_at)
