"""Media echo on a lossy path: loss of each direction is measured separately."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiortc import RTCRtpSender
from office360.precheck.realtime import aiortc_internals
from office360.precheck.realtime.ice_gathering import LOOPBACK
from office360.precheck.realtime.media_echo import MAX_ECHO_KBPS, MediaEcho, _ReturnPath
from office360.precheck.realtime.packet_counts import MediaCounts
from office360.precheck.realtime.probe import AiortcProbe, MediaSockets

from ...support.timeouts import TEST_TIMEOUT_S
from ..support.webrtc_client import BrowserPeer, connect_browser
from .test_probe import PROBE_PORTS, FakeTestRoom

CANDIDATE = re.compile(rf"(a=candidate:\S+ 1 udp \d+ {re.escape(LOOPBACK)}) (\d+) ")
MIN_PACKETS = 120  # with a tenth lost, twelve are missing


def is_media(data: bytes) -> bool:
    """Whether a datagram is RTP. Reports are not dropped here (RFC 5761 section 4; RFC 7983)."""
    return 127 < data[0] < 192 and not 192 <= data[1] <= 223


@dataclass
class LossyPath:
    """A path that drops every tenth media packet in a single direction."""

    drops: str = ""
    seen: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})

    def loses(self, direction: str, data: bytes) -> bool:
        if not is_media(data):
            return False
        self.seen[direction] += 1
        return self.drops == direction and self.seen[direction] % 10 == 0


class PathEnd(asyncio.DatagramProtocol):
    """An end of the path: forwards datagrams to the other end's socket."""

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


async def measure_losses(browser: BrowserPeer, way: LossyPath) -> tuple[float, float]:
    """Compute the loss of each direction in per cent, after the last packet, as the page does."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while way.seen["up"] < MIN_PACKETS:
            await browser.receive_frames("video", 1)
    browser.pc.getSenders()[0].replaceTrack(None)
    counts = await settled_counts(browser)
    # Retransmissions have a stream of their own, with fewer packets.
    streams = aiortc_internals.remote_streams(browser.pc.getReceivers()[0])
    arrived = max(stream.packets_received for stream in streams.values())
    return 100 * (1 - counts["received"] / counts["expected"]), 100 * (1 - arrived / counts["forwarded"])


async def settled_counts(browser: BrowserPeer) -> dict[str, int]:
    """Return the server's counts of the video once no packet is on its way."""
    before: dict[str, int] = {}
    while True:
        answer = await browser.request(type="stats", id=len(before))
        if answer["media"]["video"] == before:
            return before
        before = answer["media"]["video"]
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(("drops", "up", "down"), [("", 0, 0), ("up", 10, 0), ("down", 0, 10)])
async def test_loss_is_counted_in_its_own_direction(drops: str, up: float, down: float) -> None:
    way = LossyPath(drops=drops)
    async with connect_over_path(way) as browser:
        losses = await measure_losses(browser, way)
    assert losses[0] == pytest.approx(up, abs=2)
    assert losses[1] == pytest.approx(down, abs=2)


async def test_stats_answer_counts_each_kind() -> None:
    probe = AiortcProbe(FakeTestRoom().callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS))
    async with connect_browser(probe.answer_offer) as browser:
        await browser.receive_frames("video", 5)
        await browser.receive_frames("audio", 5)
        answer = await browser.request(type="stats", id="a")
        assert (answer["type"], answer["id"], set(answer["media"])) == ("stats", "a", {"audio", "video"})
        for counts in answer["media"].values():
            assert counts["expected"] == counts["received"] == counts["forwarded"] > 0
            assert counts["over_rate"] == 0
        before = await browser.request(type="stats", id=1, restart=True)
        after = await browser.request(type="stats", id=2)
        assert after["media"]["audio"]["expected"] < before["media"]["audio"]["expected"]
    await probe.close()


async def test_h264_packets_return_as_the_same_bytes() -> None:
    probe = AiortcProbe(FakeTestRoom().callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS))
    browser = BrowserPeer(audio=False)
    codecs = [codec for codec in RTCRtpSender.getCapabilities("video").codecs if codec.mimeType == "video/H264"]
    browser.pc.getTransceivers()[0].setCodecPreferences(codecs)
    transport: Any = browser.pc.getSenders()[0].transport
    sent, returned = record_packets(transport, "_send_rtp"), record_packets(transport, "_handle_rtp_data")
    await browser.accept(await probe.answer_offer(await browser.offer()))
    (picture, *_) = await browser.receive_frames("video", 30)
    assert (picture.width, picture.height) == (640, 480)
    assert len(returned) > 30
    assert {without_ssrc(packet) for packet in returned} <= {without_ssrc(packet) for packet in sent}
    assert {packet[8:12] for packet in returned}.isdisjoint({packet[8:12] for packet in sent})
    await browser.pc.close()
    await probe.close()


def record_packets(transport: Any, method: str) -> list[bytes]:
    """Record the RTP packets that pass a method of the transport."""
    packets: list[bytes] = []
    original = getattr(transport, method)

    async def record(data: bytes, **arrival: Any) -> None:
        if is_media(data):
            packets.append(data)
        await original(data, **arrival)

    setattr(transport, method, record)
    return packets


def without_ssrc(packet: bytes) -> bytes:
    return packet[:8] + packet[12:]


async def test_packet_beyond_the_rate_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    async def send(_transport: object, data: bytes) -> None:
        sent.append(data)

    monkeypatch.setattr(aiortc_internals, "send_rtp", send)
    browser = BrowserPeer()
    mirror = MediaEcho(browser.pc)
    path = _ReturnPath(bytes(4), 90_000, browser.pc.getSenders()[0], None, MediaCounts())
    mirror._return_paths[97] = path
    header = bytes([128, 97])
    for number, second_ms in ((1, 1_000), (2, 1_000), (4, 2_000)):
        mirror._window_bytes = MAX_ECHO_KBPS * 125 * (number == 2)
        await mirror._echo_packet(header + number.to_bytes(2, "big") + bytes(8), second_ms)
    assert path.counts is not None
    assert path.counts.totals() == {"expected": 4, "received": 3, "forwarded": 2, "over_rate": 1}
    assert len(sent) == 2
    await browser.pc.close()


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
