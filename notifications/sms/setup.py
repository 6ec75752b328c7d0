"""Set-up of SMS: through a gateway, or shown by `/dev/outbox` only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..channel_setup import ChannelSetup
from ..domain.channel_budgets import BudgetLimits
from .declaration import SMS_CHANNEL
from .gateway_request import SmsGateway

if TYPE_CHECKING:
    from ..channel_setup import OpenChannel


def sms_setup(gateway: SmsGateway) -> ChannelSetup:
    """Set SMS up with a gateway."""

    def load() -> OpenChannel:
        from .sms_channel import open_sms_channel

        return partial(open_sms_channel, gateway=gateway)

    async def find_problem() -> str | None:
        from .sms_channel import find_gateway_problem

        return await find_gateway_problem(gateway)

    return ChannelSetup(SMS_CHANNEL, load, find_problem, countries=gateway.countries, limits=gateway.limits)


def development_sms_setup(countries: frozenset[str], limits: BudgetLimits) -> ChannelSetup:
    """Set SMS up without a gateway: nothing is sent."""

    def load() -> OpenChannel:
        from .development_channel import open_development_channel

        return open_development_channel

    return ChannelSetup(SMS_CHANNEL, load, countries=countries, limits=limits)
