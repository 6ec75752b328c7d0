"""Whoever presses and writes at random is always answered, and books nothing that was not read back to them."""

from __future__ import annotations

import random

import pytest

from ..support.fake_effects import CONTACT, LOCATOR, Conversation, conversation
from ..support.utterances import later, more, utterances

WALKS, STEPS = 25, 12  # of each language: about three seconds
DETAILS = ("Amina Haddad", "amina@example.org", "600 123 456", LOCATOR, CONTACT, "sí", "yes", "no", "8")


def _next(talk: Conversation, chance: random.Random, texts: list[str]) -> str:
    if talk.state.offered and chance.random() < 0.6:
        return chance.choice(talk.state.offered).value
    return chance.choice(DETAILS) if chance.random() < 0.4 else chance.choice(texts)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("seed", range(WALKS))
def test_a_walk_at_random_is_always_answered(language: str, seed: int) -> None:
    chance = random.Random(seed)  # the same walks every time
    texts = [one.text for one in (*utterances(language), *more(language), *later(language))]
    talk = conversation(language)
    for _ in range(STEPS):
        asked, starts_at = talk.state.asked, talk.state.starts_at
        booked = len(talk.bench.booked)
        replies = talk.say(_next(talk, chance, texts))
        assert replies
        assert all(reply.text.strip() and "%(" not in reply.text for reply in replies)
        if len(talk.bench.booked) > booked:
            assert (asked, starts_at) == ("confirm", talk.bench.booked[-1].starts_at)
