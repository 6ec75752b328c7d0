"""Tests that measure in this process: places, media, and the sweep that expires them.

No SQL.

Places live in memory, because a process that ends has no media either. Reports are rows
(actions/connection_tests.py), so any process accepts them. A test whose process ended sends its offer again and
gets media from another process.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from ...core.db.rate_limits import FloodLimit
from ...core.errors import Gone, RateLimited, Unavailable
from ...core.failures import log_failure
from ...core.periodic import wait_for_stop
from ...core.runtime import Runtime
from ..domain import capacity as rules
from ..domain.capacity import RETRY_AFTER_S, ConnectionTestRoom
from ..domain.fault_location import RoomHealth
from .event_loop_lag import MAX_HEALTHY_LAG_MS, EventLoopLag

logger = logging.getLogger(__name__)

SWEEP_INTERVAL_S = 5
MAX_OFFERS = 20  # of one test; each costs a connection, and a device changes its network less often
MAX_KEPT_HEALTH_RECORDS = 1_000  # of tests whose report may still come: half an hour of a busy room
CLOSE_TIMEOUT_S = 3  # a peer connection that has not closed by then is left to the garbage collector
MAX_TESTS_PER_APPOINTMENT_HOUR = 20  # enough to walk through a flat with the phone, too few to fill the room


class MediaProbe(Protocol):
    """The server's side of the media of one test (probe.py)."""

    async def answer_offer(self, offer: str) -> str:
        """Answer a browser's offer, both SDP.

        Raises BadOffer, Unavailable if no UDP port is free.
        """
        ...

    def has_new_traffic(self) -> bool:
        """Whether traffic was received since the previous call."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ProbeCallbacks:
    """Functions of the room that a probe calls."""

    room_health: Callable[[], RoomHealth]
    session_count: Callable[[], int]
    on_disconnect: Callable[[], None]


OpenProbe = Callable[[ProbeCallbacks], MediaProbe]


@dataclass(frozen=True, slots=True)
class LiveTestLimits:
    """Limits: concurrent sessions, and tests per hour and address without appointment."""

    sessions: int
    per_hour: int


@dataclass(frozen=True, slots=True)
class TestRequester:
    """The subject of limits: the appointment of a test, else the caller's address.

    A device cookie is no subject, because a caller can send any. Integrations, which test for many people, have no
    limits.
    """

    address: str
    appointment_id: str | None = None
    is_integration: bool = False

    @property
    def key(self) -> str | None:
        """Identify the requester; None for an integration."""
        return None if self.is_integration else self.appointment_id or self.address


@dataclass(slots=True)
class _TestMedia:
    """The probe of a test, its number of offers, and the lock for replacing the probe."""

    probe: MediaProbe | None = None
    offers: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class LiveTests:
    """One test room. The tokens of its tests begin with `room_name`."""

    def __init__(self, runtime: Runtime, limits: LiveTestLimits, open_probe: OpenProbe) -> None:
        self.room_name = secrets.token_hex(4)
        self.loop_lag = EventLoopLag()
        self._runtime = runtime
        self._open_probe = open_probe
        self._room = ConnectionTestRoom(limits.sessions)
        self._media: dict[str, _TestMedia] = {}
        self._health_by_test: OrderedDict[str, RoomHealth] = OrderedDict()  # of tests whose media has ended
        self._by_address = FloodLimit(limits.per_hour / 60, limits.per_hour)
        self._by_appointment = FloodLimit(MAX_TESTS_PER_APPOINTMENT_HOUR / 60, MAX_TESTS_PER_APPOINTMENT_HOUR)
        self._retry_after_s = max(1, 3600 // limits.per_hour)
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def current_room(self) -> ConnectionTestRoom:
        """Return the room after expiring places."""
        self._expire_places()
        return self._room

    def room_health(self) -> RoomHealth:
        """Measure the health of this room."""
        lag_ms = self.loop_lag.percentile_95_ms
        return RoomHealth(round(lag_ms, 1), healthy=lag_ms < MAX_HEALTHY_LAG_MS)

    def room_health_during(self, test_id: str) -> RoomHealth | None:
        """Return the health of this room during a test; None if it did not measure the test."""
        return self.room_health() if self._is_measuring(test_id) else self._health_by_test.get(test_id)

    def _is_measuring(self, test_id: str) -> bool:
        media = self._media.get(test_id)
        return media is not None and media.probe is not None

    # Places

    def check_rate_limit(self, requester: TestRequester) -> None:
        """Refuse a test beyond the requester's hourly limit. Raises RateLimited."""
        limit, key = self._rate_limit_for(requester), requester.key
        if key is not None and not limit.has_token(key, asyncio.get_running_loop().time()):
            raise RateLimited(retry_after_s=self._retry_after_s)

    def count_started_test(self, requester: TestRequester) -> None:
        """Count a test that began or was resumed. A test that found the room full does not count."""
        if requester.key is not None:
            self._rate_limit_for(requester).take_token(requester.key, asyncio.get_running_loop().time())

    def _rate_limit_for(self, requester: TestRequester) -> FloodLimit:
        return self._by_appointment if requester.appointment_id else self._by_address

    def take_place(self, test_id: str, requester: TestRequester, *, waits: bool = True) -> None:
        """Reserve a place.

        Raises Unavailable("test_room_full") with the `position`, which the next call keeps if the
        requester waits.
        """
        self._expire_places()
        room, position = rules.request_place(self._room, test_id, requester.key, self._runtime.now())
        if waits or not position:
            self._room = room
        if position:
            raise Unavailable("test_room_full", retry_after_s=RETRY_AFTER_S, position=position)

    def release_place(self, test_id: str) -> None:
        """Release the place of a test at once, and close its media in the background."""
        self._room = rules.release_place(self._room, test_id)
        self._end_tests([test_id])

    # Media

    async def answer_offer(self, test_id: str, requester: TestRequester, offer: str) -> str:
        """Start media.

        A browser that changed its network sends another offer, which replaces the media.

        Raises BadOffer, Unavailable("test_room_full"), Gone("test_over") after too many offers,
        Unavailable if no UDP port is free or the test ended meanwhile.
        """
        self.take_place(test_id, requester)
        media = self._media.setdefault(test_id, _TestMedia())
        media.offers += 1
        if media.offers > MAX_OFFERS:
            raise Gone("test_over")
        async with media.lock:
            old, media.probe = media.probe, None
            if old is not None:
                await self._close_probe(old)
            probe = self._open_probe(self._callbacks(test_id, media))
            try:
                answer = await probe.answer_offer(offer)
            except BaseException:
                await self._close_probe(probe)
                raise
            if self._media.get(test_id) is not media:  # the test ended while its offer was answered
                await self._close_probe(probe)
                raise Unavailable
            media.probe = probe
        self._room = rules.mark_media_moving(self._room, test_id, self._runtime.now())
        logger.info("test_media", extra={"test": test_id, "sessions": len(self._room.places)})
        return answer

    def _callbacks(self, test_id: str, media: _TestMedia) -> ProbeCallbacks:
        def on_disconnect() -> None:
            if self._media.get(test_id) is media and not media.lock.locked():
                self.release_place(test_id)

        return ProbeCallbacks(self.room_health, lambda: len(self._room.places), on_disconnect)

    # Ending

    async def run(self, stop: asyncio.Event) -> None:
        """Expire places and media until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.loop_lag.run_sampling(stop), name="loop lag")
            while not stop.is_set():
                self.release_idle_places()
                await wait_for_stop(stop, SWEEP_INTERVAL_S)

    def release_idle_places(self) -> None:
        """Record which media moves, and end tests whose media stopped."""
        now = self._runtime.now()
        for test_id, media in tuple(self._media.items()):
            if media.probe is not None and media.probe.has_new_traffic():
                self._room = rules.mark_media_moving(self._room, test_id, now)
        self._expire_places()

    def _expire_places(self) -> None:
        self._room, expired_ids = rules.expire_places(self._room, self._runtime.now())
        self._end_tests(expired_ids)

    def _end_tests(self, test_ids: Iterable[str]) -> None:
        for test_id in test_ids:
            self._keep_room_health(test_id)
            media = self._media.pop(test_id, None)
            if media is not None and media.probe is not None:
                logger.info("test_media_ended", extra={"test": test_id})
                task = asyncio.create_task(self._close_probe(media.probe), name=f"close test {test_id}")
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def _keep_room_health(self, test_id: str) -> None:
        """Keep the room's health for the report, which arrives after the media has ended."""
        if self._is_measuring(test_id):
            self._health_by_test[test_id] = self.room_health()
            if len(self._health_by_test) > MAX_KEPT_HEALTH_RECORDS:
                self._health_by_test.popitem(last=False)

    async def _close_probe(self, probe: MediaProbe) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await probe.close()
        except TimeoutError:
            logger.warning("test_not_closed")
        except Exception as error:  # a peer connection that fails while closing must not stop the room
            log_failure(logger, "test_close_failed", error)

    async def close(self) -> None:
        """Close all media."""
        self._end_tests(tuple(self._media))
        if self._closing:
            await asyncio.gather(*self._closing)
