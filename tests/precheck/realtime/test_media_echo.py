"""The mirror on a bad way: what is lost up and what is lost down are told apart."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from office360.precheck.realtime.ice_gathering import LOOPBACK
from office360.precheck.realtime.media_echo import MIRRORED_KBPS, Mirror
from office360.precheck.realtime.probe import AiortcProbe, Sockets

from ...support.timeouts import PATIENCE_S
from ..support.webrtc_client import Browser, browsing
from .test_probe import PORTS, Room

CANDIDATE = re.compile(rf"(a=candidate:\S+ 1 udp \d+ {re.escape(LOOPBACK)}) (\d+) ")
ENOUGH = 120  # packets: with one in ten lost, twelve


def is_media(data: bytes) -> bool:
    """RTP and not its reports, which lose nothing here (RFC 5761 section 4; RFC 7983)."""
    return 127 < data[0] < 192 and not 192 <= data[1] <= 223


@dataclass
class Way:
    """A path between browser and server on which every tenth packet of media is lost, in one direction."""

    drops: str = ""
    seen: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})

    def loses(self, direction: str, data: bytes) -> bool:
        if not is_media(data):
            return False
        self.seen[direction] += 1
        return self.drops == direction and self.seen[direction] % 10 == 0


class Relay(asyncio.DatagramProtocol):
    """One end of the path: hands what comes to the other end's socket."""

    def __init__(self, way: Way, direction: str) -> None:
        self._way, self._direction = way, direction
        self.transport: asyncio.DatagramTransport
        self.other: Relay
        self.peer: tuple[str, int] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.peer = self.peer or addr
        if self.other.peer and not self._way.loses(self._direction, data):
            self.other.transport.sendto(data, self.other.peer)


@asynccontextmanager
async def path(way: Way, answer: str) -> AsyncIterator[str]:
    """The answer as it reads when the way leads over this path."""
    found = CANDIDATE.search(answer)
    assert found is not None
    loop = asyncio.get_running_loop()
    here = (LOOPBACK, 0)
    _, near = await loop.create_datagram_endpoint(lambda: Relay(way, "up"), local_addr=here)
    _, far = await loop.create_datagram_endpoint(lambda: Relay(way, "down"), local_addr=here)
    near.other, far.other, far.peer = far, near, (LOOPBACK, int(found.group(2)))
    port = near.transport.get_extra_info("sockname")[1]
    yield CANDIDATE.sub(rf"\1 {port} ", answer)
    for end in (near, far):
        end.transport.close()


@asynccontextmanager
async def measuring(way: Way) -> AsyncIterator[Browser]:
    """A browser whose media goes over the path and back."""
    probe, browser = AiortcProbe(Room().callbacks(), Sockets([LOOPBACK], PORTS)), Browser(audio=False)
    async with path(way, await probe.answer(await browser.offer())) as answer:
        await browser.accept(answer)
        yield browser
        await browser.pc.close()
        await probe.close()


async def losses(browser: Browser) -> tuple[float, float]:
    """Loss up and loss down in per cent, worked out as the page does it."""
    sender, receiver = browser.pc.getSenders()[0], browser.pc.getReceivers()[0]
    sent = {one.type: one for one in (await sender.getStats()).values()}.get("remote-inbound-rtp")
    # Not by getStats: aiortc's tells of one stream only, which may be the one of what was sent again.
    streams: Any = receiver
    inbound = max(streams._RTCRtpReceiver__remote_streams.values(), key=lambda one: one.packets_received)
    if sent is None:
        return 0.0, 0.0
    there = sent.packetsReceived + sent.packetsLost
    lost_down = inbound.packets_lost - sent.packetsLost
    return 100 * sent.packetsLost / there, 100 * lost_down / (inbound.packets_received + inbound.packets_lost)


async def after_enough(browser: Browser, way: Way) -> tuple[float, float]:
    """The losses once enough has passed, and a report has said so."""
    async with asyncio.timeout(PATIENCE_S):
        while way.seen["up"] < ENOUGH:
            await browser.frames("video", 1)
        for _ in range(60):  # two seconds of pictures: a report comes at least every one and a half
            await browser.frames("video", 1)
    return await losses(browser)


async def test_on_a_good_way_nothing_is_lost() -> None:
    way = Way()
    async with measuring(way) as browser:
        up, down = await after_enough(browser, way)
    assert up == 0
    assert abs(down) < 2


async def test_what_is_lost_on_the_way_up_is_told_as_lost_up() -> None:
    way = Way(drops="up")
    async with measuring(way) as browser:
        up, down = await after_enough(browser, way)
    assert 6 <= up <= 14
    assert abs(down) < 4


async def test_what_is_lost_on_the_way_down_is_told_as_lost_down() -> None:
    way = Way(drops="down")
    async with measuring(way) as browser:
        up, down = await after_enough(browser, way)
    assert up == 0
    assert 6 <= down <= 14


async def test_a_key_frame_asked_for_is_asked_of_the_browser_itself() -> None:
    probe = AiortcProbe(Room().callbacks(), Sockets([LOOPBACK], PORTS))
    async with browsing(probe.answer, audio=False) as browser:
        await browser.frames("video", 2)
        asked = asyncio.Event()
        sender: Any = browser.pc.getSenders()[0]
        sender._send_keyframe = asked.set
        receiver: Any = browser.pc.getReceivers()[0]
        (source,) = receiver.getSynchronizationSources()
        await receiver._send_rtcp_pli(source.source)
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
    await probe.close()


async def test_more_than_a_call_needs_is_not_sent_back() -> None:
    browser = Browser()
    mirror = Mirror(browser.pc)
    size_bytes, second_ms = 1_000, 1_000
    passed = [mirror._within_rate(size_bytes, second_ms) for _ in range(1_000)]
    assert sum(passed) * size_bytes * 8 == MIRRORED_KBPS * 1000
    assert mirror._within_rate(size_bytes, 2 * second_ms)
    await browser.pc.close()
