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

MAX_ECHO_KBPS = 4_000  # of one test; a call in VGA sends 2,500 at most
SECOND_MS = 1_000
RTP_HEADER_BYTES = 12  # RFC 3550 section 5.1


@dataclass(slots=True)
class _ReturnPath:
    """How packets of one payload type go back. `streams` is None for retransmissions, which count nowhere."""

    ssrc: bytes
    clock_rate: int
    sender: Any
    streams: dict[int, Any] | None


class _RtpHeader:
    """As much of a packet as aiortc's statistics look at."""

    __slots__ = ("sequence_number", "timestamp")

    def __init__(self, data: bytes) -> None:
        self.sequence_number = int.from_bytes(data[2:4], "big")
        self.timestamp = int.from_bytes(data[4:8], "big")


class MediaEcho:
    """The media path of one test. `packets` is how many came."""

    def __init__(self, connection: RTCPeerConnection) -> None:
        self.packet_count = 0
        self._connection = connection
        self._return_paths: dict[int, _ReturnPath] = {}
        self._remote_ssrc_by_sender: dict[Any, int] = {}  # by sender: the SSRC under which the browser sends
        self._window_ms = 0
        self._window_bytes = 0
        transceivers = connection.getTransceivers()
        self._transport = cast(Any, transceivers[0].sender.transport if transceivers else None)
        self._tasks: set[asyncio.Task[None]] = set()
        if self._transport is not None:
            self._transport._handle_rtp_data = self._echo_packet
        for transceiver in transceivers:
            self._forward_feedback(transceiver.sender)

    async def _echo_packet(self, data: bytes, arrival_time_ms: int) -> None:
        """One decrypted RTP packet."""
        self.packet_count += 1
        if len(data) < RTP_HEADER_BYTES or not self._is_within_rate(len(data), arrival_time_ms):
            return
        way = self._return_paths.get(data[1] & 0x7F) or self._find_return_path(data[1] & 0x7F)
        if way is None:
            return
        if way.streams is not None:
            self._update_statistics(way, way.streams, data)
        await self._send_packet(data[:8] + way.ssrc + data[RTP_HEADER_BYTES:])

    def _is_within_rate(self, size_bytes: int, now_ms: int) -> bool:
        """Whether the second's allowance takes it; what is beyond is lost, as on a narrow link."""
        if now_ms - self._window_ms >= SECOND_MS:
            self._window_ms, self._window_bytes = now_ms, 0
        self._window_bytes += size_bytes
        return self._window_bytes * 8 <= MAX_ECHO_KBPS * 1000

    def _find_return_path(self, payload_type: int) -> _ReturnPath | None:
        for transceiver in self._connection.getTransceivers():
            receiver: Any = transceiver.receiver
            codec = receiver._RTCRtpReceiver__codecs.get(payload_type)
            if codec is not None:
                self._return_paths[payload_type] = _build_return_path(transceiver.sender, receiver, codec)
        return self._return_paths.get(payload_type)

    def _update_statistics(self, path: _ReturnPath, streams: dict[int, Any], data: bytes) -> None:
        """Feed the reports: what came from the browser, and what goes back to it."""
        ssrc = int.from_bytes(data[8:RTP_HEADER_BYTES], "big")
        stream = streams.get(ssrc)
        if stream is None:
            stream = streams[ssrc] = StreamStatistics(path.clock_rate)
            self._remote_ssrc_by_sender[path.sender] = ssrc
        header = _RtpHeader(data)
        stream.add(cast(Any, header))
        sender = path.sender  # its reports tell when which picture was sent: without them lips and voice drift
        sender._RTCRtpSender__ntp_timestamp = clock.current_ntp_time()
        sender._RTCRtpSender__rtp_timestamp = header.timestamp
        sender._RTCRtpSender__packet_count += 1
        sender._RTCRtpSender__octet_count += len(data) - RTP_HEADER_BYTES

    async def _send_packet(self, data: bytes) -> None:
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
            elif packet.fmt != RTCP_PSFB_APP and sender in self._remote_ssrc_by_sender:
                packet.media_ssrc = self._remote_ssrc_by_sender[sender]
                await self._send_feedback(packet)

        sender._handle_rtcp_packet = handle
        sender._send_keyframe = lambda: self._request_keyframe(sender)

    def _request_keyframe(self, sender: Any) -> None:
        if sender in self._remote_ssrc_by_sender and sender.kind == "video":
            asked = RtcpPsfbPacket(
                fmt=RTCP_PSFB_PLI, ssrc=sender._ssrc, media_ssrc=self._remote_ssrc_by_sender[sender]
            )
            task = asyncio.create_task(self._send_feedback(asked), name="key frame")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_feedback(self, packet: RtcpRtpfbPacket | RtcpPsfbPacket) -> None:
        try:
            await self._transport._send_rtp(bytes(packet))
        except ConnectionError:
            return


def _build_return_path(sender: Any, receiver: Any, codec: Any) -> _ReturnPath:
    again = is_rtx(codec)
    ssrc = sender._rtx_ssrc if again else sender._ssrc
    streams = None if again else receiver._RTCRtpReceiver__remote_streams
    return _ReturnPath(ssrc.to_bytes(4, "big"), codec.clockRate, sender, streams)
