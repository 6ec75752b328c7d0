"""Private names of aiortc and aioice that the test room relies on.

No other module uses a private name of them.

aiortc has no public interface to forward packets as bytes or to use sockets that are already open. pyproject.toml
pins its minor version, tests/precheck/realtime/test_aiortc_internals.py checks every name below, and
docs/decisions/0010-the-test-room-echoes-media-as-bytes.md lists them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from aioice import Connection
from aioice.ice import StunProtocol
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, clock
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import AnyRtcpPacket

PacketHandler = Callable[[bytes, int], Awaitable[None]]  # data, arrival time in milliseconds
FeedbackHandler = Callable[[AnyRtcpPacket], Awaitable[None]]


# ICE: sockets that aioice did not open


def ice_connection(connection: RTCPeerConnection) -> Connection:
    """Return the one ICE connection of a bundled peer connection.

    The first part of the offer has it, which is audio, video or the data channels.
    """
    transceivers = connection.getTransceivers()
    part: Any = transceivers[0].sender if transceivers else connection.sctp
    ice: Connection = part.transport.transport.iceGatherer._connection
    return ice


def start_gathering(connection: Connection) -> None:
    """Mark the candidates as being gathered, so that aioice opens no socket of its own."""
    cast(Any, connection)._local_candidates_start = True


def add_socket(connection: Connection, protocol: StunProtocol) -> None:
    """Hand over an open socket with its candidate."""
    internals: Any = connection
    internals._protocols.append(protocol)
    internals._local_candidates.append(protocol.local_candidate)


def finish_gathering(connection: Connection) -> None:
    """Mark the candidates as complete."""
    cast(Any, connection)._local_candidates_end = True


# DTLS: packets as bytes


def replace_packet_handler(transport: RTCDtlsTransport, handler: PacketHandler) -> None:
    """Deliver each decrypted RTP packet to the handler in place of aiortc's decoder."""
    cast(Any, transport)._handle_rtp_data = handler


async def send_rtp(transport: RTCDtlsTransport, data: bytes) -> None:
    """Encrypt and send one RTP packet. Raises ConnectionError if the peer has left."""
    internals: Any = transport
    await internals.transport._send(internals._tx_srtp.protect(data))


async def send_rtcp(transport: RTCDtlsTransport, data: bytes) -> None:
    """Encrypt and send one RTCP packet. Raises ConnectionError if the peer has left."""
    await cast(Any, transport)._send_rtp(data)


# Senders and receivers: SSRCs, codecs, the counters of their reports


def media_ssrc(sender: RTCRtpSender) -> int:
    """Return the SSRC of the sender's media."""
    return int(cast(Any, sender)._ssrc)


def retransmission_ssrc(sender: RTCRtpSender) -> int:
    """Return the SSRC of the sender's retransmissions (RFC 4588)."""
    return int(cast(Any, sender)._rtx_ssrc)


def count_sent_packet(sender: RTCRtpSender, rtp_timestamp: int, payload_bytes: int) -> None:
    """Count a packet in the sender reports, which keep lips and voice synchronous."""
    internals: Any = sender
    internals._RTCRtpSender__ntp_timestamp = clock.current_ntp_time()
    internals._RTCRtpSender__rtp_timestamp = rtp_timestamp
    internals._RTCRtpSender__packet_count += 1
    internals._RTCRtpSender__octet_count += payload_bytes


def replace_feedback_handler(sender: RTCRtpSender, handler: FeedbackHandler) -> FeedbackHandler:
    """Deliver RTCP feedback to the handler. Returns aiortc's own handler."""
    internals: Any = sender
    original: FeedbackHandler = internals._handle_rtcp_packet
    internals._handle_rtcp_packet = handler
    return original


def replace_keyframe_request(sender: RTCRtpSender, request: Callable[[], None]) -> None:
    """Call `request` when aiortc would ask its encoder for a key frame."""
    cast(Any, sender)._send_keyframe = request


def codec_of_payload_type(receiver: RTCRtpReceiver, payload_type: int) -> RTCRtpCodecParameters | None:
    """Look up the negotiated codec of a payload type; None if none was negotiated."""
    codecs: dict[int, RTCRtpCodecParameters] = cast(Any, receiver)._RTCRtpReceiver__codecs
    return codecs.get(payload_type)


def remote_streams(receiver: RTCRtpReceiver) -> dict[int, StreamStatistics]:
    """Return the statistics by SSRC from which the receiver writes its reports."""
    streams: dict[int, StreamStatistics] = cast(Any, receiver)._RTCRtpReceiver__remote_streams
    return streams
