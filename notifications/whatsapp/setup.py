"""Set-up of WhatsApp with one number of the Cloud API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..channel_setup import ChannelSetup, WebhookAnswer, WebhookCall
from .cloud_api import WhatsAppAccount
from .declaration import WHATSAPP_CHANNEL

if TYPE_CHECKING:
    from ...core.runtime import Runtime
    from ..channel_setup import OpenChannel


def whatsapp_setup(account: WhatsAppAccount) -> ChannelSetup:
    """Set WhatsApp up with a number."""

    def load() -> OpenChannel:
        from .whatsapp_channel import open_whatsapp_channel

        return partial(open_whatsapp_channel, account=account)

    async def find_problem() -> str | None:
        from .whatsapp_channel import find_account_problem

        return await find_account_problem(account)

    async def receive(runtime: Runtime, call: WebhookCall) -> WebhookAnswer:
        from .whatsapp_channel import receive_call

        return await receive_call(runtime, call, account=account)

    return ChannelSetup(
        WHATSAPP_CHANNEL,
        load,
        find_problem,
        countries=account.countries,
        limits=account.limits,
        receive=receive,
    )
