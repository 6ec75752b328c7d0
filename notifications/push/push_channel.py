"""Hands notices to browsers through their push services (RFC 8030, 8291, 8292). Only they can read them.

The address came from a stranger, so what its name resolves to is looked at, and that very address is connected to;
redirects are not followed (docs/decisions/0014-a-push-goes-to-public-addresses-only.md).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from pywebpush import WebPusher

from ...core.contact import push_subscriptions
from ...core.contact.push_subscriptions import Browser
from ...core.contact.ssrf_guard import is_loopback, is_public, may_be_reached
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ..domain.message_content import Message, said_until
from ..domain.send_results import Deferred, Undeliverable, Unwanted
from ..domain.short_message import NoticeText, NoticeWriter
from .retry_after import after_s
from .vapid import Vapid

logger = logging.getLogger(__name__)

ANSWER_S = 15  # a push service answers in a fraction of a second
CONNECTIONS = 20
LONGEST_TTL_S = 12 * 3600
TOPIC_LENGTH = 32  # RFC 8030, 5.4
GONE = frozenset({404, 410})  # RFC 8030, 7.3: this subscription will not come back
OTHER_KEY = frozenset({401, 403})  # made for another public key: an installation that changed its own
LATER = frozenset({408, 425, 429})


class PrivateAddress(OSError):
    """A stranger's name leads into a network that is not the public one."""


class OutsideResolver(AbstractResolver):
    """Resolves to public addresses only. `local`: this machine's own are allowed, too."""

    def __init__(self, *, local: bool) -> None:
        self._local = local
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises PrivateAddress when one of the addresses is not public: such a name is no push service's."""
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(one["host"]) or (self._local and is_loopback(one["host"])) for one in found):
            raise PrivateAddress("not a public address")
        return found

    async def close(self) -> None:
        await self._inner.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """A push service's answer; `after_s`: so long it wants to be left alone (RFC 8030, 8.4)."""

    status: int
    after_s: float | None


class PushChannel:
    """A channel of the worker: encrypts for one browser, and posts it to that browser's service."""

    def __init__(
        self, runtime: Runtime, writer: NoticeWriter, vapid: Vapid, session: aiohttp.ClientSession, *, local: bool
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._vapid = vapid
        self._session = session
        self._local = local

    async def send(self, message: Message) -> None:
        """`message.recipient` is a subscription. Raises Undeliverable, Unwanted or Deferred."""
        now = self._runtime.now()
        async with self._runtime.reading() as session:
            browser = await push_subscriptions.browser_of(session, message.recipient)
        if browser is None:
            raise Unwanted("unsubscribed")
        if not may_be_reached(browser.endpoint, local=self._local):
            raise Undeliverable("private_address")
        await self._close(message, await self._post(message, browser, self._writer.write(message), now))

    async def _post(self, message: Message, browser: Browser, notice: NoticeText, now: datetime) -> Answer:
        """What the push service answers."""
        headers = {
            "Authorization": self._vapid.authorization(browser.endpoint, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_s(message, now)),
            "Urgency": "high" if notice.urgent else "normal",
            "Topic": hash_token(notice.tag)[:TOPIC_LENGTH],  # a newer notice takes the place of an undelivered one
        }
        body = encrypted(browser, notice.push_payload())
        try:
            async with self._session.post(
                browser.endpoint, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return Answer(answer.status, after_s(answer.headers.get("Retry-After"), now))
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise Undeliverable("private_address") from None
            raise Deferred("no_such_name") from None
        except (aiohttp.ClientError, TimeoutError):
            raise Deferred("unreachable") from None

    async def _close(self, message: Message, answer: Answer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        if status in GONE | OTHER_KEY:
            async with self._runtime.transaction() as tx:
                await push_subscriptions.forget(tx.session, message.recipient)
            raise Unwanted(f"gone: {status}")
        if status in LATER or status >= 500:
            raise Deferred(f"later: {status}", answer.after_s)
        raise Undeliverable(f"refused: {status}")


def ttl_s(message: Message, now: datetime) -> int:
    """How long a push service keeps it for a browser that is away: as long as it is true."""
    return max(0, min(LONGEST_TTL_S, int((said_until(message) - now).total_seconds())))


def encrypted(browser: Browser, payload: bytes) -> bytes:
    """The payload as only this browser can read it. Raises Undeliverable for keys that are none."""
    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    try:
        body = WebPusher({"endpoint": browser.endpoint, "keys": keys}).encode(payload, "aes128gcm")["body"]
    except ValueError:
        raise Undeliverable("broken_keys") from None
    assert isinstance(body, bytes)
    return body


@asynccontextmanager
async def push_channel(
    runtime: Runtime, writer: NoticeWriter, vapid: Vapid, *, local: bool
) -> AsyncIterator[PushChannel]:
    """The channel, over connections that end with the block."""
    connector = aiohttp.TCPConnector(resolver=OutsideResolver(local=local), limit=CONNECTIONS)
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=cookies) as session:
        yield PushChannel(runtime, writer, vapid, session, local=local)
