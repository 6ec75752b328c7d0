"""The other side, on loopback: a push service with a browser behind it, and an SMS gateway."""

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
from py_vapid import Vapid02

TIMEOUT_S = 20


@dataclass
class ReceivedRequest:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeHttpService:
    """A server that keeps what it is sent and answers as told; `answered` of a path beats the general status."""

    url: str = ""
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    response_json: dict[str, Any] = field(default_factory=dict)  # of an answer, as JSON
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

    async def wait_for_requests(self, count: int) -> list[ReceivedRequest]:
        """What has come, as soon as it is so much."""
        async with asyncio.timeout(TIMEOUT_S), self.changed:
            await self.changed.wait_for(lambda: len(self.received) >= count)
        return self.received


@asynccontextmanager
async def run_http_service() -> AsyncIterator[FakeHttpService]:
    made = FakeHttpService()
    app = web.Application()
    app.router.add_post("/{name:.*}", made.handle_request)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        for gate in made.gates.values():
            gate.set()
        await runner.cleanup()


class SubscribedBrowser:
    """A browser that has subscribed: it alone can read what it is sent."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.browser = PushSubscription(endpoint, _text(point), _text(self._secret))

    @property
    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` gives it."""
        keys = {"p256dh": self.browser.p256dh, "auth": self.browser.auth}
        return {"endpoint": self.browser.endpoint, "expirationTime": None, "keys": keys}

    def decrypt(self, received: ReceivedRequest) -> dict[str, Any]:
        """The payload, decrypted (RFC 8291)."""
        plain = http_ece.decrypt(
            received.body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"
        )
        found: dict[str, Any] = json.loads(plain)
        return found


def is_signed(received: ReceivedRequest) -> bool:
    """Whether the push service would believe who sent it (RFC 8292)."""
    return bool(Vapid02.verify(received.headers["Authorization"]))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
