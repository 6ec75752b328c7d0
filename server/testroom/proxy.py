"""Passes `/api/v1/tests` on to test rooms' own processes: a test to the one that has it, a new one where room is.

Test rooms say by `/healthz` who they are and how much room they have. A token begins with its room's name, so
later calls find their process; when that is gone, any other takes a report (it is a row), and new media too.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Unavailable
from ...core.web.request_identity import caller_identity

logger = logging.getLogger(__name__)

TESTS_PATH = "/api/v1/tests"
STATUS_MAX_AGE_S = 1.0  # how long what a room said of itself counts; a page that waits asks every 5 s
STATUS_TIMEOUT_S = 2.0  # a room that does not say in this time how it is counts as down
RESPONSE_TIMEOUT_S = 15.0  # an offer is answered within a second; a process this late has other troubles
RETRY_AFTER_S = 5
FORWARDED_HEADERS = (
    "content-type",
    "accept",
    "accept-language",
    "authorization",
    "cookie",
    "sec-fetch-site",
    "origin",
)
RETURNED_HEADERS = ("content-type", "location", "retry-after", "cache-control", "www-authenticate")


@dataclass(frozen=True, slots=True)
class TestRoomStatus:
    """What one process said of itself."""

    url: str
    name: str
    free: int


class TestRoomProxy:
    """The test rooms of this installation, seen from a web process."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = tuple(urls)
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=RESPONSE_TIMEOUT_S, connect=STATUS_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._rooms: tuple[TestRoomStatus, ...] = ()
        self._fetched_at_s = float("-inf")
        self._fetch_lock = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Say at the start which rooms are there, so that a wrong address is seen before a citizen asks."""
        names = [room.name for room in await self._current_statuses()]
        logger.info("test_rooms", extra={"rooms": names, "down": len(self._urls) - len(names)})

    async def close(self) -> None:
        await self._client.close()

    async def forward(self, request: Request) -> Response:
        """The answer of the right process. Raises Unavailable when there is none."""
        body = await request.body()
        for room in await self._ranked_rooms(request):
            try:
                return await self._send_request(room.url, request, body)
            except aiohttp.ClientConnectorError:  # never reached it, so nothing was done twice
                self._fetched_at_s = float("-inf")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                logger.warning("test_room_failed", extra={"url": room.url, "reason": type(error).__name__})
                break
        raise Unavailable(retry_after_s=RETRY_AFTER_S)

    async def _ranked_rooms(self, request: Request) -> list[TestRoomStatus]:
        """Where to ask, the best first."""
        rooms = await self._current_statuses()
        token = request.path_params.get("token", "")
        name = token.partition(".")[0]
        if token and not any(room.name == name for room in rooms):
            rooms = await self._current_statuses(refresh=True)
        caller = caller_identity(request)

        def rank(room: TestRoomStatus) -> tuple[bool, bool, str]:
            # A full room's line is asked at the same room again and again, so that a place in it is kept.
            return room.name != name, room.free == 0, _hash_caller_and_room(caller, room.url)

        return sorted(rooms, key=rank)

    async def _current_statuses(self, *, refresh: bool = False) -> tuple[TestRoomStatus, ...]:
        """What the rooms say of themselves, at most a second old."""
        asked_at = asyncio.get_running_loop().time()
        async with self._fetch_lock:
            age_s = asked_at - self._fetched_at_s
            if age_s >= STATUS_MAX_AGE_S or (refresh and age_s > 0):
                found = await asyncio.gather(*(self._fetch_status(url) for url in self._urls))
                self._rooms = tuple(room for room in found if room is not None)
                self._fetched_at_s = asyncio.get_running_loop().time()
            return self._rooms

    async def _fetch_status(self, url: str) -> TestRoomStatus | None:
        try:
            async with self._client.get(
                f"{url}/healthz", timeout=aiohttp.ClientTimeout(total=STATUS_TIMEOUT_S)
            ) as answer:
                said = await answer.json()
                return TestRoomStatus(url, str(said["room"]), int(said["free"]))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("test_room_down", extra={"url": url, "reason": type(error).__name__})
            return None

    async def _send_request(self, url: str, request: Request, body: bytes) -> Response:
        target = f"{url}{request.url.path}"
        async with self._client.request(
            request.method, target, params=request.url.query, data=body, headers=_forwarded_headers(request)
        ) as answer:
            content = await answer.read()
            headers = {name: answer.headers[name] for name in RETURNED_HEADERS if name in answer.headers}
            return Response(content, answer.status, headers)


def _forwarded_headers(request: Request) -> dict[str, str]:
    """What the test room needs of the request, and whose it is: limits count by the citizen's address."""
    told = {name: request.headers[name] for name in FORWARDED_HEADERS if name in request.headers}
    address = request.client.host if request.client else ""
    return {**told, "x-forwarded-for": address, "x-forwarded-proto": request.url.scheme}


def _hash_caller_and_room(caller: str, url: str) -> str:
    """Spreads callers over rooms, the same caller always alike."""
    return hashlib.sha256(f"{caller}\0{url}".encode()).hexdigest()


async def _forward_request(request: Request) -> Response:
    rooms: TestRoomProxy = request.state.live_tests
    return await rooms.forward(request)


ALL_METHODS: Mapping[str, Any] = {"methods": ["GET", "POST", "DELETE"]}
routes = [
    Route(TESTS_PATH, _forward_request, **ALL_METHODS),
    Route(f"{TESTS_PATH}/{{token}}", _forward_request, **ALL_METHODS),
    Route(f"{TESTS_PATH}/{{token}}/{{rest:path}}", _forward_request, **ALL_METHODS),
]
