"""The SMS channel: posts SMS to a gateway, within daily budgets.

At least once: a gateway that supports `Idempotency-Key` sends a repeated request only once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from ...core.contact.phone_numbers import sms_error_code
from ...core.runtime import Runtime
from ..budget_guard import BudgetGuard
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt, PermanentFailure, TemporaryFailure
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..http_client import (
    find_service_problem,
    is_success_status,
    is_temporary_status,
    open_http_session,
    parse_retry_after_s,
)
from ..storage.outbox_rows import is_message_delivered
from .declaration import SMS_CHANNEL
from .gateway_request import SmsGateway, build_sms_request, to_gsm_text
from .sms_receipt import build_receipt, sms_idempotency_key
from .twilio import parse_error_code

REQUEST_TIMEOUT_S = 20
# Refusals that the operator can mend, such as a wrong login or an address that redirects to another: the SMS waits
# until it expires.
OPERATOR_STATUSES = frozenset({*range(300, 400), 401, 402, 403, 404, 405})
MAX_REFUSAL_BYTES = 10_000  # of a refusal's body; its error code is at the start


class SmsChannel:
    """Sends SMS through one gateway; `message.recipient` is a number in E.164."""

    def __init__(
        self, runtime: Runtime, writer: ShortMessageWriter, gateway: SmsGateway, session: aiohttp.ClientSession
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._gateway = gateway
        self._session = session
        self._budget = BudgetGuard(runtime, SMS_CHANNEL.name, gateway.limits)

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Send an SMS unless an earlier attempt delivered it.

        Raises PermanentFailure or TemporaryFailure.
        """
        if (problem := sms_error_code(message.recipient, self._gateway.countries)) is not None:
            raise PermanentFailure(problem)
        sms = self._writer.write(message)
        if message.attempt == 1 or not await self._was_delivered(message):
            await self._budget.check(message)
            await self._post(message, sms)
        return build_receipt(message, sms)

    async def _was_delivered(self, message: OutboxMessage) -> bool:
        # a worker may have died after the delivery and before it marked the row as sent
        async with self._runtime.read_session() as session:
            return await is_message_delivered(session, sms_idempotency_key(message))

    async def _post(self, message: OutboxMessage, sms: ShortMessage) -> None:
        key = sms_idempotency_key(message)
        text = to_gsm_text(sms.title_and_body, sms.link_and_stop)
        request = build_sms_request(self._gateway.body, {"to": message.recipient, "text": text, "key": key})
        headers = {"Content-Type": request.content_type, "Idempotency-Key": key, **self._gateway.headers}
        try:
            async with self._session.post(
                self._gateway.url, data=request.body, headers=headers, allow_redirects=False
            ) as response:
                await self._check_response(response)
        except (aiohttp.ClientError, TimeoutError):
            raise TemporaryFailure("unreachable") from None

    async def _check_response(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if is_success_status(status):
            return
        permanent_codes = self._gateway.permanent_error_codes
        error_code = parse_error_code(await response.content.read(MAX_REFUSAL_BYTES))
        detail = f"{status} {error_code}" if error_code and permanent_codes is not None else f"{status}"
        if is_temporary_status(status, OPERATOR_STATUSES) or (
            permanent_codes is not None and error_code not in permanent_codes
        ):
            retry_after_s = parse_retry_after_s(response.headers.get("Retry-After"), self._runtime.now())
            raise TemporaryFailure(f"later: {detail}", retry_after_s, whole_channel=True)
        raise PermanentFailure(f"refused: {detail}")


@asynccontextmanager
async def open_sms_channel(
    runtime: Runtime, writer: ShortMessageWriter, gateway: SmsGateway
) -> AsyncIterator[SmsChannel]:
    """Open the channel; its connections are closed at the end of the block."""
    async with open_http_session(REQUEST_TIMEOUT_S) as session:
        yield SmsChannel(runtime, writer, gateway, session)


async def find_gateway_problem(gateway: SmsGateway) -> str | None:
    """Describe why this gateway cannot be used; None without a problem. Sends no SMS.

    With an `account_url` the login is checked. Any other gateway can only be checked for an answer.
    """
    if gateway.account_url is not None:
        refusal = "it does not take account and token"
        return await find_service_problem(gateway.account_url, gateway.headers, refusal)
    try:
        async with (
            open_http_session(REQUEST_TIMEOUT_S) as session,
            session.options(gateway.url, allow_redirects=False),
        ):
            return None
    except TimeoutError:
        return f"no answer within {REQUEST_TIMEOUT_S} s"
    except (aiohttp.ClientError, OSError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
