"""Hands notices to an SMS gateway over HTTP: within a budget, each number within its own limit, each key once.

At least once: a gateway that knows the `Idempotency-Key` sends a second request of the same message to nobody.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import aiohttp

from ...core.contact.phone_numbers import sms_error_code
from ...core.runtime import Runtime
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt, PermanentFailure, TemporaryFailure
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..push.retry_after import parse_retry_after_s
from ..storage import outbox_rows
from .gateway_request import SmsGateway, build_sms_request, to_gsm_text
from .twilio import parse_error_code

logger = logging.getLogger(__name__)

REQUEST_TIMEOUT_S = 20
# Refusals that are the installation's fault or pass by themselves: the message waits while it says something.
TEMPORARY_STATUSES = frozenset({401, 402, 403, 404, 405, 408, 425, 429})
MAX_REFUSAL_BYTES = 10_000  # more of a refusal is not read
BUDGET_SPENT, BUDGET_NEARLY_SPENT, NUMBER_LIMIT = "sms_budget_spent", "sms_budget_nearly_spent", "sms_number_limit"
BUDGET_WARNING_SHARE = 0.8  # of the day's budget: there is time to raise it


class SmsChannel:
    """A channel of the worker: `message.recipient` is a number in E.164."""

    def __init__(
        self, runtime: Runtime, writer: ShortMessageWriter, gateway: SmsGateway, session: aiohttp.ClientSession
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._gateway = gateway
        self._session = session
        self._raised_alarms: set[tuple[date, str]] = set()  # what has been raised already

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Raises Undeliverable or Deferred."""
        now = self._runtime.now()
        if (problem := sms_error_code(message.recipient, self._gateway.countries)) is not None:
            raise PermanentFailure(problem)
        notice = self._writer.write(message)
        if message.attempt == 1 or not await self._was_delivered(message):
            await self._check_budget(message, now)
            await self._post(message, notice)
        return build_receipt(message, notice)

    async def _was_delivered(self, message: OutboxMessage) -> bool:
        """Whether whoever handed it over ended before it could say so."""
        async with self._runtime.read_session() as session:
            return await outbox_rows.is_message_delivered(session, sms_idempotency_key(message))

    async def _check_budget(self, message: OutboxMessage, now: datetime) -> None:
        """Raises when the day's budget, or the number's, is used up; messages under way count."""
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._runtime.read_session() as session:
            spent = await outbox_rows.count_channel_usage(session, "sms", day, message.recipient)
        if spent.to_recipient > self._gateway.messages_per_number_per_day:
            await self._raise_alarm_once(day.date(), NUMBER_LIMIT)
            raise PermanentFailure("number_limit")
        if spent.total > self._gateway.messages_per_day:
            await self._raise_alarm_once(day.date(), BUDGET_SPENT)
            raise TemporaryFailure("budget_spent")
        if spent.total > self._gateway.messages_per_day * BUDGET_WARNING_SHARE:
            await self._raise_alarm_once(day.date(), BUDGET_NEARLY_SPENT)

    async def _raise_alarm_once(self, day: date, alarm: str) -> None:
        """Said once a day in the logs of all processes, and kept for whoever looks later."""
        if (day, alarm) in self._raised_alarms:
            return
        self._raised_alarms = {one for one in self._raised_alarms if one[0] == day} | {(day, alarm)}
        async with self._runtime.transaction() as tx:
            first = await outbox_rows.raise_alarm(tx.session, day, alarm, tx.now)
        if first:
            logger.error(
                alarm,
                extra={
                    "budget": self._gateway.messages_per_day,
                    "a_number": self._gateway.messages_per_number_per_day,
                },
            )

    async def _post(self, message: OutboxMessage, notice: ShortMessage) -> None:
        values = {
            "to": message.recipient,
            "text": to_gsm_text(notice.title_and_body, notice.link_and_stop),
            "key": sms_idempotency_key(message),
        }
        request = build_sms_request(self._gateway.body, values)
        headers = {
            "Content-Type": request.content_type,
            "Idempotency-Key": values["key"],
            **self._gateway.headers,
        }
        try:
            async with self._session.post(
                self._gateway.url, data=request.body, headers=headers, allow_redirects=False
            ) as answer:
                wait_s = parse_retry_after_s(answer.headers.get("Retry-After"), self._runtime.now())
                _raise_for_refusal(
                    answer.status, await _read_error_code(answer), self._gateway.permanent_error_codes, wait_s
                )
        except (aiohttp.ClientError, TimeoutError):
            raise TemporaryFailure("unreachable") from None


async def _read_error_code(answer: aiohttp.ClientResponse) -> int | None:
    """The code that a refusal gives in JSON."""
    return None if answer.ok else parse_error_code(await answer.content.read(MAX_REFUSAL_BYTES))


def _raise_for_refusal(
    status: int, code: int | None, final_codes: frozenset[int] | None, wait_s: float | None
) -> None:
    if 200 <= status < 300:
        return
    said = f"{status} {code}" if code and final_codes is not None else f"{status}"
    if not _is_permanent(status, code, final_codes):
        raise TemporaryFailure(f"later: {said}", wait_s, whole_channel=True)
    raise PermanentFailure(f"refused: {said}")


def _is_permanent(status: int, code: int | None, final_codes: frozenset[int] | None) -> bool:
    if status in TEMPORARY_STATUSES or status >= 500:
        return False
    return True if final_codes is None else code in final_codes


def sms_idempotency_key(message: OutboxMessage) -> str:
    """The same at every attempt, and no more than 64 letters, which gateways take as a reference."""
    return f"sms-{message.id}"


def build_receipt(message: OutboxMessage, notice: ShortMessage) -> DeliveryReceipt:
    """What is kept of a delivery: never its text."""
    return DeliveryReceipt(sms_idempotency_key(message), notice.title)


class DevelopmentSmsChannel:
    """Takes what would be sent by SMS while the product is tried out; `/dev/outbox` shows it."""

    def __init__(self, writer: ShortMessageWriter) -> None:
        self._writer = writer

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Note it."""
        return build_receipt(message, self._writer.write(message))


@asynccontextmanager
async def open_sms_channel(
    runtime: Runtime, writer: ShortMessageWriter, gateway: SmsGateway
) -> AsyncIterator[SmsChannel]:
    """The channel, over connections that end with the block."""
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield SmsChannel(runtime, writer, gateway, session)


async def find_gateway_problem(gateway: SmsGateway) -> str | None:
    """What keeps this gateway from being asked, in words; None when nothing is seen. Sends no message.

    An account can be asked for; of any other gateway it is seen only that it answers.
    """
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            if gateway.account_url is None:
                async with session.options(gateway.url, allow_redirects=False):
                    return None
            async with session.get(gateway.account_url, headers=gateway.headers, allow_redirects=False) as answer:
                return None if answer.ok else f"it does not take account and token: {answer.status}"
    except TimeoutError:
        return f"no answer within {REQUEST_TIMEOUT_S} s"
    except (aiohttp.ClientError, OSError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
