"""Reverse proxy of `/api/v1/tests` to test-room processes.

A new test goes to a room with capacity, which `/healthz` reports, in the region that the browser measured as the
nearest. A token begins with the name of its room, so later calls reach the same process. If that process is down,
another room takes the report, which is a row in SQL, and new media.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import NotFound, Unavailable
from ...core.web import authentication, requests
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ...core.web.request_identity import caller_identity
from ...core.web.validation import parse_json
from ...precheck.storage.measurement_schemas import StartTest
from ...precheck.web.api import regions_route
from ..web.request_context import LANGUAGE_COOKIE
from .addresses import TestRoomAddress, stun_servers

logger = logging.getLogger(__name__)

TESTS_PATH = "/api/v1/tests"
STATUS_MAX_AGE_S = 1.0  # a waiting page retries every 5 s
STATUS_TIMEOUT_S = 2.0  # a room that answers later counts as down
RESPONSE_TIMEOUT_S = 15.0  # an offer is answered within a second
RETRY_AFTER_S = 5
KEEPALIVE_S = 3.0  # a room closes an idle connection after 5 s, and no POST may be under way then
UNMEASURED_MS = math.inf  # a region that the browser could not measure comes after the others
FORWARDED_HEADERS = ("content-type", "accept", "accept-language", "sec-fetch-site", "origin")
# The device counts for limits, and a citizen chose the language. A session of staff is of no use to a test room.
FORWARDED_COOKIES = frozenset({requests.DEVICE_COOKIE, LANGUAGE_COOKIE})
_SEGMENT = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.-]+")
RETURNED_HEADERS = ("content-type", "location", "retry-after", "cache-control", "www-authenticate")


@dataclass(frozen=True, slots=True)
class TestRoomStatus:
    """The last status that a test room reported."""

    url: str
    name: str
    free: int
    region: str


class TestRoomProxy:
    """Forwards requests of a web process to the test rooms of the installation."""

    is_installed = True  # in the processes to which it forwards

    def __init__(self, addresses: Sequence[TestRoomAddress]) -> None:
        self._addresses = tuple(addresses)
        self.regions = [{"name": name, "stun": stun} for name, stun in stun_servers(addresses).items() if stun]
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=RESPONSE_TIMEOUT_S, connect=STATUS_TIMEOUT_S),
            # a client keeps cookies by default, and would send those of a caller with the requests of others
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_S),
        )
        self._rooms: tuple[TestRoomStatus, ...] = ()
        self._fetched_at_s = float("-inf")
        self._fetch_lock = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Log the reachable rooms at start, so that a wrong address is noticed early."""
        names = [room.name for room in await self._current_statuses()]
        logger.info("test_rooms", extra={"rooms": names, "down": len(self._addresses) - len(names)})

    async def close(self) -> None:
        await self._client.close()

    async def forward(self, request: Request) -> Response:
        """Forward a request to its room. Raises NotFound, Unavailable when no room answers."""
        path, body = _target_path(request.path_params), await request.body()
        for room in await self._ranked_rooms(request, body):
            try:
                return await self._send_request(room.url + path, request, body)
            except aiohttp.ClientConnectorError:  # the room got no request, so another may
                # the next request asks every room again
                self._fetched_at_s = float("-inf")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                # no other room: this room may have executed the request
                logger.warning("test_room_failed", extra={"url": room.url, "reason": type(error).__name__})
                break
        raise Unavailable(retry_after_s=RETRY_AFTER_S)

    async def _ranked_rooms(self, request: Request, body: bytes) -> list[TestRoomStatus]:
        """Order the rooms for a request, the best first.

        Full rooms are last: a test overflows to the next region before it waits.
        """
        rooms = await self._current_statuses()
        token = request.path_params.get("token", "")
        name = token.partition(".")[0]
        if token and not any(room.name == name for room in rooms):
            rooms = await self._current_statuses(refresh=True)
        caller = caller_identity(request)
        round_trips_ms = _measured_round_trips(body) if request.url.path == TESTS_PATH else {}

        def rank(room: TestRoomStatus) -> tuple[bool, bool, float, str]:
            # a caller who waits for a full room always gets the same room, which keeps the caller's position
            rtt_ms = round_trips_ms.get(room.region, UNMEASURED_MS)
            return room.name != name, room.free == 0, rtt_ms, _hash_caller_and_room(caller, room.url)

        return sorted(rooms, key=rank)

    async def _current_statuses(self, *, refresh: bool = False) -> tuple[TestRoomStatus, ...]:
        """Return the status of the reachable rooms, at most a second old."""
        asked_at = asyncio.get_running_loop().time()
        async with self._fetch_lock:
            age_s = asked_at - self._fetched_at_s
            if age_s >= STATUS_MAX_AGE_S or (refresh and age_s > 0):
                statuses = await asyncio.gather(*(self._fetch_status(address) for address in self._addresses))
                self._rooms = tuple(room for room in statuses if room is not None)
                self._fetched_at_s = asyncio.get_running_loop().time()
            return self._rooms

    async def _fetch_status(self, address: TestRoomAddress) -> TestRoomStatus | None:
        url = address.url
        try:
            async with self._client.get(
                f"{url}/healthz", timeout=aiohttp.ClientTimeout(total=STATUS_TIMEOUT_S)
            ) as answer:
                status = await answer.json()
                return TestRoomStatus(url, str(status["room"]), int(status["free"]), address.region)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("test_room_down", extra={"url": url, "reason": type(error).__name__})
            return None

    async def _send_request(self, url: str, request: Request, body: bytes) -> Response:
        async with self._client.request(
            request.method,
            url,
            params=request.url.query,
            data=body,
            headers=_forwarded_headers(request),
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            headers = {name: answer.headers[name] for name in RETURNED_HEADERS if name in answer.headers}
            return Response(content, answer.status, headers)


def _target_path(parameters: Mapping[str, str]) -> str:
    """Build the path from the parameters of the route, never from the path that was sent.

    A client normalises dot segments, and `..%2f` reaches the route decoded: the target would be another call of
    the test room. Raises NotFound unless each segment has the form of a token or of a call.
    """
    named = [parameters[name] for name in ("token", "rest") if name in parameters]
    segments = [segment for value in named for segment in value.split("/")]
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise NotFound
    return "/".join([TESTS_PATH, *(quote(segment, safe="") for segment in segments)])


def _forwarded_headers(request: Request) -> dict[str, str]:
    """Select headers for the test room, with the citizen's address for its limits."""
    headers = {name: request.headers[name] for name in FORWARDED_HEADERS if name in request.headers}
    if cookies := _forwarded_cookies(request.headers.get("cookie", "")):
        headers["cookie"] = cookies
    if (key := authentication.sent_key(request)) is not None:
        headers["authorization"] = f"Bearer {key}"
    address = request.client.host if request.client else ""
    return {
        **headers,
        "x-forwarded-for": address,
        "x-forwarded-proto": request.url.scheme,
        "x-request-id": request.state.request_id,
    }


def _forwarded_cookies(header: str) -> str:
    """Select the cookies for the test room, as they were sent."""
    pairs = [pair.strip() for pair in header.split(";")]
    return "; ".join(pair for pair in pairs if pair.partition("=")[0] in FORWARDED_COOKIES)


def _measured_round_trips(body: bytes) -> Mapping[str, float]:
    """Read the round trips of a start; empty for a body that the room will refuse."""
    try:
        return StartTest.model_validate(parse_json(body.decode())).regions
    except ValueError:
        return {}


def _hash_caller_and_room(caller: str, url: str) -> str:
    """Hash caller and room, to spread callers over rooms, each caller always the same way."""
    return hashlib.sha256(f"{caller}\0{url}".encode()).hexdigest()


async def _forward_request(request: Request) -> Response:
    rooms: TestRoomProxy = request.state.live_tests
    return await rooms.forward(request)


_METHODS = ("GET", "POST", "DELETE")
routes = [
    regions_route,
    LimitedRoute(TESTS_PATH, _forward_request, WriteLimit.TESTS, methods=_METHODS),
    LimitedRoute(f"{TESTS_PATH}/{{token}}", _forward_request, WriteLimit.TESTS, methods=_METHODS),
    LimitedRoute(f"{TESTS_PATH}/{{token}}/{{rest:path}}", _forward_request, WriteLimit.TESTS, methods=_METHODS),
]
