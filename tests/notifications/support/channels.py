"""Channels that people choose, as an installation with SMS offers them."""

from __future__ import annotations

from office360.core.contact.channel_offers import ChannelOffer
from office360.core.contact.chosen_channels import ChosenChannel
from office360.notifications.channel_setup import ChannelSetup
from office360.notifications.domain.channel_budgets import BudgetLimits
from office360.notifications.domain.gateway import Gateway
from office360.notifications.sms.declaration import SMS_CHANNEL

SMS_LIMITS = BudgetLimits(per_day=1000, per_recipient=20, per_office=500)


def sms_setup(gateway: Gateway | None, *countries: str, limits: BudgetLimits = SMS_LIMITS) -> ChannelSetup:
    """Set SMS up with a gateway, or without it as in development."""
    return ChannelSetup(SMS_CHANNEL, gateway, frozenset(countries or {"34"}), limits=limits)


def sms_offers(*countries: str) -> tuple[ChannelOffer, ...]:
    """Return the offer of SMS to numbers of these calling codes."""
    return (sms_setup(None, *countries).offer,)


SMS_OFFERS = sms_offers("34")


def by_sms(number: str) -> tuple[ChosenChannel, ...]:
    """Return the choice of SMS to this number."""
    return (ChosenChannel("sms", number),)
