"""Connection tests that a browser abandons, in every way that leaves something behind.

Shared by the test suite and `benchmarks/abandoned_sessions.py`. The room and its peer connections are real. The
clock is fake, so that places expire without waiting.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from aiortc import RTCPeerConnection
from office360.core.errors import Gone, Unavailable
from office360.core.runtime import Runtime
from office360.precheck.domain.offer import BadOffer
from office360.precheck.realtime.aiortc_internals import close_sockets, dtls_transport, ice_connection
from office360.precheck.realtime.ice_gathering import LOOPBACK
from office360.precheck.realtime.live_tests import MAX_OFFERS, LiveTestLimits, LiveTests, TestRequester
from office360.precheck.realtime.probe import MediaSockets, make_probe_opener

from ...conftest import FakeClock
from .offers import CHROMIUM_OFFER
from .webrtc_client import BrowserPeer, wait_until

ROOM_PORTS = range(43_400, 44_400)
CAPACITY = 64
MAX_AT_ONCE = 22  # sessions that begin together: each way twice
REQUESTERS = 3  # few, so that sessions of the same requester meet
CERTAIN_EXPIRY_S = 200  # longer than any place lives


@dataclass(frozen=True)
class HeldResources:
    """The open files, tasks, peer connections and memory of this process."""

    descriptors: int
    tasks: int
    connections: int
    resident_mb: float


def held_resources() -> HeldResources:
    """Count what this process holds, after garbage collection."""
    gc.collect()
    connections = [candidate for candidate in gc.get_objects() if isinstance(candidate, RTCPeerConnection)]
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return HeldResources(
        len(os.listdir("/proc/self/fd")),
        len(asyncio.all_tasks()),
        sum(connection.connectionState != "closed" for connection in connections),
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
    )


class AbandonedSessions:
    """A test room and browsers that leave it. `abandoned` counts them by way."""

    def __init__(self) -> None:
        self.abandoned: Counter[str] = Counter()
        self.clock = FakeClock(datetime(2026, 11, 25, 9, tzinfo=UTC))
        self.live = self._open_room()
        self._number = 0
        self.ways: Mapping[str, Callable[[str, TestRequester], Awaitable[None]]] = {
            "offer that ICE never answers": self._offer_only,
            "replaced by another start during the answer": self._start_again_during_answer,
            "page closed during the answer": self._cancel_request,
            "deleted during the answer": self._delete_during_answer,
            "connected, then silent": self._connect_and_vanish,
            "connected, then closed": self._connect_and_close,
            "DTLS never done": self._stop_before_dtls,
            "beyond the limit of offers": self._offer_too_often,
            "bad offer": self._bad_offer,
            "place without an offer": self._start_only,
            "room closed": self._close_room,
        }

    def _open_room(self) -> LiveTests:
        opener = make_probe_opener(MediaSockets([LOOPBACK], ROOM_PORTS))
        return LiveTests(cast(Runtime, self.clock), LiveTestLimits(CAPACITY, 20), opener)

    async def abandon(self, count: int) -> None:
        """Abandon `count` sessions, all ways in turn, and let the room sweep after each group."""
        ways = list(self.ways.items())
        for first in range(0, count, MAX_AT_ONCE):
            numbers = range(first, min(count, first + MAX_AT_ONCE))
            await asyncio.gather(*(self._abandon_one(*ways[number % len(ways)]) for number in numbers))
            self.clock.advance(seconds=CERTAIN_EXPIRY_S)
            self.live.release_idle_places()
            await wait_until(lambda: self.live.open_probes == 0)

    async def _abandon_one(self, name: str, way: Callable[[str, TestRequester], Awaitable[None]]) -> None:
        self._number += 1
        requester = TestRequester(f"192.0.2.{self._number % REQUESTERS}")
        test_id = f"test{self._number}"
        self.live.take_place(test_id, requester)
        await way(test_id, requester)
        self.abandoned[name] += 1

    async def close(self) -> None:
        await self.live.close()

    # Ways to leave

    async def _offer(self, test_id: str, requester: TestRequester, offer: str = CHROMIUM_OFFER) -> str:
        return await self.live.answer_offer(test_id, requester, offer)

    async def _offer_only(self, test_id: str, requester: TestRequester) -> None:
        await self._offer(test_id, requester)

    async def _start_only(self, test_id: str, requester: TestRequester) -> None:
        pass

    async def _bad_offer(self, test_id: str, requester: TestRequester) -> None:
        with suppress(BadOffer):
            await self._offer(test_id, requester, "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n")

    async def _offer_too_often(self, test_id: str, requester: TestRequester) -> None:
        with suppress(Gone):
            for _ in range(MAX_OFFERS + 1):
                with suppress(BadOffer):
                    await self._offer(test_id, requester, "v=0")

    async def _begin_answer(
        self, test_id: str, requester: TestRequester, room: LiveTests | None = None
    ) -> asyncio.Task[str]:
        """Send an offer, and return while its probe makes the answer."""
        live = room or self.live
        before = live.open_probes
        answer = asyncio.create_task(live.answer_offer(test_id, requester, CHROMIUM_OFFER))
        while live.open_probes <= before and not answer.done():
            await asyncio.sleep(0)  # a turn of the loop: the answer takes only a few
        return answer

    async def _start_again_during_answer(self, test_id: str, requester: TestRequester) -> None:
        answer = await self._begin_answer(test_id, requester)
        self.live.take_place(f"{test_id} again", requester)
        await answer

    async def _delete_during_answer(self, test_id: str, requester: TestRequester) -> None:
        answer = await self._begin_answer(test_id, requester)
        self.live.release_place(test_id)
        with suppress(Unavailable):
            await answer

    async def _cancel_request(self, test_id: str, requester: TestRequester) -> None:
        answer = await self._begin_answer(test_id, requester)
        answer.cancel()
        with suppress(asyncio.CancelledError):
            await answer

    async def _connect(self, test_id: str, requester: TestRequester) -> BrowserPeer:
        browser = BrowserPeer(video=False)
        try:
            await browser.accept(await self._offer(test_id, requester, await browser.offer()))
        except BaseException:
            await browser.pc.close()
            raise
        return browser

    async def _connect_and_close(self, test_id: str, requester: TestRequester) -> None:
        await (await self._connect(test_id, requester)).pc.close()

    async def _connect_and_vanish(self, test_id: str, requester: TestRequester) -> None:
        browser = await self._connect(test_id, requester)
        await close_sockets(ice_connection(browser.pc))  # no goodbye reaches the room
        await browser.pc.close()

    async def _stop_before_dtls(self, test_id: str, requester: TestRequester) -> None:
        browser = BrowserPeer(video=False)
        checked = asyncio.Event()

        async def start(_parameters: Any) -> None:
            checked.set()

        try:
            offer = await browser.offer()
            cast(Any, dtls_transport(browser.pc)).start = start
            answer = await self._offer(test_id, requester, offer)
            accepting = asyncio.create_task(browser.accept(answer))
            await asyncio.wait([accepting, asyncio.create_task(checked.wait())], return_when="FIRST_COMPLETED")
            accepting.cancel()
            await asyncio.wait([accepting])
        finally:
            await browser.pc.close()

    async def _close_room(self, test_id: str, requester: TestRequester) -> None:
        """Close another room, while it answers."""
        closed = self._open_room()
        answer = await self._begin_answer(test_id, requester, closed)
        await closed.close()
        assert closed.open_probes == 0
        with suppress(Unavailable):
            await answer
