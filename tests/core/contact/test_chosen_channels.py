"""The list of chosen channels, beside the columns of SMS that the last release writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.contact.chosen_channels import (
    OLD_CHANNEL,
    ChosenChannel,
    channel_address,
    channels_for_digest,
    channels_from_json,
    channels_to_json,
    with_channel,
)

NUMBER, OTHER = "+34600000001", "+34600000002"
SMS, CHAT = ChosenChannel(OLD_CHANNEL, NUMBER), ChosenChannel("chat", "42")


@given(
    st.lists(st.builds(ChosenChannel, st.sampled_from(["sms", "chat", "mail"]), st.text(min_size=1)), max_size=3)
)
def test_written_channels_are_read_again(channels: list[ChosenChannel]) -> None:
    chosen = tuple({each.channel: each for each in channels}.values())
    read = channels_from_json(channels_to_json(chosen), channel_address(chosen, OLD_CHANNEL))
    assert set(read) == set(chosen)


@pytest.mark.parametrize(
    ("stored", "old_address", "read"),
    [
        (None, NUMBER, (SMS,)),  # the last release added SMS
        ([SMS, CHAT], OTHER, (ChosenChannel(OLD_CHANNEL, OTHER), CHAT)),  # it changed the number
        ([SMS, CHAT], None, (CHAT,)),  # it ended SMS: the citizen does not want any
        ([CHAT], NUMBER, (SMS, CHAT)),
        (None, None, ()),
    ],
)
def test_column_of_last_release_wins_for_sms(
    stored: list[ChosenChannel] | None, old_address: str | None, read: tuple[ChosenChannel, ...]
) -> None:
    rows: Any = None if stored is None else channels_to_json(stored)
    assert channels_from_json(rows, old_address) == read


def test_channel_is_replaced_and_ended() -> None:
    assert with_channel((SMS, CHAT), OLD_CHANNEL, OTHER) == (CHAT, ChosenChannel(OLD_CHANNEL, OTHER))
    assert with_channel((SMS, CHAT), OLD_CHANNEL, None) == (CHAT,)
    assert channels_to_json(()) is None


def test_digest_of_sms_is_that_of_last_release() -> None:
    assert channels_for_digest((), "sms") == {"sms": False}
    assert channels_for_digest((SMS,), "sms") == {"sms": True}
    assert channels_for_digest((CHAT,), "sms") == {
        "sms": False,
        "channels": [{"channel": "chat", "address": "42"}],
    }
