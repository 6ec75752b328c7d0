"""The channel that people choose: posts its messages to a gateway, within daily budgets.

At least once: a worker that is killed between the gateway's answer and our commit sends that message again,
unless the gateway supports `Idempotency-Key`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from ..core.contact.phone_numbers import sms_error_code
from ..core.runtime import Runtime
from .budget_guard import BudgetGuard
from .channel_setup import ChannelSetup
from .domain.gateway import Gateway, GatewayRefusal, GatewayRequest, build_receipt
from .domain.message_content import OutboxMessage
from .domain.send_results import DeliveryReceipt, PermanentFailure, TemporaryFailure
from .domain.short_message import ShortMessageWriter
from .http_client import is_success_status, is_temporary_status, open_http_session, parse_retry_after_s

REQUEST_TIMEOUT_S = 20
MAX_REFUSAL_BYTES = 10_000  # of a refusal's body; its error code is at the start


class GatewayChannel:
    """Sends the messages of a channel through its gateway.

    `message.recipient` is a number in E.164, or what the service identifies a person by.
    """

    def __init__(
        self,
        runtime: Runtime,
        writer: ShortMessageWriter,
        setup: ChannelSetup,
        gateway: Gateway,
        session: aiohttp.ClientSession,
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._countries = setup.countries
        self._gateway = gateway
        self._session = session
        self._budget = BudgetGuard(runtime, setup.name, setup.limits) if setup.limits is not None else None

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Send a message. Raises PermanentFailure, TemporaryFailure or NoLongerWanted."""
        if self._countries and (problem := sms_error_code(message.recipient, self._countries)) is not None:
            raise PermanentFailure(problem)
        short = self._writer.write(message)
        receipt = build_receipt(message, short)
        request = self._gateway.build_request(message, short, receipt.id)
        if self._budget is not None:
            await self._budget.check(message)
        await self._post(request)
        return receipt

    async def _post(self, request: GatewayRequest) -> None:
        try:
            async with self._session.post(
                request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as response:
                if is_success_status(response.status):
                    return
                refusal = await self._read_refusal(response)
        except (aiohttp.ClientError, TimeoutError):
            raise TemporaryFailure("unreachable") from None
        raise self._gateway.classify_refusal(refusal)

    async def _read_refusal(self, response: aiohttp.ClientResponse) -> GatewayRefusal:
        return GatewayRefusal(
            response.status,
            await response.content.read(MAX_REFUSAL_BYTES),
            is_temporary_status(response.status),
            parse_retry_after_s(response.headers.get("Retry-After"), self._runtime.now()),
        )


@asynccontextmanager
async def open_gateway_channel(
    runtime: Runtime, writer: ShortMessageWriter, setup: ChannelSetup, gateway: Gateway
) -> AsyncIterator[GatewayChannel]:
    """Open the channel; its connections are closed at the end of the block."""
    async with open_http_session(REQUEST_TIMEOUT_S) as session:
        yield GatewayChannel(runtime, writer, setup, gateway, session)
