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
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ...core.db.rate_limits import FloodLimit
from ...core.errors import Gone, RateLimited, Unavailable
from ...core.failures import log_failure
from ...core.periodic import wait_for_tick
from ...core.runtime import Runtime
from ..domain import capacity as rules
from ..domain.capacity import RETRY_AFTER_S, ConnectionTestRoom
from ..domain.fault_location import RoomHealth
from .event_loop_lag import MAX_HEALTHY_LAG_MS, EventLoopLag

logger = logging.getLogger(__name__)

SWEEP_INTERVAL_S = 5
MAX_OFFERS = 20  # of a test; each costs a connection, and a device changes its network less often
MAX_KEPT_HEALTH_RECORDS = 1_000  # of tests whose report may still come: half an hour of a busy room
# an offer is answered within a second, and the page gives up after 12
ANSWER_TIMEOUT_S = 10
CLOSE_TIMEOUT_S = 3  # after it the sockets of a peer connection are closed without its consent
# enough to walk through a flat with the phone, too few to fill the room
MAX_TESTS_PER_APPOINTMENT_HOUR = 20


class MediaProbe(Protocol):
    """The server's side of the media of a test (probe.py)."""

    async def answer_offer(self, offer: str) -> str:
        """Answer a browser's offer, both SDP.

        Raises BadOffer, Unavailable if no UDP port is free.
        """
        ...

    def has_new_traffic(self) -> bool:
        """Whether traffic was received since the previous call."""
        ...

    async def close(self) -> None: ...

    async def abort(self) -> None:
        """Close the sockets after `close` failed or did not end. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeCallbacks:
    """Functions of the room that a probe calls."""

    room_health: Callable[[], RoomHealth]
    session_count: Callable[[], int]
    on_disconnect: Callable[[], None]


Result = TypeVar("Result")
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
    """A test room. The tokens of its tests begin with `room_name`."""

    regions: Sequence[Mapping[str, str]] = ()  # a single room has none; see server/testroom/proxy.py

    def __init__(
        self,
        runtime: Runtime,
        limits: LiveTestLimits,
        open_probe: OpenProbe,
        load_codecs: Callable[[], object] | None = None,
        *,
        is_installed: bool = True,
    ) -> None:
        self.is_installed = is_installed
        self.room_name = secrets.token_hex(4)
        self.loop_lag = EventLoopLag()
        self._runtime = runtime
        self._open_probe = open_probe
        self._load_codecs = load_codecs  # called by a thread before the first probe
        self._room = ConnectionTestRoom(limits.sessions)
        self._media: dict[str, _TestMedia] = {}
        self._health_by_test: OrderedDict[str, RoomHealth] = OrderedDict()  # of tests whose media has ended
        self._by_address = FloodLimit(limits.per_hour / 60, limits.per_hour)
        self._by_appointment = FloodLimit(MAX_TESTS_PER_APPOINTMENT_HOUR / 60, MAX_TESTS_PER_APPOINTMENT_HOUR)
        self._retry_after_s = max(1, 3600 // limits.per_hour)
        # answers that are being made, and probes that close
        self._tasks: set[asyncio.Task[Any]] = set()
        self.open_probes = 0  # opened and not closed, also without a place
        self._is_closed = False

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

    def require_installed(self) -> None:
        """Raise Unavailable("test_room_missing") if this process has no libraries for media."""
        if not self.is_installed:
            raise Unavailable("test_room_missing")

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
        # Places are expired here too, because up to SWEEP_INTERVAL_S pass between two sweeps.
        self._expire_places()
        room, position = rules.request_place(self._room, test_id, requester.key, self._runtime.now())
        if waits or not position:
            self._replace_room(room)
        if position:
            raise Unavailable("test_room_full", retry_after_s=RETRY_AFTER_S, position=position)

    def release_place(self, test_id: str) -> None:
        """Release the place of a test at once, and close its media in the background."""
        self._replace_room(rules.release_place(self._room, test_id))
        self._end_tests([test_id])

    def _replace_room(self, room: ConnectionTestRoom) -> None:
        """Change the places, and end the media of tests that lost theirs."""
        kept_ids = {place.test_id for place in room.places}
        lost_ids = [place.test_id for place in self._room.places if place.test_id not in kept_ids]
        self._room = room
        self._end_tests(lost_ids)

    # Media

    async def answer_offer(self, test_id: str, requester: TestRequester, offer: str) -> str:
        """Start media.

        A browser that changed its network sends another offer, which replaces the media.

        Raises BadOffer, Unavailable("test_room_full"), Gone("test_over") after too many offers,
        Unavailable if no UDP port is free or the test ended meanwhile.
        """
        if self._is_closed:
            raise Unavailable
        self.take_place(test_id, requester)
        media = self._media.setdefault(test_id, _TestMedia())
        media.offers += 1
        if media.offers > MAX_OFFERS:
            raise Gone("test_over")
        had_media = any(place.test_id == test_id and place.media_since for place in self._room.places)
        # Marked before the first await: another start by this requester releases a place without media.
        self._mark_media_moving(test_id)
        try:
            async with media.lock:
                answer = await self._start_task(self._replace_probe(test_id, media, offer), "answer test")
        except BaseException:
            if not had_media:
                self._replace_room(rules.mark_media_missing(self._room, test_id))
            raise
        self._mark_media_moving(test_id)
        logger.info("test_media", extra={"test": test_id, "sessions": len(self._room.places)})
        return answer

    async def _replace_probe(self, test_id: str, media: _TestMedia, offer: str) -> str:
        # Cleared before the await: if the test ends meanwhile, the same probe is not closed twice.
        old, media.probe = media.probe, None
        if old is not None:
            await self._close_probe(old)
        if self._load_codecs is not None:
            await asyncio.to_thread(self._load_codecs)
            self._load_codecs = None
        # The test may have ended during the awaits above; a probe opened now would be in no room.
        self._require_current(test_id, media)
        probe = self._open_probe(self._callbacks(test_id, media))
        self.open_probes += 1
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await probe.answer_offer(offer)
            self._require_current(test_id, media)
        except BaseException as error:
            await self._close_probe(probe)
            if isinstance(error, TimeoutError):
                logger.warning("test_not_answered")
                raise Unavailable from error
            raise
        media.probe = probe
        return answer

    def _require_current(self, test_id: str, media: _TestMedia) -> None:
        """Raise Unavailable if the test ended while its offer was answered."""
        if self._media.get(test_id) is not media:
            raise Unavailable

    def _mark_media_moving(self, test_id: str) -> None:
        self._room = rules.mark_media_moving(self._room, test_id, self._runtime.now())

    def _callbacks(self, test_id: str, media: _TestMedia) -> ProbeCallbacks:
        def on_disconnect() -> None:
            # While the lock is held a new offer replaces this probe, so that its end does not end the test.
            if self._media.get(test_id) is media and not media.lock.locked():
                self.release_place(test_id)

        return ProbeCallbacks(self.room_health, lambda: len(self._room.places), on_disconnect)

    # Ending

    async def run(self, stop: asyncio.Event) -> None:
        """Expire places and media until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.loop_lag.run_sampling(stop, lambda: self.open_probes > 0), name="loop lag")
            while not stop.is_set():
                self.release_idle_places()
                await wait_for_tick(stop, SWEEP_INTERVAL_S)

    def release_idle_places(self) -> None:
        """Record which media moves, and end tests whose media stopped or has no place."""
        for test_id, media in tuple(self._media.items()):
            if media.probe is not None and media.probe.has_new_traffic():
                self._mark_media_moving(test_id)
        self._expire_places()
        self._end_tests([test_id for test_id in self._media if not self._room.has_place(test_id)])

    def _expire_places(self) -> None:
        room, _ = rules.expire_places(self._room, self._runtime.now())
        self._replace_room(room)

    def _end_tests(self, test_ids: Iterable[str]) -> None:
        for test_id in test_ids:
            self._keep_room_health(test_id)
            media = self._media.pop(test_id, None)
            if media is not None and media.probe is not None:
                logger.info("test_media_ended", extra={"test": test_id})
                self._start_closing(media.probe)

    def _keep_room_health(self, test_id: str) -> None:
        """Keep the room's health for the report, which arrives after the media has ended."""
        if self._is_measuring(test_id):
            self._health_by_test[test_id] = self.room_health()
            if len(self._health_by_test) > MAX_KEPT_HEALTH_RECORDS:
                self._health_by_test.popitem(last=False)

    async def _close_probe(self, probe: MediaProbe) -> None:
        """Close a probe to its end, even if the caller is cancelled."""
        await asyncio.shield(self._start_closing(probe))

    def _start_closing(self, probe: MediaProbe) -> asyncio.Task[None]:
        return self._start_task(self._close_or_abort(probe), "close test")

    async def _close_or_abort(self, probe: MediaProbe) -> None:
        closing = asyncio.create_task(probe.close(), name="close probe")
        try:
            await asyncio.wait([closing], timeout=CLOSE_TIMEOUT_S)
            if not closing.done() or closing.cancelled():
                logger.warning("test_not_closed")
            elif error := closing.exception():  # the failure of a single test must not stop the room
                log_failure(logger, "test_close_failed", error)
            else:
                return
            await probe.abort()
            await asyncio.wait([closing], timeout=CLOSE_TIMEOUT_S)  # without its sockets it should end
            closing.cancel()
        finally:
            self.open_probes -= 1

    def _start_task(self, work: Coroutine[Any, Any, Result], name: str) -> asyncio.Task[Result]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Close all media, also of offers that are being answered, and refuse further offers."""
        self._is_closed = True
        self._end_tests(tuple(self._media))
        # A loop, because an answer that finds its test ended starts a task that closes its probe.
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))
