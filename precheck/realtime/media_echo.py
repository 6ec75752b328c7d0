"""The media path of a connection test: a browser's packets return to it as bytes.

Decodes nothing.

Each packet is decrypted, given the SSRC of the return path, and encrypted again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import RTCP_PSFB_APP, RTCP_PSFB_PLI, AnyRtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket, RtpPacket

from ...core.db.rate_limits import TokenBucket
from . import aiortc_internals
from .packet_counts import MediaCounts

MAX_ECHO_KBPS = 4_000  # of a test; a call in VGA sends 2,500 at most
MAX_FEEDBACK_PER_S = 200  # requests of both video ends; Chromium sends a request each 20 ms at most
SECOND_MS = 1_000
RTP_HEADER_BYTES = 12  # RFC 3550 section 5.1


@dataclass(slots=True)
class _ReturnPath:
    """How packets of a payload type return.

    `streams` and `counts` are None for retransmissions, which no report counts.
    """

    ssrc: bytes
    clock_rate: int
    sender: RTCRtpSender
    streams: dict[int, StreamStatistics] | None
    counts: MediaCounts | None


class _RtpHeader:
    """The part of a packet that aiortc's statistics read."""

    __slots__ = ("sequence_number", "timestamp")

    def __init__(self, data: bytes) -> None:
        self.sequence_number = int.from_bytes(data[2:4], "big")
        self.timestamp = int.from_bytes(data[4:8], "big")


class MediaEcho:
    """Echoes the media of a peer connection. `packet_count` counts the packets received."""

    def __init__(self, connection: RTCPeerConnection) -> None:
        self.packet_count = 0
        self._connection = connection
        self._return_paths: dict[int, _ReturnPath] = {}
        self._counts: dict[str, MediaCounts] = {"audio": MediaCounts(), "video": MediaCounts()}
        self._remote_ssrc_by_sender: dict[RTCRtpSender, int] = {}  # the SSRC that the browser itself sends with
        self._feedback_limit = TokenBucket(MAX_FEEDBACK_PER_S, MAX_FEEDBACK_PER_S)
        self._window_ms = 0
        self._window_bytes = 0
        transceivers = connection.getTransceivers()
        self._tasks: set[asyncio.Task[None]] = set()
        if transceivers:
            self._transport = transceivers[0].sender.transport
            aiortc_internals.replace_packet_handler(self._transport, self._echo_packet)
        for transceiver in transceivers:
            self._forward_feedback(transceiver.sender)

    async def _echo_packet(self, data: bytes, arrival_time_ms: int) -> None:
        """Return a decrypted RTP packet to the browser."""
        self.packet_count += 1
        if len(data) < RTP_HEADER_BYTES:
            return
        is_within_rate = self._is_within_rate(len(data), arrival_time_ms)
        path = self._return_paths.get(data[1] & 0x7F) or self._find_return_path(data[1] & 0x7F)
        if path is None or not _count_arrival(path, data, is_within_rate=is_within_rate):
            return
        if path.streams is not None:
            self._update_statistics(path, path.streams, data)
        try:
            await aiortc_internals.send_rtp(self._transport, data[:8] + path.ssrc + data[RTP_HEADER_BYTES:])
        except ConnectionError:  # the browser has just left; the connection state tells the probe
            return
        if path.counts is not None:
            path.counts.forwarded += 1

    def packet_totals(self) -> dict[str, dict[str, int]]:
        """Return the packets of each kind: `expected`, `received`, `forwarded`, `over_rate`."""
        return {kind: counts.totals() for kind, counts in self._counts.items()}

    def restart_counts(self) -> None:
        """Count packets from now on."""
        for counts in self._counts.values():
            counts.restart()

    def _is_within_rate(self, size_bytes: int, now_ms: int) -> bool:
        """Charge a packet to this second's allowance.

        Packets beyond it are dropped, as on a narrow link.
        """
        if now_ms - self._window_ms >= SECOND_MS:
            self._window_ms, self._window_bytes = now_ms, 0
        self._window_bytes += size_bytes
        return self._window_bytes * 8 <= MAX_ECHO_KBPS * 1000

    def _find_return_path(self, payload_type: int) -> _ReturnPath | None:
        for transceiver in self._connection.getTransceivers():
            codec = aiortc_internals.codec_of_payload_type(transceiver.receiver, payload_type)
            if codec is not None:
                self._return_paths[payload_type] = _build_return_path(
                    transceiver.sender, transceiver.receiver, codec, self._counts[transceiver.kind]
                )
        return self._return_paths.get(payload_type)

    def _update_statistics(self, path: _ReturnPath, streams: dict[int, StreamStatistics], data: bytes) -> None:
        """Count the packet in both reports: as received from the browser, and as sent to it."""
        ssrc = int.from_bytes(data[8:RTP_HEADER_BYTES], "big")
        stream = streams.get(ssrc)
        if stream is None:
            stream = streams[ssrc] = StreamStatistics(path.clock_rate)
            self._remote_ssrc_by_sender[path.sender] = ssrc
        header = _RtpHeader(data)
        stream.add(cast(RtpPacket, header))
        aiortc_internals.count_sent_packet(path.sender, header.timestamp, len(data) - RTP_HEADER_BYTES)

    # Feedback: the browser asks itself for retransmissions and key frames

    def _forward_feedback(self, sender: RTCRtpSender) -> None:
        async def handle(packet: AnyRtcpPacket) -> None:
            if not isinstance(packet, RtcpRtpfbPacket | RtcpPsfbPacket):
                await original(packet)
            # REMB (format 15) is not returned: the server estimates no bandwidth (docs/decisions/0010).
            elif packet.fmt != RTCP_PSFB_APP and sender in self._remote_ssrc_by_sender:
                packet.media_ssrc = self._remote_ssrc_by_sender[sender]
                await self._send_feedback(packet)

        original = aiortc_internals.replace_feedback_handler(sender, handle)
        aiortc_internals.replace_keyframe_request(sender, lambda: self._request_keyframe(sender))

    def _request_keyframe(self, sender: RTCRtpSender) -> None:
        if sender in self._remote_ssrc_by_sender and sender.kind == "video":
            request = RtcpPsfbPacket(
                fmt=RTCP_PSFB_PLI,
                ssrc=aiortc_internals.media_ssrc(sender),
                media_ssrc=self._remote_ssrc_by_sender[sender],
            )
            task = asyncio.create_task(self._send_feedback(request), name="key frame")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_feedback(self, packet: RtcpRtpfbPacket | RtcpPsfbPacket) -> None:
        if not self._feedback_limit.take_token(asyncio.get_running_loop().time()):
            return
        try:
            await aiortc_internals.send_rtcp(self._transport, bytes(packet))
        except ConnectionError:
            return


def _count_arrival(path: _ReturnPath, data: bytes, *, is_within_rate: bool) -> bool:
    """Count a packet that arrived. Returns whether it may be sent back."""
    if path.counts is not None:
        path.counts.count_packet(int.from_bytes(data[8:RTP_HEADER_BYTES], "big"), int.from_bytes(data[2:4], "big"))
        path.counts.over_rate += not is_within_rate
    return is_within_rate


def _build_return_path(
    sender: RTCRtpSender, receiver: RTCRtpReceiver, codec: RTCRtpCodecParameters, counts: MediaCounts
) -> _ReturnPath:
    is_retransmission = is_rtx(codec)
    ssrc = (
        aiortc_internals.retransmission_ssrc(sender) if is_retransmission else aiortc_internals.media_ssrc(sender)
    )
    streams = None if is_retransmission else aiortc_internals.remote_streams(receiver)
    return _ReturnPath(
        ssrc.to_bytes(4, "big"), codec.clockRate, sender, streams, None if is_retransmission else counts
    )
