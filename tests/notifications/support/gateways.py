"""HTTP servers on loopback: an SMS gateway, and a push service with a subscribed browser."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from office360.core.contact.push_subscriptions import PushSubscription
from office360.notifications.service import generate_vapid_private_key
from office360.server.settings import Settings
from py_vapid import Vapid02

TIMEOUT_S = 20


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
    """Tell whether the VAPID signature of a push is valid (RFC 8292)."""
    return bool(Vapid02.verify(received.headers["Authorization"]))


def _to_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
