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
from ...core.contact.push_subscriptions import PushSubscription
from ...core.contact.ssrf_guard import is_allowed_url, is_loopback_host, is_public_address
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ..domain.message_content import OutboxMessage, expires_at
from ..domain.send_results import NoLongerWanted, PermanentFailure, TemporaryFailure
from ..domain.short_message import ShortMessage, ShortMessageWriter
from .retry_after import parse_retry_after_s
from .vapid import VapidIdentity

logger = logging.getLogger(__name__)

REQUEST_TIMEOUT_S = 15  # a push service answers in a fraction of a second
MAX_CONNECTIONS = 20
LONGEST_TTL_S = 12 * 3600
TOPIC_LENGTH = 32  # RFC 8030, 5.4
GONE_STATUSES = frozenset({404, 410})  # RFC 8030, 7.3: this subscription will not come back
WRONG_KEY_STATUSES = frozenset({401, 403})  # made for another public key: an installation that changed its own
TEMPORARY_STATUSES = frozenset({408, 425, 429})


class PrivateAddress(OSError):
    """A stranger's name leads into a network that is not the public one."""


class PublicAddressResolver(AbstractResolver):
    """Resolves to public addresses only. `local`: this machine's own are allowed, too."""

    def __init__(self, *, allow_local: bool) -> None:
        self._allow_local = allow_local
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises PrivateAddress when one of the addresses is not public: such a name is no push service's."""
        found = await self._inner.resolve(host, port, family)
        if not all(
            is_public_address(one["host"]) or (self._allow_local and is_loopback_host(one["host"]))
            for one in found
        ):
            raise PrivateAddress("not a public address")
        return found

    async def close(self) -> None:
        await self._inner.close()


@dataclass(frozen=True, slots=True)
class PushServiceResponse:
    """A push service's answer; `after_s`: so long it wants to be left alone (RFC 8030, 8.4)."""

    status: int
    retry_after_s: float | None


class PushChannel:
    """A channel of the worker: encrypts for one browser, and posts it to that browser's service."""

    def __init__(
        self,
        runtime: Runtime,
        writer: ShortMessageWriter,
        vapid: VapidIdentity,
        session: aiohttp.ClientSession,
        *,
        allow_local: bool,
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._vapid = vapid
        self._session = session
        self._allow_local = allow_local

    async def send(self, message: OutboxMessage) -> None:
        """`message.recipient` is a subscription. Raises Undeliverable, Unwanted or Deferred."""
        now = self._runtime.now()
        async with self._runtime.read_session() as session:
            browser = await push_subscriptions.load_push_subscription(session, message.recipient)
        if browser is None:
            raise NoLongerWanted("unsubscribed")
        if not is_allowed_url(browser.endpoint, allow_loopback=self._allow_local):
            raise PermanentFailure("private_address")
        await self._check_response(message, await self._post(message, browser, self._writer.write(message), now))

    async def _post(
        self, message: OutboxMessage, browser: PushSubscription, notice: ShortMessage, now: datetime
    ) -> PushServiceResponse:
        """What the push service answers."""
        headers = {
            "Authorization": self._vapid.authorization(browser.endpoint, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_s(message, now)),
            "Urgency": "high" if notice.urgent else "normal",
            "Topic": hash_token(notice.tag)[:TOPIC_LENGTH],  # a newer notice takes the place of an undelivered one
        }
        body = encrypt_payload(browser, notice.push_payload())
        try:
            async with self._session.post(
                browser.endpoint, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return PushServiceResponse(
                    answer.status, parse_retry_after_s(answer.headers.get("Retry-After"), now)
                )
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise PermanentFailure("private_address") from None
            raise TemporaryFailure("no_such_name") from None
        except (aiohttp.ClientError, TimeoutError):
            raise TemporaryFailure("unreachable") from None

    async def _check_response(self, message: OutboxMessage, response: PushServiceResponse) -> None:
        status = response.status
        if 200 <= status < 300:
            return
        if status in GONE_STATUSES | WRONG_KEY_STATUSES:
            async with self._runtime.transaction() as tx:
                await push_subscriptions.delete_push_endpoint(tx.session, message.recipient)
            raise NoLongerWanted(f"gone: {status}")
        if status in TEMPORARY_STATUSES or status >= 500:
            raise TemporaryFailure(f"later: {status}", response.retry_after_s)
        raise PermanentFailure(f"refused: {status}")


def ttl_s(message: OutboxMessage, now: datetime) -> int:
    """How long a push service keeps it for a browser that is away: as long as it is true."""
    return max(0, min(LONGEST_TTL_S, int((expires_at(message) - now).total_seconds())))


def encrypt_payload(browser: PushSubscription, payload: bytes) -> bytes:
    """The payload as only this browser can read it. Raises Undeliverable for keys that are none."""
    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    try:
        body = WebPusher({"endpoint": browser.endpoint, "keys": keys}).encode(payload, "aes128gcm")["body"]
    except ValueError:
        raise PermanentFailure("broken_keys") from None
    assert isinstance(body, bytes)
    return body


@asynccontextmanager
async def open_push_channel(
    runtime: Runtime, writer: ShortMessageWriter, vapid: VapidIdentity, *, allow_local: bool
) -> AsyncIterator[PushChannel]:
    """The channel, over connections that end with the block."""
    connector = aiohttp.TCPConnector(
        resolver=PublicAddressResolver(allow_local=allow_local), limit=MAX_CONNECTIONS
    )
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=cookies) as session:
        yield PushChannel(runtime, writer, vapid, session, allow_local=allow_local)
