"""Probe against a real peer: media returns as sent, data channels are answered."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from struct import unpack_from
from typing import Any

import pytest
from office360.core.errors import Unavailable
from office360.precheck.domain.fault_location import RoomHealth
from office360.precheck.domain.offer import BadOffer
from office360.precheck.realtime.ice_gathering import LOOPBACK
from office360.precheck.realtime.live_tests import ProbeCallbacks
from office360.precheck.realtime.probe import AiortcProbe, MediaSockets, add_start_bitrate
from office360.precheck.realtime.probe_packets import HEADER_FORMAT, LARGE_BYTES, write_packet

from ...support.timeouts import TEST_TIMEOUT_S
from ..support.webrtc_client import BrowserPeer, connect_browser, wait_until

PROBE_PORTS = range(42_400, 42_800)


class FakeTestRoom:
    """The room that a probe belongs to."""

    def __init__(self) -> None:
        self.disconnected = asyncio.Event()
        self.health = RoomHealth(loop_lag_ms=3.5, healthy=True)

    def callbacks(self) -> ProbeCallbacks:
        return ProbeCallbacks(lambda: self.health, lambda: 7, self.disconnected.set)


@pytest.fixture
def room() -> FakeTestRoom:
    return FakeTestRoom()


@pytest.fixture
async def probe(room: FakeTestRoom) -> AsyncIterator[AiortcProbe]:
    opened = AiortcProbe(room.callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS))
    yield opened
    await opened.close()


async def test_video_and_audio_are_echoed(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer) as browser:
        pictures = await browser.receive_frames("video", 10)
        assert (pictures[-1].width, pictures[-1].height) == (640, 480)
        assert pictures[-1].pts > pictures[0].pts
        assert [frame.samples for frame in await browser.receive_frames("audio", 5)] == [960] * 5


async def test_audio_is_echoed_without_video(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        assert len(await browser.receive_frames("audio", 5)) == 5


async def test_data_channels_work_without_media(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False, audio=False) as browser:
        assert (await browser.request(type="ping", n=1))["n"] == 1


async def test_rtcp_reports_reach_both_ends(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer) as browser:
        await browser.receive_frames("video", 20)
        sender = next(sender for sender in browser.pc.getSenders() if sender.kind == "video")

        async def reported() -> bool:
            stats = (await sender.getStats()).values()
            return any(stat.type == "remote-inbound-rtp" and stat.packetsReceived > 0 for stat in stats)

        async with asyncio.timeout(TEST_TIMEOUT_S):
            while not await reported():
                await browser.receive_frames("video", 1)
        receiver = next(receiver for receiver in browser.pc.getReceivers() if receiver.track.kind == "video")
        inbound = [stat for stat in (await receiver.getStats()).values() if stat.type == "inbound-rtp"]
        assert [stat.packetsLost for stat in inbound] == [0]


async def test_pong_contains_event_loop_lag(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        assert await browser.request(type="ping", n=4) == {"type": "pong", "n": 4, "loop_lag_ms": 3.5}
        server = {"type": "server", "loop_lag_ms": 3.5, "sessions": 7, "healthy": True}
        assert await browser.request(type="server") == server


async def test_ping_is_answered_on_its_own_channel(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        pings = browser.pc.createDataChannel("pings", ordered=False, maxRetransmits=0)
        answered: asyncio.Queue[str] = asyncio.Queue()
        pings.on("message", answered.put_nowait)
        await browser.wait_until_open(pings)
        for message in ('{"type":"server"}', '{"type":"ping","n":9}'):  # only pings are answered here
            pings.send(message)
        answer = await asyncio.wait_for(answered.get(), TEST_TIMEOUT_S)
        assert json.loads(answer) == {"type": "pong", "n": 9}  # short: each byte takes time on a narrow line


async def test_pong_leaves_before_the_acknowledgement(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        pings = browser.pc.createDataChannel("pings", ordered=False, maxRetransmits=0)
        await browser.wait_until_open(pings)
        sctp: Any = browser.pc.sctp
        unacknowledged: asyncio.Queue[int] = asyncio.Queue()
        pings.on("message", lambda _pong: unacknowledged.put_nowait(len(sctp._sent_queue)))
        for number in range(5):
            pings.send(json.dumps({"type": "ping", "n": number}))
            assert await asyncio.wait_for(unacknowledged.get(), TEST_TIMEOUT_S) == 1
            await wait_until(lambda: not sctp._sent_queue)


async def test_arrivals_of_an_upload_are_told(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        await browser.wait_until_open(browser.probe)
        browser.control.send('{"type":"up","id":1}')
        for number in range(50):
            browser.probe.send(write_packet(number, number * 0.002, 1_000))
            await asyncio.sleep(0.002)
        await wait_until(lambda: any(told["seen"] == 49 for told in browser.told("up_windows")))
        windows = {window[0]: window for told in browser.told("up_windows") for window in told["windows"]}
        assert (sum(window[3] for window in windows.values()), sum(window[4] for window in windows.values())) == (
            50,
            0,
        )
        result = await browser.request(type="up_done", id=1, sent=50)
        assert (result["type"], result["id"]) == ("up_result", 1)
        assert (result["received"], result["bytes"]) == (50, 50 * LARGE_BYTES)


async def test_download_packets_are_paced_and_numbered(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        await browser.wait_until_open(browser.probe)
        done = await browser.request(type="down", id=2, seconds=0.5, kbps=1_000, window=60_000)
        assert (done["type"], done["id"]) == ("down_done", 2)
        assert done["elapsed_ms"] >= 500
        assert done["sent"] <= 1_000 / 8 * done["elapsed_ms"] / LARGE_BYTES + 1
        await wait_until(lambda: len(browser.packets) == done["sent"])
        headers = [unpack_from(HEADER_FORMAT, packet) for packet in browser.packets]
        assert sorted(number for number, _, _ in headers) == list(range(done["sent"]))
        assert {kbps for _, _, kbps in headers} == {1_000}


async def test_download_follows_the_browsers_rate_until_it_is_zero(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        await browser.wait_until_open(browser.probe)
        browser.control.send('{"type":"down","id":3,"seconds":12,"kbps":100,"window":5000}')
        browser.probe.send('{"type":"down_rate","id":4,"kbps":4000,"window":99999}')  # of another probe
        browser.probe.send('{"type":"down_rate","id":3,"kbps":900,"window":99999}')
        await wait_until(lambda: any(unpack_from(HEADER_FORMAT, packet)[2] == 900 for packet in browser.packets))
        done = await browser.request(type="down_rate", id=3, kbps=0)
        assert (done["type"], done["id"]) == ("down_done", 3)
        assert {unpack_from(HEADER_FORMAT, packet)[2] for packet in browser.packets} <= {100, 900}


async def test_download_is_limited_in_time_and_rate(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        await browser.wait_until_open(browser.probe)
        done = await browser.request(type="down", id=3, seconds=1e9, kbps=1e9, window=1e9)
        assert done["elapsed_ms"] < 3_500  # the browser was silent
        assert done["sent"] * LARGE_BYTES * 8 / done["elapsed_ms"] <= 5_100


@pytest.mark.parametrize(
    "nonsense", ["", "{", "[]", '"ping"', '{"type":[]}', '{"type":"nothing"}', '{"type":"down"', "x" * 2_000]
)
async def test_malformed_channel_message_is_ignored(probe: AiortcProbe, nonsense: str) -> None:
    async with connect_browser(probe.answer_offer, video=False, audio=False) as browser:
        await browser.wait_until_open(browser.probe)
        browser.control.send(nonsense)
        browser.control.send(b"\0\1")
        browser.probe.send(nonsense)
        browser.probe.send(b"\0\1")
        assert (await browser.request(type="ping", n=2))["n"] == 2


@pytest.mark.parametrize("offer", ["", "x", "v=0\r\n", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"])
async def test_malformed_offer_is_refused(probe: AiortcProbe, offer: str) -> None:
    with pytest.raises(BadOffer):
        await probe.answer_offer(offer)


async def test_media_ports_stay_within_the_range(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        remote = browser.pc.getSenders()[0].transport.transport.getRemoteCandidates()
        assert {candidate.ip for candidate in remote} == {LOOPBACK}
        assert all(candidate.port in PROBE_PORTS for candidate in remote)


async def test_translated_address_is_told_and_media_pass(room: FakeTestRoom) -> None:
    told = "203.0.113.7"  # RFC 5737: no machine has it
    probe = AiortcProbe(room.callbacks(), MediaSockets([told], PROBE_PORTS, translated=True))
    answers: list[str] = []

    async def translate(offer: str) -> str:
        answers.append(await probe.answer_offer(offer))
        return answers[0].replace(told, LOOPBACK)

    async with connect_browser(translate) as browser:
        assert len(await browser.receive_frames("video", 2)) == 2
    candidates = [line for line in answers[0].splitlines() if line.startswith("a=candidate:")]
    assert candidates
    assert all(f" {told} " in line for line in candidates)
    await probe.close()


async def test_missing_free_port_raises_unavailable(room: FakeTestRoom) -> None:
    loop = asyncio.get_running_loop()
    taken, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(LOOPBACK, 0))
    port = taken.get_extra_info("sockname")[1]
    probe, browser = AiortcProbe(room.callbacks(), MediaSockets([LOOPBACK], range(port, port + 1))), BrowserPeer()
    with pytest.raises(Unavailable):
        await probe.answer_offer(await browser.offer())
    taken.close()
    await probe.close()
    await browser.pc.close()


async def test_browser_disconnect_calls_on_disconnect(probe: AiortcProbe, room: FakeTestRoom) -> None:
    async with connect_browser(probe.answer_offer, video=False):
        assert not room.disconnected.is_set()
    await asyncio.wait_for(room.disconnected.wait(), TEST_TIMEOUT_S)


async def test_probe_reports_new_traffic(probe: AiortcProbe) -> None:
    assert not probe.has_new_traffic()
    async with connect_browser(probe.answer_offer) as browser:
        await browser.receive_frames("video", 2)
        assert probe.has_new_traffic()


async def test_closed_probe_leaves_no_decoder_thread(room: FakeTestRoom) -> None:
    probe = AiortcProbe(room.callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS))
    async with connect_browser(probe.answer_offer) as browser:
        await browser.receive_frames("video", 2)
    await probe.close()
    await wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name.endswith("-decoder")])


def test_answer_contains_start_bitrate() -> None:
    bare = "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    hinted = add_start_bitrate(bare)
    assert "a=fmtp:96 x-google-start-bitrate=500;x-google-max-bitrate=2500\r\n" in hinted
    assert "a=fmtp:97 apt=96\r\n" in hinted
    known = "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1\r\n"
    assert "packetization-mode=1;x-google-start-bitrate=500" in add_start_bitrate(known)


async def test_aborted_probe_has_no_sockets(probe: AiortcProbe) -> None:
    async with connect_browser(probe.answer_offer, video=False) as browser:
        remote = browser.pc.getSenders()[0].transport.transport.getRemoteCandidates()
        await probe.abort()
        await probe.abort()
        await wait_until(lambda: all(is_port_free(candidate.ip, candidate.port) for candidate in remote))


def is_port_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        try:
            probe_socket.bind((address, port))
        except OSError:
            return False
        return True
