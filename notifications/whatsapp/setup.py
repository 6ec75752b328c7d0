"""Set-up of WhatsApp with a number of the Cloud API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..channel_setup import ChannelSetup, WebhookAnswer, WebhookCall
from ..domain.channel_budgets import BudgetLimits
from .cloud_api import WhatsAppAccount
from .declaration import WHATSAPP_CHANNEL

if TYPE_CHECKING:
    from ...core.runtime import Runtime


def whatsapp_setup(account: WhatsAppAccount, countries: frozenset[str], limits: BudgetLimits) -> ChannelSetup:
    """Set WhatsApp up with a number."""

    async def receive(runtime: Runtime, call: WebhookCall) -> WebhookAnswer:
        from .cloud_webhook import receive_call  # imported late, with tables

        return await receive_call(runtime, call, account=account)

    return ChannelSetup(WHATSAPP_CHANNEL, account, countries, limits=limits, receive=receive)
