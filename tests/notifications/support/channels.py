"""Channels that people choose, as an installation with SMS offers them."""

from __future__ import annotations

from office360.core.contact.channel_offers import ChannelOffer
from office360.core.contact.chosen_channels import ChosenChannel
from office360.notifications.domain.channel_budgets import BudgetLimits
from office360.notifications.sms.setup import development_sms_setup


def sms_offers(*countries: str) -> tuple[ChannelOffer, ...]:
    """Return the offer of SMS to numbers of these calling codes."""
    return (development_sms_setup(frozenset(countries), BudgetLimits(1000, 20, 500)).offer,)


SMS_OFFERS = sms_offers("34")


def by_sms(number: str) -> tuple[ChosenChannel, ...]:
    """Return the choice of SMS to this number."""
    return (ChosenChannel("sms", number),)
