"""Channels that a person chose, with the address there, and their stored form. Pure.

notifications/ declares the channels; the other features hand the list on and name no channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# SMS has columns and API fields of its own, from the time when it was the only channel. A process of the last
# release writes only those columns, so they win over the list until the next release copies them into it.
OLD_CHANNEL = "sms"


@dataclass(frozen=True, slots=True)
class ChosenChannel:
    """A channel that a person chose, with the address: a number in E.164, or an id of a chat."""

    channel: str
    address: str

    @property
    def is_number(self) -> bool:
        return self.address.startswith("+")


def channel_address(channels: Iterable[ChosenChannel], channel: str) -> str | None:
    """Return the address of a chosen channel; None if the person did not choose it."""
    return next((chosen.address for chosen in channels if chosen.channel == channel), None)


def with_channel(
    channels: Iterable[ChosenChannel], channel: str, address: str | None
) -> tuple[ChosenChannel, ...]:
    """Return the channels with a new address for this channel, or without the channel."""
    others = [chosen for chosen in channels if chosen.channel != channel]
    return (*others, ChosenChannel(channel, address)) if address else tuple(others)


def channels_to_json(channels: Sequence[ChosenChannel]) -> list[dict[str, str]] | None:
    """Convert to the stored list; None without a channel: a row without personal data."""
    return [{"channel": chosen.channel, "address": chosen.address} for chosen in channels] or None


def channels_from_json(
    stored: Sequence[Mapping[str, Any]] | None, old_address: str | None
) -> tuple[ChosenChannel, ...]:
    """Convert the stored list.

    `old_address`: that of the old columns, which win (see OLD_CHANNEL).
    """
    chosen = [ChosenChannel(entry["channel"], entry["address"]) for entry in stored or ()]
    others = [each for each in chosen if each.channel != OLD_CHANNEL]
    return (ChosenChannel(OLD_CHANNEL, old_address), *others) if old_address else tuple(others)


def channels_for_digest(channels: Sequence[ChosenChannel], old_field: str) -> dict[str, Any]:
    """Return the choice as the digest of a repeated request has it.

    A request with SMS or without a channel has the digest that the last release computes.
    """
    others = channels_to_json([chosen for chosen in channels if chosen.channel != OLD_CHANNEL])
    return {
        old_field: channel_address(channels, OLD_CHANNEL) is not None,
        **({"channels": others} if others else {}),
    }
