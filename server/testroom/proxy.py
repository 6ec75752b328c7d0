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
from ...core.web.request_identity import caller_of

logger = logging.getLogger(__name__)

PREFIX = "/api/v1/tests"
FRESH_S = 1.0  # how long what a room said of itself counts; a page that waits asks every 5 s
LOOK_S = 2.0  # a room that does not say in this time how it is counts as down
ANSWER_S = 15.0  # an offer is answered within a second; a process this late has other troubles
RETRY_AFTER_S = 5
TOLD = ("content-type", "accept", "accept-language", "authorization", "cookie", "sec-fetch-site", "origin")
TOLD_BACK = ("content-type", "location", "retry-after", "cache-control", "www-authenticate")


@dataclass(frozen=True, slots=True)
class RoomNow:
    """What one process said of itself."""

    url: str
    name: str
    free: int


class TestRooms:
    """The test rooms of this installation, seen from a web process."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = tuple(urls)
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_S, connect=LOOK_S), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._rooms: tuple[RoomNow, ...] = ()
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Say at the start which rooms are there, so that a wrong address is seen before a citizen asks."""
        names = [room.name for room in await self._look()]
        logger.info("test_rooms", extra={"rooms": names, "down": len(self._urls) - len(names)})

    async def close(self) -> None:
        await self._client.close()

    async def pass_on(self, request: Request) -> Response:
        """The answer of the right process. Raises Unavailable when there is none."""
        body = await request.body()
        for room in await self._in_order(request):
            try:
                return await self._ask(room.url, request, body)
            except aiohttp.ClientConnectorError:  # never reached it, so nothing was done twice
                self._looked_at = float("-inf")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                logger.warning("test_room_failed", extra={"url": room.url, "reason": type(error).__name__})
                break
        raise Unavailable(retry_after_s=RETRY_AFTER_S)

    async def _in_order(self, request: Request) -> list[RoomNow]:
        """Where to ask, the best first."""
        rooms = await self._look()
        token = request.path_params.get("token", "")
        name = token.partition(".")[0]
        if token and not any(room.name == name for room in rooms):
            rooms = await self._look(anew=True)
        caller = caller_of(request)

        def rank(room: RoomNow) -> tuple[bool, bool, str]:
            # A full room's line is asked at the same room again and again, so that a place in it is kept.
            return room.name != name, room.free == 0, _mix(caller, room.url)

        return sorted(rooms, key=rank)

    async def _look(self, *, anew: bool = False) -> tuple[RoomNow, ...]:
        """What the rooms say of themselves, at most a second old."""
        asked_at = asyncio.get_running_loop().time()
        async with self._looking:
            age_s = asked_at - self._looked_at
            if age_s >= FRESH_S or (anew and age_s > 0):
                found = await asyncio.gather(*(self._room_now(url) for url in self._urls))
                self._rooms = tuple(room for room in found if room is not None)
                self._looked_at = asyncio.get_running_loop().time()
            return self._rooms

    async def _room_now(self, url: str) -> RoomNow | None:
        try:
            async with self._client.get(f"{url}/healthz", timeout=aiohttp.ClientTimeout(total=LOOK_S)) as answer:
                said = await answer.json()
                return RoomNow(url, str(said["room"]), int(said["free"]))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("test_room_down", extra={"url": url, "reason": type(error).__name__})
            return None

    async def _ask(self, url: str, request: Request, body: bytes) -> Response:
        target = f"{url}{request.url.path}"
        async with self._client.request(
            request.method, target, params=request.url.query, data=body, headers=_headers(request)
        ) as answer:
            content = await answer.read()
            headers = {name: answer.headers[name] for name in TOLD_BACK if name in answer.headers}
            return Response(content, answer.status, headers)


def _headers(request: Request) -> dict[str, str]:
    """What the test room needs of the request, and whose it is: limits count by the citizen's address."""
    told = {name: request.headers[name] for name in TOLD if name in request.headers}
    address = request.client.host if request.client else ""
    return {**told, "x-forwarded-for": address, "x-forwarded-proto": request.url.scheme}


def _mix(caller: str, url: str) -> str:
    """Spreads callers over rooms, the same caller always alike."""
    return hashlib.sha256(f"{caller}\0{url}".encode()).hexdigest()


async def _pass_on(request: Request) -> Response:
    rooms: TestRooms = request.state.live_tests
    return await rooms.pass_on(request)


ALL: Mapping[str, Any] = {"methods": ["GET", "POST", "DELETE"]}
routes = [
    Route(PREFIX, _pass_on, **ALL),
    Route(f"{PREFIX}/{{token}}", _pass_on, **ALL),
    Route(f"{PREFIX}/{{token}}/{{rest:path}}", _pass_on, **ALL),
]
