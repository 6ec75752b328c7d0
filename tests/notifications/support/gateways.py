"""HTTP servers on loopback: an SMS gateway, and a push service with a subscribed browser."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from office360.core.contact.push_subscriptions import PushSubscription
from office360.core.runtime import Runtime
from office360.notifications.channels import open_chosen_channels
from office360.notifications.domain.channel_budgets import BudgetLimits
from office360.notifications.domain.message_content import TextTemplates
from office360.notifications.domain.quiet_hours import QuietHours
from office360.notifications.service import DeliveryChannel, generate_vapid_private_key
from office360.notifications.sms.gateway_request import SmsGateway
from office360.server.settings import Settings

from .channels import SMS_LIMITS, sms_setup

TIMEOUT_S = 20


def open_sms_channels(
    runtime: Runtime,
    templates: TextTemplates,
    gateway: SmsGateway,
    *,
    quiet: QuietHours | None = None,
    limits: BudgetLimits = SMS_LIMITS,
) -> AbstractAsyncContextManager[dict[str, DeliveryChannel]]:
    """Open the SMS channel of a gateway."""
    setup = sms_setup(gateway, limits=limits)
    return open_chosen_channels(runtime, templates, [setup], quiet=quiet)


def with_push_keys(settings: Settings) -> Settings:
    """Return the settings with new keys for web push."""
    keys = {"vapid_private_key": generate_vapid_private_key(), "vapid_subject": "mailto:it@example.org"}
    return settings.model_copy(update=keys)


@dataclass
class ReceivedRequest:
    """A request that the server received."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeHttpService:
    """A server that stores its requests and answers with set statuses.

    `status_by_path` has precedence over `status`. A request to a path with a gate is answered when the gate opens.
    """

    url: str = ""
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    response_json: dict[str, Any] = field(default_factory=dict)
    status_by_path: dict[str, int] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    received: list[ReceivedRequest] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_request(self, request: web.Request) -> web.Response:
        path = request.path
        async with self.changed:
            self.received.append(ReceivedRequest(path, dict(request.headers), await request.read()))
            self.changed.notify_all()
        if path in self.gates:
            await self.gates[path].wait()
        status = self.status_by_path.get(path, self.status)
        headers = {"Location": f"{self.url}/elsewhere"} if 300 <= status < 400 else {}
        return web.json_response(self.response_json, status=status, headers={**headers, **self.headers})

    async def wait_for_requests(self, count: int, timeout_s: float = TIMEOUT_S) -> list[ReceivedRequest]:
        """Wait until that many requests were received and return them."""
        async with asyncio.timeout(timeout_s), self.changed:
            await self.changed.wait_for(lambda: len(self.received) >= count)
        return self.received


@asynccontextmanager
async def run_http_service() -> AsyncIterator[FakeHttpService]:
    """Run a server on a free port during the block."""
    service = FakeHttpService()
    app = web.Application()
    app.router.add_post("/{name:.*}", service.handle_request)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        for gate in service.gates.values():
            gate.set()
        await runner.cleanup()


class SubscribedBrowser:
    """A subscribed browser, with the keys to decrypt its pushes."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.address = PushSubscription(endpoint, _to_base64url(point), _to_base64url(self._secret))

    @property
    def subscription(self) -> dict[str, Any]:
        """The JSON of `PushSubscription.toJSON()`."""
        keys = {"p256dh": self.address.p256dh, "auth": self.address.auth}
        return {"endpoint": self.address.endpoint, "expirationTime": None, "keys": keys}

    def decrypt(self, received: ReceivedRequest) -> dict[str, Any]:
        """Decrypt the payload of a push (RFC 8291)."""
        plain = http_ece.decrypt(
            received.body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"
        )
        payload: dict[str, Any] = json.loads(plain)
        return payload


def is_signed(received: ReceivedRequest) -> bool:
    """Tell whether the VAPID signature of a push is valid (RFC 8292, ES256 of RFC 7518)."""
    token, key = _vapid_parts(received)
    signed, _, signature = token.rpartition(".")
    raw = _from_base64url(signature)
    numbers = [int.from_bytes(half, "big") for half in (raw[:32], raw[32:])]
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _from_base64url(key))
    try:
        point.verify(encode_dss_signature(*numbers), signed.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def vapid_token_parts(received: ReceivedRequest) -> list[dict[str, Any]]:
    """Decode header and claims of the token of a push."""
    token, _ = _vapid_parts(received)
    return [json.loads(_from_base64url(part)) for part in token.split(".")[:2]]


def _vapid_parts(received: ReceivedRequest) -> tuple[str, str]:
    """Split `vapid t=TOKEN,k=KEY`, the only form that push services have to accept."""
    scheme, _, parameters = received.headers["Authorization"].partition(" ")
    token, key = parameters.split(",")
    assert (scheme, token[:2], key[:2]) == ("vapid", "t=", "k=")
    return token[2:], key[2:]


def _from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _to_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
