"""Sends a browser's media back to it as it came: decrypt, another SSRC, encrypt. Nothing is decoded.

It lives on aiortc's private names. They are pinned by pyproject.toml and held by
tests/precheck/realtime/test_aiortc_internals.py; docs/decisions/0010-a-byte-mirror-on-private-names.md says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from aiortc import RTCPeerConnection, clock
from aiortc.codecs import is_rtx
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import RTCP_PSFB_APP, RTCP_PSFB_PLI, AnyRtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket

MIRRORED_KBPS = 4_000  # of one test; a call in VGA sends 2,500 at most
SECOND_MS = 1_000
HEADER_BYTES = 12  # RFC 3550 section 5.1


@dataclass(slots=True)
class _Way:
    """How packets of one payload type go back. `streams` is None for retransmissions, which count nowhere."""

    ssrc: bytes
    clock_rate: int
    sender: Any
    streams: dict[int, Any] | None


class _Header:
    """As much of a packet as aiortc's statistics look at."""

    __slots__ = ("sequence_number", "timestamp")

    def __init__(self, data: bytes) -> None:
        self.sequence_number = int.from_bytes(data[2:4], "big")
        self.timestamp = int.from_bytes(data[4:8], "big")


class Mirror:
    """The media path of one test. `packets` is how many came."""

    def __init__(self, connection: RTCPeerConnection) -> None:
        self.packets = 0
        self._connection = connection
        self._ways: dict[int, _Way] = {}
        self._heard: dict[Any, int] = {}  # by sender: the SSRC under which the browser sends
        self._window_ms = 0
        self._window_bytes = 0
        transceivers = connection.getTransceivers()
        self._transport = cast(Any, transceivers[0].sender.transport if transceivers else None)
        self._tasks: set[asyncio.Task[None]] = set()
        if self._transport is not None:
            self._transport._handle_rtp_data = self._on_packet
        for transceiver in transceivers:
            self._forward_feedback(transceiver.sender)

    async def _on_packet(self, data: bytes, arrival_time_ms: int) -> None:
        """One decrypted RTP packet."""
        self.packets += 1
        if len(data) < HEADER_BYTES or not self._within_rate(len(data), arrival_time_ms):
            return
        way = self._ways.get(data[1] & 0x7F) or self._learn(data[1] & 0x7F)
        if way is None:
            return
        if way.streams is not None:
            self._count(way, way.streams, data)
        await self._send(data[:8] + way.ssrc + data[HEADER_BYTES:])

    def _within_rate(self, size_bytes: int, now_ms: int) -> bool:
        """Whether the second's allowance takes it; what is beyond is lost, as on a narrow link."""
        if now_ms - self._window_ms >= SECOND_MS:
            self._window_ms, self._window_bytes = now_ms, 0
        self._window_bytes += size_bytes
        return self._window_bytes * 8 <= MIRRORED_KBPS * 1000

    def _learn(self, payload_type: int) -> _Way | None:
        for transceiver in self._connection.getTransceivers():
            receiver: Any = transceiver.receiver
            codec = receiver._RTCRtpReceiver__codecs.get(payload_type)
            if codec is not None:
                self._ways[payload_type] = _way(transceiver.sender, receiver, codec)
        return self._ways.get(payload_type)

    def _count(self, way: _Way, streams: dict[int, Any], data: bytes) -> None:
        """Feed the reports: what came from the browser, and what goes back to it."""
        ssrc = int.from_bytes(data[8:HEADER_BYTES], "big")
        stream = streams.get(ssrc)
        if stream is None:
            stream = streams[ssrc] = StreamStatistics(way.clock_rate)
            self._heard[way.sender] = ssrc
        header = _Header(data)
        stream.add(cast(Any, header))
        sender = way.sender  # its reports tell when which picture was sent: without them lips and voice drift
        sender._RTCRtpSender__ntp_timestamp = clock.current_ntp_time()
        sender._RTCRtpSender__rtp_timestamp = header.timestamp
        sender._RTCRtpSender__packet_count += 1
        sender._RTCRtpSender__octet_count += len(data) - HEADER_BYTES

    async def _send(self, data: bytes) -> None:
        try:
            await self._transport.transport._send(self._transport._tx_srtp.protect(data))
        except ConnectionError:  # the browser has just gone; its end is noticed elsewhere
            return

    # Feedback: what the browser asks of its own mirror image goes to the browser

    def _forward_feedback(self, sender: Any) -> None:
        own: Callable[[AnyRtcpPacket], Any] = sender._handle_rtcp_packet

        async def handle(packet: AnyRtcpPacket) -> None:
            if not isinstance(packet, RtcpRtpfbPacket | RtcpPsfbPacket):
                await own(packet)
            elif packet.fmt != RTCP_PSFB_APP and sender in self._heard:
                packet.media_ssrc = self._heard[sender]
                await self._send_feedback(packet)

        sender._handle_rtcp_packet = handle
        sender._send_keyframe = lambda: self._ask_keyframe(sender)

    def _ask_keyframe(self, sender: Any) -> None:
        if sender in self._heard and sender.kind == "video":
            asked = RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=sender._ssrc, media_ssrc=self._heard[sender])
            task = asyncio.create_task(self._send_feedback(asked), name="key frame")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_feedback(self, packet: RtcpRtpfbPacket | RtcpPsfbPacket) -> None:
        try:
            await self._transport._send_rtp(bytes(packet))
        except ConnectionError:
            return


def _way(sender: Any, receiver: Any, codec: Any) -> _Way:
    again = is_rtx(codec)
    ssrc = sender._rtx_ssrc if again else sender._ssrc
    streams = None if again else receiver._RTCRtpReceiver__remote_streams
    return _Way(ssrc.to_bytes(4, "big"), codec.clockRate, sender, streams)
