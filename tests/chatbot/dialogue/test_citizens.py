"""Citizens with a goal reach it, and nothing is booked that they did not ask for."""

from __future__ import annotations

import pytest

from ..support.citizens import load_citizens, talk_to_assistant
from ..support.utterances import LANGUAGES

MIN_REACHED_SHARE = 0.8  # the goal of the project is nine of ten


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["development", "4_unseen", "5_unseen"])
async def test_citizens_reach_their_goals(language: str, name: str) -> None:
    outcomes = [await talk_to_assistant(language, citizen) for citizen in load_citizens(language, name)]
    unreached = {outcome.citizen.name: outcome.problems for outcome in outcomes if not outcome.is_reached}
    assert [outcome.citizen.name for outcome in outcomes if outcome.wrong_bookings or outcome.lost_needs] == []
    assert len(outcomes) - len(unreached) >= MIN_REACHED_SHARE * len(outcomes), unreached
