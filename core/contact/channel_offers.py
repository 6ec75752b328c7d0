"""Channels that an installation offers to citizens: what each needs, and its sentences.

No SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import FieldError, Invalid, Unavailable
from .phone_numbers import sms_error_code

REMIND_FIELD = "remind_by_"  # and the name of a channel: a box of the booking forms


@dataclass(frozen=True, slots=True)
class ChannelTexts:
    """Untranslated sentences about a channel.

    For citizens: consent at a booking (`remind`), the hint at a number that is used without a choice (`hint`),
    the form of a ticket (`ask`, `start`, `active`, `stop`), the alternative to pushes (`instead`), what happens
    after a booking (`sending`), who else learns the address (`privacy`), what to do with the link of a channel
    whose address comes by one (`open_link`). For staff: a way to get the appointment, an addition to it, and
    what a person gets (`staff_contact`, `staff_also`, `staff_messages`).
    """

    ask: str
    start: str
    active: str
    stop: str
    instead: str
    sending: str
    staff_messages: str
    remind: str = ""
    hint: str = ""
    staff_contact: str = ""
    staff_also: str = ""
    code: str = ""
    privacy: str = ""
    open_link: str = ""


@dataclass(frozen=True, slots=True)
class ChannelOffer:
    """A channel that this installation offers to citizens.

    `title` names it in lists. `countries`: calling codes of the numbers that it reaches; empty for a channel
    whose address comes by `link`: an address of another service that ends where a one-time code follows.
    `uses_given_number`: what a person asks for in a visit may go to the number of the visit without a choice.
    """

    channel: str
    title: str
    texts: ChannelTexts
    countries: frozenset[str] = frozenset()
    link: str = ""
    uses_given_number: bool = False

    @property
    def field(self) -> str:
        """Return the name of its box in the booking forms."""
        return REMIND_FIELD + self.channel

    def number_error(self, phone: str) -> str | None:
        """Return the error code of an E.164 number that this channel does not reach."""
        return sms_error_code(phone, self.countries)


def offers_by_number(offers: Iterable[ChannelOffer]) -> list[ChannelOffer]:
    """Return the channels whose address is a telephone number that the person types."""
    return [offer for offer in offers if offer.countries]


def offers_by_link(offers: Iterable[ChannelOffer]) -> list[ChannelOffer]:
    """Return the channels whose address comes from a link that the person opens."""
    return [offer for offer in offers if offer.link]


def offers_for_given_number(offers: Iterable[ChannelOffer], phone: str | None) -> list[ChannelOffer]:
    """Return the channels that reach this number and need no choice before."""
    return [
        offer
        for offer in offers
        if phone is not None and offer.uses_given_number and offer.number_error(phone) is None
    ]


def find_offer(offers: Iterable[ChannelOffer], channel: str) -> ChannelOffer:
    """Return the offer of a channel. Raises Unavailable if the installation does not offer it."""
    found = next((offer for offer in offers if offer.channel == channel), None)
    if found is None:
        raise Unavailable
    return found


def check_channel_number(offers: Iterable[ChannelOffer], channel: str, phone: str | None) -> None:
    """Check that a channel reaches a number.

    Raises Unavailable if the installation does not offer it by number, Invalid if it does not reach this number.
    """
    offer = find_offer(offers_by_number(offers), channel)
    problem = offer.number_error(phone) if phone else "required"
    if problem is not None:
        codes = ", ".join(f"+{code}" for code in sorted(offer.countries))
        raise Invalid(FieldError("phone", problem, {"codes": codes}))
