"""HTTP of people in a soak: a write is repeated under its key until it is answered.

So do the product's pages and a program that reads docs/api.md. Statuses and times are counted.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from ...core.ids import new_id
from .ledger import Outcome

ATTEMPT_TIMEOUT_S = 15.0
PATIENCE_S = 90.0
RETRY_DELAY_S = (0.3, 1.5)  # random, so that people do not press again at one instant


@dataclass
class Traffic:
    """Answers that people got.

    `crashes`: time (CLOCK_MONOTONIC, seconds), status and call of answers of 500 and above, without 503.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    given_up: int = 0
    lost_answers: int = 0  # refused by a repetition, although the first attempt may have been executed
    latencies_s: list[float] = field(default_factory=list)
    crashes: list[tuple[float, int, str]] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)

    def record(self, status: int, call: str, seconds: float) -> None:
        self.statuses[status] += 1
        self.latencies_s.append(seconds)
        if status >= 500 and status != 503:
            self.crashes.append((time.monotonic(), status, call))


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """The last answer to a call. `status`: 0 without an answer."""

    status: int
    body: Any
    outcome: Outcome

    @property
    def code(self) -> str:
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


@dataclass
class PeopleClient:
    """A client without cookies, as programs and phones with an idempotency key."""

    session: aiohttp.ClientSession
    traffic: Traffic
    chance: random.Random

    async def post(
        self, path: str, body: Any = None, *, key: str = "", patience_s: float = PATIENCE_S
    ) -> PersonAnswer:
        """Post until there is an answer of a use case, or for `patience_s`."""
        headers = {"Idempotency-Key": new_id(), **({"Authorization": f"Bearer {key}"} if key else {})}
        return await self._repeat("POST", path, headers, body or {}, patience_s)

    async def get(self, path: str, *, key: str = "", patience_s: float = PATIENCE_S) -> PersonAnswer:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return await self._repeat("GET", path, headers, None, patience_s)

    async def _repeat(
        self, method: str, path: str, headers: dict[str, str], body: Any, patience_s: float
    ) -> PersonAnswer:
        deadline, is_unknown = time.monotonic() + patience_s, False
        while True:
            status, answer, is_replayed = await self._attempt(method, path, headers, body)
            answered = PersonAnswer(status, answer, Outcome.ACKNOWLEDGED)
            if 200 <= status < 300:
                return answered
            is_running = status == 409 and answered.code == "in_progress"
            if 400 <= status < 500 and not is_running:
                self.traffic.refusals[answered.code] += 1
                self.traffic.lost_answers += is_unknown and method == "POST" and not is_replayed
                return PersonAnswer(status, answer, Outcome.UNKNOWN if is_unknown else Outcome.REFUSED)
            is_unknown = True
            if time.monotonic() > deadline:
                self.traffic.given_up += 1
                return PersonAnswer(status, answer, Outcome.UNKNOWN)
            await asyncio.sleep(self.chance.uniform(*RETRY_DELAY_S))

    async def _attempt(self, method: str, path: str, headers: dict[str, str], body: Any) -> tuple[int, Any, bool]:
        """Return status, body, and whether it is the stored answer to an attempt before."""
        began_s = time.monotonic()
        try:
            async with self.session.request(method, path, json=body, headers=headers) as answer:
                status, found = answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            self.traffic.unanswered += 1
            return 0, None, False
        self.traffic.record(status, f"{method} {_template(path)}", time.monotonic() - began_s)
        return status, found, "Idempotent-Replayed" in answer.headers


def _template(path: str) -> str:
    """Replace ids and tokens in a path, which are long."""
    parts = path.partition("?")[0].split("/")
    return "/".join("…" if len(part) > 20 else part for part in parts)


@asynccontextmanager
async def open_people_client(url: str, traffic: Traffic, chance: random.Random) -> AsyncIterator[PeopleClient]:
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=5)
    async with aiohttp.ClientSession(
        url,
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=ATTEMPT_TIMEOUT_S),
    ) as session:
        yield PeopleClient(session, traffic, chance)
