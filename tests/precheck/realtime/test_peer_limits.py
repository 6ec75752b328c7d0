"""Attacks of a connected peer: each is dropped or ends the connection without a traceback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aioice import stun
from aiortc.rtcsctptransport import DataChunk, SackChunk
from office360.precheck.realtime import aiortc_internals, peer_limits
from office360.precheck.realtime.data_channels import (
    MAX_BUFFERED_BYTES,
    MAX_CONTROL_CHARACTERS,
    MAX_PROBE_KBPS,
    MAX_WINDOW_BYTES,
    MIN_WINDOW_BYTES,
)
from office360.precheck.realtime.ice_gathering import LOOPBACK
from office360.precheck.realtime.media_echo import MAX_FEEDBACK_PER_S
from office360.precheck.realtime.peer_limits import PeerPacketLimit
from office360.precheck.realtime.probe import AiortcProbe, MediaSockets
from office360.precheck.realtime.probe_packets import LARGE_BYTES

from ...support.timeouts import TEST_TIMEOUT_S
from ..support.loop_lag import measure_loop_lag
from ..support.webrtc_client import BrowserPeer, wait_until
from .test_probe import PROBE_PORTS, FakeTestRoom

OPUS = 96
DATA_CHANNEL_CONTROL = 50  # RFC 8832 section 8.1
OPEN_CHANNEL = b"\x03\0\0\0\0\0\0\0\0\0\0\0"
MAX_LAG_MS = 100


@dataclass
class Attack:
    """A connected peer that speaks the protocols and breaks their customs."""

    room: FakeTestRoom
    probe: AiortcProbe
    browser: BrowserPeer
    answer: str

    @property
    def sctp(self) -> Any:
        return self.browser.pc.sctp

    @property
    def transport(self) -> Any:
        return self.browser.pc.getSenders()[0].transport

    @property
    def server_address(self) -> tuple[str, int]:
        found = re.search(rf"a=candidate:\S+ 1 udp \d+ {re.escape(LOOPBACK)} (\d+) ", self.answer)
        assert found is not None
        return LOOPBACK, int(found.group(1))

    async def wait_for_disconnect(self) -> None:
        await asyncio.wait_for(self.room.disconnected.wait(), TEST_TIMEOUT_S)


@pytest.fixture
async def attack() -> AsyncIterator[Attack]:
    room, browser = FakeTestRoom(), BrowserPeer(video=False)
    probe = AiortcProbe(room.callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS))
    answer = await probe.answer_offer(await browser.offer())
    await browser.accept(answer)
    yield Attack(room, probe, browser, answer)
    await browser.pc.close()
    await probe.close()


@pytest.fixture(autouse=True)
def no_tracebacks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@contextmanager
def another_socket() -> Iterator[socket.socket]:
    """Open a socket of another address than the peer's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((LOOPBACK, 0))
        opened.setblocking(False)
        yield opened


async def test_unacknowledged_replies_are_dropped(attack: Attack) -> None:
    async def acknowledge_nothing() -> None: ...

    attack.sctp._send_sack = acknowledge_nothing
    ping = json.dumps({"type": "ping", "n": "x" * (MAX_CONTROL_CHARACTERS - 40)})
    count_before = attack.probe._message_count
    for _ in range(300):
        attack.browser.control.send(ping)
    await wait_until(lambda: attack.probe._message_count == count_before + 300)
    buffered = attack.probe._channels._channels["control"].bufferedAmount
    assert 0 < buffered <= MAX_BUFFERED_BYTES + MAX_CONTROL_CHARACTERS


async def test_unacknowledged_download_is_bounded(attack: Attack) -> None:
    """The peer wants the widest window and the highest rate, and acknowledges nothing."""

    async def acknowledge_nothing() -> None: ...

    await attack.browser.wait_until_open(attack.browser.probe)
    attack.sctp._send_sack = acknowledge_nothing
    attack.browser.control.send('{"type":"down","id":1,"seconds":1e9,"kbps":1e9,"window":1e9}')
    sctp: Any = attack.probe._connection.sctp
    await wait_until(lambda: sctp._flight_size > 100_000)
    held = [channel.bufferedAmount for channel in attack.probe._channels._channels.values()]
    assert sum(held) <= MAX_BUFFERED_BYTES
    await wait_until(lambda: not attack.probe._channels._tasks)  # nothing is heard from the page
    assert sctp._flight_size <= MAX_WINDOW_BYTES + LARGE_BYTES


async def test_flood_of_rates_never_exceeds_the_highest(attack: Attack) -> None:
    await attack.browser.wait_until_open(attack.browser.probe)
    attack.browser.control.send('{"type":"down","id":1,"kbps":100,"window":5000}')
    for number in range(600):
        kbps = ("1e9", "-5", '"x"', "null", "true", "4999")[number % 6]
        attack.browser.probe.send(f'{{"type":"down_rate","id":1,"kbps":{kbps},"window":{kbps}}}')
        if number % 20 == 0:
            await asyncio.sleep(0.01)
    assert (await attack.browser.request(type="ping", n=1))["n"] == 1
    order = attack.probe._channels._order
    assert order is not None
    assert 0 < order.kbps <= MAX_PROBE_KBPS
    assert MIN_WINDOW_BYTES <= order.window_bytes <= MAX_WINDOW_BYTES
    assert not attack.room.disconnected.is_set()


async def test_statistics_are_kept_for_four_ssrcs(attack: Attack) -> None:
    receiver = attack.probe._connection.getTransceivers()[0].receiver
    streams = aiortc_internals.remote_streams(receiver)
    for ssrc in range(1_000, 1_050):
        packet = bytes([0x80, OPUS]) + ssrc.to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + bytes(20)
        await aiortc_internals.send_rtp(attack.transport, packet)
    assert (await attack.browser.request(type="ping", n=1))["n"] == 1
    assert 1 <= len(streams) <= peer_limits.MAX_SSRCS


def test_packets_per_second_are_limited() -> None:
    limit = PeerPacketLimit()
    assert sum(limit.take_packet(0, is_peer=True) for _ in range(5_000)) == peer_limits.MAX_PACKETS_PER_S
    strangers = sum(limit.take_packet(0, is_peer=False) for _ in range(5_000))
    assert strangers == peer_limits.MAX_STRANGER_PACKETS_PER_S
    assert sum(limit.take_packet(1, is_peer=True) for _ in range(5_000)) == peer_limits.MAX_PACKETS_PER_S


@pytest.mark.parametrize("data", [b"", b"\x80" * 40, b"\x16" * 40, b"\0" * 20])
async def test_datagram_of_a_stranger_changes_nothing(attack: Attack, data: bytes) -> None:
    with another_socket() as stranger:
        stranger.sendto(data, attack.server_address)
    assert (await attack.browser.request(type="ping", n=1))["n"] == 1
    assert not attack.room.disconnected.is_set()


async def test_peer_addresses_are_limited(attack: Attack) -> None:
    """The server checks each address, and a peer can forge senders."""
    connection = aiortc_internals.ice_connection(attack.probe._connection)
    with contextlib.ExitStack() as stack:
        for _ in range(45):
            sender = stack.enter_context(another_socket())
            sender.sendto(connectivity_check(attack, PRIORITY=1), attack.server_address)
            await asyncio.sleep(0.002)
        await wait_until(lambda: len(connection.remote_candidates) >= peer_limits.MAX_PEER_ADDRESSES)
    assert (await attack.browser.request(type="ping", n=1))["n"] == 1
    assert len(connection.remote_candidates) == peer_limits.MAX_PEER_ADDRESSES


async def test_check_without_priority_is_dropped(attack: Attack) -> None:
    with another_socket() as sender:
        sender.sendto(connectivity_check(attack), attack.server_address)
    assert (await attack.browser.request(type="ping", n=1))["n"] == 1


async def test_acknowledgement_of_everything_disconnects(attack: Attack) -> None:
    sack = SackChunk()
    sack.cumulative_tsn = attack.sctp._last_received_tsn
    sack.gaps = [(1, 65_535)] * 300
    async with measure_loop_lag() as lag:
        await attack.sctp._send_chunk(sack)
        await attack.wait_for_disconnect()
    assert lag.longest_ms < MAX_LAG_MS


async def test_chunks_out_of_order_are_limited(attack: Attack) -> None:
    async with measure_loop_lag() as lag:
        for number in range(1, peer_limits.MAX_CHUNKS_OUT_OF_ORDER + 50):
            await attack.sctp._send_chunk(data_chunk(attack, 2 * number, stream_id=0, flags=0))
            await asyncio.sleep(0)
        await attack.wait_for_disconnect()
    assert lag.longest_ms < MAX_LAG_MS


async def test_fragments_without_end_are_limited(attack: Attack) -> None:
    for number in range(peer_limits.MAX_FRAGMENTS + 2):
        await attack.sctp._send_chunk(data_chunk(attack, number, stream_id=0, flags=0 if number else 2))
        await asyncio.sleep(0)
    await attack.wait_for_disconnect()


async def test_streams_are_limited(attack: Attack) -> None:
    for number in range(peer_limits.MAX_STREAMS + 1):
        await attack.sctp._send_chunk(data_chunk(attack, number, stream_id=100 + number, flags=3))
        await asyncio.sleep(0)
    await attack.wait_for_disconnect()


async def test_data_channels_are_limited(attack: Attack) -> None:
    for number in range(peer_limits.MAX_DATA_CHANNELS):
        attack.browser.pc.createDataChannel(f"channel {number}")
    await attack.wait_for_disconnect()


@pytest.mark.parametrize(("is_new_stream", "label"), [(False, b"control"), (True, b"\xff\xfe")])
async def test_unexpected_packet_disconnects(attack: Attack, is_new_stream: bool, label: bytes) -> None:
    """A second opening of a stream, and a label that is not UTF-8, raise in aiortc."""
    stream_id = 50 if is_new_stream else attack.browser.control.id
    opening = OPEN_CHANNEL[:8] + len(label).to_bytes(2, "big") + bytes(2) + label
    await attack.sctp._send(stream_id, DATA_CHANNEL_CONTROL, opening)
    await attack.wait_for_disconnect()


async def test_feedback_per_second_is_limited(attack: Attack) -> None:
    limit = attack.probe._echo._feedback_limit  # type: ignore[union-attr]
    assert sum(limit.take_token(1e9) for _ in range(1_000)) == MAX_FEEDBACK_PER_S


def connectivity_check(attack: Attack, **attributes: int) -> bytes:
    """Build a check of ICE with the credentials of the connection."""
    connection = aiortc_internals.ice_connection(attack.probe._connection)
    check = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    check.attributes["USERNAME"] = f"{connection.local_username}:{connection.remote_username}"
    check.attributes.update(attributes)
    check.add_message_integrity(connection.local_password.encode())
    return bytes(check)


def data_chunk(attack: Attack, tsn_offset: int, *, stream_id: int, flags: int) -> DataChunk:
    """Build a chunk that follows what the peer has sent. Flags: 2 first and 1 last fragment."""
    chunk = DataChunk(flags=flags)
    chunk.tsn = (attack.sctp._local_tsn + tsn_offset) % 2**32
    chunk.stream_id, chunk.stream_seq, chunk.protocol, chunk.user_data = stream_id, 0, 51, b"x"
    return chunk
