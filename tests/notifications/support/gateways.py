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
from office360.core.contact.push_subscriptions import Browser
from py_vapid import Vapid02

TIMEOUT_S = 20


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Outside:
    """A server that keeps what it is sent and answers as told; `answered` of a path beats the general status."""

    url: str = ""
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    contents: dict[str, Any] = field(default_factory=dict)  # of an answer, as JSON
    answers: dict[str, int] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        path = request.path
        async with self.news:
            self.received.append(Received(path, dict(request.headers), await request.read()))
            self.news.notify_all()
        if path in self.gates:
            await self.gates[path].wait()
        status = self.answers.get(path, self.status)
        headers = {"Location": f"{self.url}/elsewhere"} if 300 <= status < 400 else {}
        return web.json_response(self.contents, status=status, headers={**headers, **self.headers})

    async def until(self, count: int) -> list[Received]:
        """What has come, as soon as it is so much."""
        async with asyncio.timeout(TIMEOUT_S), self.news:
            await self.news.wait_for(lambda: len(self.received) >= count)
        return self.received


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    made = Outside()
    app = web.Application()
    app.router.add_post("/{name:.*}", made.take)
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


class Phone:
    """A browser that has subscribed: it alone can read what it is sent."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.browser = Browser(endpoint, _text(point), _text(self._secret))

    @property
    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` gives it."""
        keys = {"p256dh": self.browser.p256dh, "auth": self.browser.auth}
        return {"endpoint": self.browser.endpoint, "expirationTime": None, "keys": keys}

    def read(self, received: Received) -> dict[str, Any]:
        """The payload, decrypted (RFC 8291)."""
        plain = http_ece.decrypt(
            received.body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"
        )
        found: dict[str, Any] = json.loads(plain)
        return found


def is_signed(received: Received) -> bool:
    """Whether the push service would believe who sent it (RFC 8292)."""
    return bool(Vapid02.verify(received.headers["Authorization"]))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
