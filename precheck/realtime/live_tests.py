"""The tests that measure in this process: their places, their media, and the sweep that frees what was left.

Places live in memory: a process that ends has no media either. What was measured is a row (service.py), so any
process takes a report, and a test whose process ended gets media from another one by sending its offer again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from ...core.db.rate_limits import FloodLimit
from ...core.errors import Gone, RateLimited, Unavailable
from ...core.runtime import Runtime
from ..domain import capacity as rules
from ..domain.capacity import ASK_AGAIN_S, Hall
from ..domain.fault_location import OurSide
from .event_loop_lag import HEALTHY_MS, LoopLag

logger = logging.getLogger(__name__)

SWEEP_S = 5
MOST_OFFERS = 20  # of one test: each costs a connection, and nobody changes the network that often
NOTED = 1_000  # tests whose report may still come: half an hour of a busy room
CLOSE_S = 3  # a peer connection that does not close by itself is left to the garbage collector
PER_APPOINTMENT = 20  # tests an hour for one appointment: enough to walk through a flat, too few to fill the room


class Probe(Protocol):
    """The server's end of one test's media (probe.py)."""

    async def answer(self, offer: str) -> str:
        """The answer to a browser's offer, both SDP. Raises Malformed("bad_offer")."""
        ...

    def has_moved(self) -> bool:
        """Whether anything came since this was last asked."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What a probe asks of the room it is in."""

    our_side: Callable[[], OurSide]
    sessions: Callable[[], int]
    on_gone: Callable[[], None]


OpenProbe = Callable[[Callbacks], Probe]


@dataclass(frozen=True, slots=True)
class Limits:
    """What an installation allows: sessions at a time, and tests an hour and address without an appointment."""

    sessions: int
    per_hour: int


@dataclass(slots=True)
class _Media:
    """The one probe of a test, how many there were, and the lock under which it is replaced."""

    probe: Probe | None = None
    offers: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class LiveTests:
    """One test room. `room` is its name, with which the tokens of its tests begin."""

    def __init__(self, runtime: Runtime, limits: Limits, open_probe: OpenProbe) -> None:
        self.room = secrets.token_hex(4)
        self.lag = LoopLag()
        self._runtime = runtime
        self._open_probe = open_probe
        self._hall = Hall(limits.sessions)
        self._media: dict[str, _Media] = {}
        self._measured: OrderedDict[str, OurSide] = OrderedDict()  # of tests whose media is over
        self._by_address = FloodLimit(limits.per_hour / 60, limits.per_hour)
        self._by_appointment = FloodLimit(PER_APPOINTMENT / 60, PER_APPOINTMENT)
        self._retry_after_s = max(1, 3600 // limits.per_hour)
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def hall(self) -> Hall:
        """Who is here now."""
        self._expire()
        return self._hall

    def our_side(self) -> OurSide:
        """How this room is doing."""
        lag_ms = self.lag.usual_ms
        return OurSide(round(lag_ms, 1), healthy=lag_ms < HEALTHY_MS)

    def our_side_of(self, test_id: str) -> OurSide | None:
        """How this room was doing while it measured a test; None when it did not."""
        return self.our_side() if self._is_measuring(test_id) else self._measured.get(test_id)

    def _is_measuring(self, test_id: str) -> bool:
        media = self._media.get(test_id)
        return media is not None and media.probe is not None

    # Places

    def check_allowance(self, address: str, appointment: str | None) -> None:
        """Raises RateLimited when this address, or this appointment, began too many tests within the hour."""
        limit, key = self._allowance(address, appointment)
        if not limit.has_room(key, asyncio.get_running_loop().time()):
            raise RateLimited(retry_after_s=self._retry_after_s)

    def count_start(self, address: str, appointment: str | None) -> None:
        """A test that began counts; one that found the room full does not."""
        limit, key = self._allowance(address, appointment)
        limit.allow(key, asyncio.get_running_loop().time())

    def _allowance(self, address: str, appointment: str | None) -> tuple[FloodLimit, str]:
        return (self._by_appointment, appointment) if appointment else (self._by_address, address)

    def take_place(self, test_id: str, key: str | None) -> None:
        """Raises Unavailable("test_room_full") with the `position` in line, which asking again keeps."""
        self._expire()
        self._hall, position = rules.enter(self._hall, test_id, key, self._runtime.now())
        if position:
            raise Unavailable("test_room_full", retry_after_s=ASK_AGAIN_S, position=position)

    def give_back(self, test_id: str) -> None:
        """The test is over, or never began: its place is free at once, its media ends soon."""
        self._hall = rules.leave(self._hall, test_id)
        self._end([test_id])

    # Media

    async def answer(self, test_id: str, key: str | None, offer: str) -> str:
        """Begin media, or begin anew: a browser that changed its network sends another offer.

        Raises Malformed("bad_offer"), Unavailable("test_room_full"), Gone("test_over") after too many.
        """
        self.take_place(test_id, key)
        media = self._media.setdefault(test_id, _Media())
        media.offers += 1
        if media.offers > MOST_OFFERS:
            raise Gone("test_over")
        async with media.lock:
            old, media.probe = media.probe, None
            if old is not None:
                await self._close(old)
            probe = self._open_probe(self._callbacks(test_id, media))
            try:
                answer = await probe.answer(offer)
            except BaseException:
                await self._close(probe)
                raise
            if self._media.get(test_id) is not media:  # ended while it was being answered
                await self._close(probe)
                raise Unavailable
            media.probe = probe
        self._hall = rules.measuring(self._hall, test_id, self._runtime.now())
        logger.info("test_media", extra={"test": test_id, "sessions": len(self._hall.places)})
        return answer

    def _callbacks(self, test_id: str, media: _Media) -> Callbacks:
        def gone() -> None:
            if self._media.get(test_id) is media and not media.lock.locked():
                self.give_back(test_id)

        return Callbacks(self.our_side, lambda: len(self._hall.places), gone)

    # Ending

    async def run(self, stop: asyncio.Event) -> None:
        """Free what was left behind, until `stop` is set."""
        lag = asyncio.create_task(self.lag.run(stop), name="loop lag")
        while not stop.is_set():
            self.sweep()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SWEEP_S)
        await lag

    def sweep(self) -> None:
        """Note whose media moves, and end whose does not."""
        now = self._runtime.now()
        for test_id, media in tuple(self._media.items()):
            if media.probe is not None and media.probe.has_moved():
                self._hall = rules.measuring(self._hall, test_id, now)
        self._expire()

    def _expire(self) -> None:
        self._hall, gone = rules.expire(self._hall, self._runtime.now())
        self._end(gone)

    def _end(self, test_ids: Iterable[str]) -> None:
        for test_id in test_ids:
            self._note(test_id)
            media = self._media.pop(test_id, None)
            if media is not None and media.probe is not None:
                task = asyncio.create_task(self._close(media.probe), name=f"close test {test_id}")
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def _note(self, test_id: str) -> None:
        """Keep how we were for the report, which comes when the media is over."""
        if self._is_measuring(test_id):
            self._measured[test_id] = self.our_side()
            if len(self._measured) > NOTED:
                self._measured.popitem(last=False)

    async def _close(self, probe: Probe) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await probe.close()
        except TimeoutError:
            logger.warning("test_not_closed")
        except Exception:  # a peer connection that breaks while it ends must not take the room along
            logger.exception("test_close_failed")

    async def close(self) -> None:
        """End all media."""
        self._end(tuple(self._media))
        if self._closing:
            await asyncio.gather(*self._closing)
