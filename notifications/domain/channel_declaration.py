"""Declaration of a channel that people choose, as its folder gives it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...core.contact.channel_offers import ChannelTexts


class MessageGroup(StrEnum):
    """Group of kinds that a contact stops and restarts together.

    Transactional messages cannot be stopped: the recipient needs them, or has just asked for them.
    """

    TRANSACTIONAL = "transactional"
    TURNS = "turns"
    REMINDERS = "reminders"
    OFFERS = "offers"
    FIGURES = "figures"  # for staff


@dataclass(frozen=True, slots=True)
class GroupTexts:
    """Sentences about a group of kinds on the preferences page."""

    title: str
    what: str
    stop: str
    stopped: str
    again: str


@dataclass(frozen=True, slots=True)
class ChannelDeclaration:
    """Names, sentences and rules of a channel.

    `contact_prefix`: the letter with which the tokens of its contacts begin. `recipient`: whom the
    preferences page names. `accepted` and `waiting`: what became of a test message, and of
    messages without the channel.
    `uses_given_number`: see `ChannelOffer`.
    """

    name: str
    title: str
    contact_prefix: str
    texts: ChannelTexts
    groups: Mapping[str, GroupTexts]
    recipient: str
    example_recipient: str
    accepted: str
    waiting: str
    uses_given_number: bool = False
