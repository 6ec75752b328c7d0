"""Hands notices to an SMS gateway over HTTP: within a budget, each number within its own limit, each key once.

At least once: a gateway that knows the `Idempotency-Key` sends a second request of the same message to nobody.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import aiohttp

from ...core.contact.phone_numbers import sms_problem
from ...core.runtime import Runtime
from ..domain.message_content import Message
from ..domain.send_results import Deferred, Receipt, Undeliverable
from ..domain.short_message import NoticeText, NoticeWriter
from ..push.retry_after import after_s
from ..storage import outbox_rows
from .gateway_request import Gateway, folded, request_of
from .twilio import code_of

logger = logging.getLogger(__name__)

ANSWER_S = 20
# Refusals that are the installation's fault or pass by themselves: the message waits while it says something.
LATER = frozenset({401, 402, 403, 404, 405, 408, 425, 429})
ANSWER_BYTES = 10_000  # more of a refusal is not read
SPENT, NEARLY_SPENT, NUMBER_LIMIT = "sms_budget_spent", "sms_budget_nearly_spent", "sms_number_limit"
WARN_FROM = 0.8  # of the day's budget: there is time to raise it


class SmsChannel:
    """A channel of the worker: `message.recipient` is a number in E.164."""

    def __init__(
        self, runtime: Runtime, writer: NoticeWriter, gateway: Gateway, session: aiohttp.ClientSession
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._gateway = gateway
        self._session = session
        self._alarmed: set[tuple[date, str]] = set()  # what has been raised already

    async def send(self, message: Message) -> Receipt:
        """Raises Undeliverable or Deferred."""
        now = self._runtime.now()
        if (problem := sms_problem(message.recipient, self._gateway.countries)) is not None:
            raise Undeliverable(problem)
        notice = self._writer.write(message)
        if message.attempt == 1 or not await self._was_taken(message):
            await self._spend(message, now)
            await self._post(message, notice)
        return receipt_of(message, notice)

    async def _was_taken(self, message: Message) -> bool:
        """Whether whoever handed it over ended before it could say so."""
        async with self._runtime.reading() as session:
            return await outbox_rows.is_delivered(session, delivery_of(message))

    async def _spend(self, message: Message, now: datetime) -> None:
        """Raises when the day's budget, or the number's, is used up; messages under way count."""
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._runtime.reading() as session:
            spent = await outbox_rows.count_spent(session, "sms", day, message.recipient)
        if spent.by_number > self._gateway.a_number_a_day:
            await self._alarm(day.date(), NUMBER_LIMIT)
            raise Undeliverable("number_limit")
        if spent.by_all > self._gateway.a_day:
            await self._alarm(day.date(), SPENT)
            raise Deferred("budget_spent")
        if spent.by_all > self._gateway.a_day * WARN_FROM:
            await self._alarm(day.date(), NEARLY_SPENT)

    async def _alarm(self, day: date, alarm: str) -> None:
        """Said once a day in the logs of all processes, and kept for whoever looks later."""
        if (day, alarm) in self._alarmed:
            return
        self._alarmed = {one for one in self._alarmed if one[0] == day} | {(day, alarm)}
        async with self._runtime.transaction() as tx:
            first = await outbox_rows.raise_alarm(tx.session, day, alarm, tx.now)
        if first:
            logger.error(alarm, extra={"budget": self._gateway.a_day, "a_number": self._gateway.a_number_a_day})

    async def _post(self, message: Message, notice: NoticeText) -> None:
        values = {"to": message.recipient, "text": folded(notice.said, notice.links), "key": delivery_of(message)}
        request = request_of(self._gateway.body, values)
        headers = {
            "Content-Type": request.content_type,
            "Idempotency-Key": values["key"],
            **self._gateway.headers,
        }
        try:
            async with self._session.post(
                self._gateway.url, data=request.body, headers=headers, allow_redirects=False
            ) as answer:
                wait_s = after_s(answer.headers.get("Retry-After"), self._runtime.now())
                _check(answer.status, await _code(answer), self._gateway.final_codes, wait_s)
        except (aiohttp.ClientError, TimeoutError):
            raise Deferred("unreachable") from None


async def _code(answer: aiohttp.ClientResponse) -> int | None:
    """The code that a refusal gives in JSON."""
    return None if answer.ok else code_of(await answer.content.read(ANSWER_BYTES))


def _check(status: int, code: int | None, final_codes: frozenset[int] | None, wait_s: float | None) -> None:
    if 200 <= status < 300:
        return
    said = f"{status} {code}" if code and final_codes is not None else f"{status}"
    if not _is_final(status, code, final_codes):
        raise Deferred(f"later: {said}", wait_s, by_all=True)
    raise Undeliverable(f"refused: {said}")


def _is_final(status: int, code: int | None, final_codes: frozenset[int] | None) -> bool:
    if status in LATER or status >= 500:
        return False
    return True if final_codes is None else code in final_codes


def delivery_of(message: Message) -> str:
    """The same at every attempt, and no more than 64 letters, which gateways take as a reference."""
    return f"sms-{message.id}"


def receipt_of(message: Message, notice: NoticeText) -> Receipt:
    """What is kept of a delivery: never its text."""
    return Receipt(delivery_of(message), notice.title)


class DevelopmentPhone:
    """Takes what would be sent by SMS while the product is tried out; `/dev/outbox` shows it."""

    def __init__(self, writer: NoticeWriter) -> None:
        self._writer = writer

    async def send(self, message: Message) -> Receipt:
        """Note it."""
        return receipt_of(message, self._writer.write(message))


@asynccontextmanager
async def sms_channel(runtime: Runtime, writer: NoticeWriter, gateway: Gateway) -> AsyncIterator[SmsChannel]:
    """The channel, over connections that end with the block."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield SmsChannel(runtime, writer, gateway, session)


async def problem_of(gateway: Gateway) -> str | None:
    """What keeps this gateway from being asked, in words; None when nothing is seen. Sends no message.

    An account can be asked for; of any other gateway it is seen only that it answers.
    """
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            if gateway.account_url is None:
                async with session.options(gateway.url, allow_redirects=False):
                    return None
            async with session.get(gateway.account_url, headers=gateway.headers, allow_redirects=False) as answer:
                return None if answer.ok else f"it does not take account and token: {answer.status}"
    except TimeoutError:
        return f"no answer within {ANSWER_S} s"
    except (aiohttp.ClientError, OSError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
