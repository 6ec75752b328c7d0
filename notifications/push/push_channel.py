"""The push channel: posts encrypted messages to push services (RFC 8030, 8291, 8292).

The endpoint of a subscription comes from an unknown browser. Its host name is therefore resolved and checked, the
connection goes to exactly the checked address, and redirects are not followed (docs/decisions/0014).
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives.asymmetric import ec

from ...core.contact import push_subscriptions
from ...core.contact.push_subscriptions import PushSubscription
from ...core.contact.ssrf_guard import is_allowed_url, is_loopback_host, is_public_address
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ..domain.message_content import OutboxMessage, expires_at
from ..domain.send_results import NoLongerWanted, PermanentFailure, TemporaryFailure
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..http_client import is_success_status, is_temporary_status, open_http_session, parse_retry_after_s
from .vapid import VapidIdentity, decode_base64url

REQUEST_TIMEOUT_S = 15  # push services answer in a fraction of a second
MAX_CONNECTIONS = 20
LONGEST_TTL_S = 12 * 3600
TOPIC_LENGTH = 32  # RFC 8030, 5.4
GONE_STATUSES = frozenset({404, 410})  # RFC 8030, 7.3: the subscription has ended
WRONG_KEY_STATUSES = frozenset({401, 403})  # the browser subscribed with an earlier key of this installation


class PrivateAddress(OSError):
    """The host name of an endpoint resolves to an address that is not public."""


class PublicAddressResolver(AbstractResolver):
    """Resolves host names to public addresses, and with `allow_local` to loopback addresses."""

    def __init__(self, *, allow_local: bool) -> None:
        self._allow_local = allow_local
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name.

        Raises PrivateAddress if any address is not public: no push service has such a name.
        """
        results = await self._inner.resolve(host, port, family)
        if not all(self._is_allowed(result["host"]) for result in results):
            raise PrivateAddress("not a public address")
        return results

    def _is_allowed(self, address: str) -> bool:
        return is_public_address(address) or (self._allow_local and is_loopback_host(address))

    async def close(self) -> None:
        await self._inner.close()


class PushChannel:
    """Encrypts a message for a browser and posts it to that browser's push service."""

    def __init__(
        self,
        runtime: Runtime,
        writer: ShortMessageWriter,
        vapid: VapidIdentity,
        session: aiohttp.ClientSession,
        *,
        allow_local: bool,
        ports: Collection[int],
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._vapid = vapid
        self._session = session
        self._allow_local = allow_local
        self._ports = ports

    async def send(self, message: OutboxMessage) -> None:
        """Send a push; `message.recipient` is the id of a subscription.

        Raises PermanentFailure, TemporaryFailure or NoLongerWanted.
        """
        now = self._runtime.now()
        async with self._runtime.read_session() as session:
            subscription = await push_subscriptions.load_push_subscription(session, message.recipient)
        if subscription is None:
            raise NoLongerWanted("unsubscribed")
        # checked when the browser subscribed, and again here for subscriptions that were stored under other rules
        if not is_allowed_url(subscription.endpoint, allow_loopback=self._allow_local, ports=self._ports):
            raise PermanentFailure("private_address")
        await self._post(message, subscription, self._writer.write(message), now)

    async def _post(
        self, message: OutboxMessage, subscription: PushSubscription, push: ShortMessage, now: datetime
    ) -> None:
        headers = {
            "Authorization": self._vapid.authorization(subscription.endpoint, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_s(message, now)),
            "Urgency": "high" if push.urgent else "normal",
            # replaces an undelivered push of the same topic; hashed, because the push service reads it in clear
            "Topic": hash_token(push.tag)[:TOPIC_LENGTH],
        }
        body = encrypt_payload(subscription, push.push_payload())
        try:
            async with self._session.post(
                subscription.endpoint, data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
                retry_after_s = parse_retry_after_s(response.headers.get("Retry-After"), now)
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise PermanentFailure("private_address") from None
            raise TemporaryFailure("no_such_name") from None
        except (aiohttp.ClientError, TimeoutError):
            raise TemporaryFailure("unreachable") from None
        await self._check_response(message, status, retry_after_s)

    async def _check_response(self, message: OutboxMessage, status: int, retry_after_s: float | None) -> None:
        if is_success_status(status):
            return
        # deleted, so that no later message is written for this browser
        if status in GONE_STATUSES | WRONG_KEY_STATUSES:
            async with self._runtime.transaction() as tx:
                await push_subscriptions.delete_push_endpoint(tx.session, message.recipient)
            raise NoLongerWanted(f"gone: {status}")
        if is_temporary_status(status):
            raise TemporaryFailure(f"later: {status}", retry_after_s)
        raise PermanentFailure(f"refused: {status}")


def ttl_s(message: OutboxMessage, now: datetime) -> int:
    """Return how long a push service keeps a push for an offline browser: until it expires."""
    return max(0, min(LONGEST_TTL_S, int((expires_at(message) - now).total_seconds())))


def encrypt_payload(subscription: PushSubscription, payload: bytes) -> bytes:
    """Encrypt a payload for a browser. Raises PermanentFailure for invalid keys."""
    import http_ece  # imported late: an installation without pushes encrypts nothing

    one_time_key = ec.generate_private_key(ec.SECP256R1())  # RFC 8291, 3.1: new for each message
    try:
        body = http_ece.encrypt(
            payload,
            private_key=one_time_key,
            dh=decode_base64url(subscription.p256dh),
            auth_secret=decode_base64url(subscription.auth),
            version="aes128gcm",
        )
    except ValueError:
        raise PermanentFailure("broken_keys") from None
    assert isinstance(body, bytes)
    return body


@asynccontextmanager
async def open_push_channel(
    runtime: Runtime,
    writer: ShortMessageWriter,
    vapid: VapidIdentity,
    *,
    allow_local: bool,
    ports: Collection[int],
) -> AsyncIterator[PushChannel]:
    """Open the channel; its connections are closed at the end of the block."""
    resolver = PublicAddressResolver(allow_local=allow_local)
    connector = aiohttp.TCPConnector(resolver=resolver, limit=MAX_CONNECTIONS)
    async with open_http_session(REQUEST_TIMEOUT_S, connector) as session:
        yield PushChannel(runtime, writer, vapid, session, allow_local=allow_local, ports=ports)
