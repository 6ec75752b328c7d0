"""Media echo on a lossy path: loss of each direction is measured separately."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from office360.precheck.realtime.ice_gathering import LOOPBACK
from office360.precheck.realtime.media_echo import MAX_ECHO_KBPS, MediaEcho
from office360.precheck.realtime.probe import AiortcProbe, MediaSockets

from ...support.timeouts import TEST_TIMEOUT_S
from ..support.webrtc_client import BrowserPeer, connect_browser
from .test_probe import PROBE_PORTS, FakeTestRoom

CANDIDATE = re.compile(rf"(a=candidate:\S+ 1 udp \d+ {re.escape(LOOPBACK)}) (\d+) ")
MIN_PACKETS = 120  # with one in ten lost, twelve are missing


def is_media(data: bytes) -> bool:
    """Whether a datagram is RTP. Reports are not dropped here (RFC 5761 section 4; RFC 7983)."""
    return 127 < data[0] < 192 and not 192 <= data[1] <= 223


@dataclass
class LossyPath:
    """A path that drops every tenth media packet in one direction."""

    drops: str = ""
    seen: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})

    def loses(self, direction: str, data: bytes) -> bool:
        if not is_media(data):
            return False
        self.seen[direction] += 1
        return self.drops == direction and self.seen[direction] % 10 == 0


class PathEnd(asyncio.DatagramProtocol):
    """One end of the path: forwards datagrams to the other end's socket."""

    def __init__(self, way: LossyPath, direction: str) -> None:
        self._way, self._direction = way, direction
        self.transport: asyncio.DatagramTransport
        self.other: PathEnd
        self.peer: tuple[str, int] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.peer = self.peer or addr
        if self.other.peer and not self._way.loses(self._direction, data):
            self.other.transport.sendto(data, self.other.peer)


@asynccontextmanager
async def open_lossy_path(way: LossyPath, answer: str) -> AsyncIterator[str]:
    """Open the path. Yields the answer with the path's address as candidate."""
    found = CANDIDATE.search(answer)
    assert found is not None
    loop = asyncio.get_running_loop()
    here = (LOOPBACK, 0)
    _, near = await loop.create_datagram_endpoint(lambda: PathEnd(way, "up"), local_addr=here)
    _, far = await loop.create_datagram_endpoint(lambda: PathEnd(way, "down"), local_addr=here)
    near.other, far.other, far.peer = far, near, (LOOPBACK, int(found.group(2)))
    port = near.transport.get_extra_info("sockname")[1]
    yield CANDIDATE.sub(rf"\1 {port} ", answer)
    for end in (near, far):
        end.transport.close()


@asynccontextmanager
async def connect_over_path(way: LossyPath) -> AsyncIterator[BrowserPeer]:
    """Connect a browser whose media passes the path in both directions."""
    probe, browser = (
        AiortcProbe(FakeTestRoom().callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS)),
        BrowserPeer(audio=False),
    )
    async with open_lossy_path(way, await probe.answer_offer(await browser.offer())) as answer:
        await browser.accept(answer)
        yield browser
        await browser.pc.close()
        await probe.close()


async def measure_losses(browser: BrowserPeer) -> tuple[float, float]:
    """Compute the loss of sending and receiving in per cent, as the page does."""
    sender, receiver = browser.pc.getSenders()[0], browser.pc.getReceivers()[0]
    sent = {one.type: one for one in (await sender.getStats()).values()}.get("remote-inbound-rtp")
    # aiortc's getStats covers one stream only, which may be the one of retransmissions.
    streams: Any = receiver
    inbound = max(streams._RTCRtpReceiver__remote_streams.values(), key=lambda one: one.packets_received)
    if sent is None:
        return 0.0, 0.0
    there = sent.packetsReceived + sent.packetsLost
    lost_down = inbound.packets_lost - sent.packetsLost
    return 100 * sent.packetsLost / there, 100 * lost_down / (inbound.packets_received + inbound.packets_lost)


async def measure_losses_after_enough(browser: BrowserPeer, way: LossyPath) -> tuple[float, float]:
    """Measure the losses after MIN_PACKETS have passed and a report has counted them."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while way.seen["up"] < MIN_PACKETS:
            await browser.receive_frames("video", 1)
        for _ in range(60):  # two seconds of pictures; a report is sent at least every 1.5 s
            await browser.receive_frames("video", 1)
    return await measure_losses(browser)


async def test_good_path_reports_no_loss() -> None:
    way = LossyPath()
    async with connect_over_path(way) as browser:
        up, down = await measure_losses_after_enough(browser, way)
    assert up == 0
    assert abs(down) < 2


async def test_upstream_loss_is_reported_as_loss_up() -> None:
    way = LossyPath(drops="up")
    async with connect_over_path(way) as browser:
        up, down = await measure_losses_after_enough(browser, way)
    assert 6 <= up <= 14
    assert abs(down) < 4


async def test_downstream_loss_is_reported_as_loss_down() -> None:
    way = LossyPath(drops="down")
    async with connect_over_path(way) as browser:
        up, down = await measure_losses_after_enough(browser, way)
    assert up == 0
    assert 6 <= down <= 14


async def test_keyframe_request_is_forwarded_to_the_browser() -> None:
    probe = AiortcProbe(FakeTestRoom().callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS))
    async with connect_browser(probe.answer_offer, audio=False) as browser:
        await browser.receive_frames("video", 2)
        asked = asyncio.Event()
        sender: Any = browser.pc.getSenders()[0]
        sender._send_keyframe = asked.set
        receiver: Any = browser.pc.getReceivers()[0]
        (source,) = receiver.getSynchronizationSources()
        await receiver._send_rtcp_pli(source.source)
        await asyncio.wait_for(asked.wait(), TEST_TIMEOUT_S)
    await probe.close()


async def test_echo_rate_is_limited() -> None:
    browser = BrowserPeer()
    mirror = MediaEcho(browser.pc)
    size_bytes, second_ms = 1_000, 1_000
    passed = [mirror._is_within_rate(size_bytes, second_ms) for _ in range(1_000)]
    assert sum(passed) * size_bytes * 8 == MAX_ECHO_KBPS * 1000
    assert mirror._is_within_rate(size_bytes, 2 * second_ms)
    await browser.pc.close()
