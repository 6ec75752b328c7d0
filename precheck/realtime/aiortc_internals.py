"""Private names of aiortc and aioice that the test room relies on.

No other module uses a private name of them.

aiortc has no public interface to forward packets as bytes or to use sockets that are already open. pyproject.toml
pins its minor version, tests/precheck/realtime/test_aiortc_internals.py checks every name below, and
docs/decisions/0010-the-test-room-echoes-media-as-bytes.md lists them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from aioice import Connection
from aioice.ice import StunProtocol
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCSctpTransport, clock
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import AnyRtcpPacket
from pylibsrtp import Session

PacketHandler = Callable[[bytes, int], Awaitable[None]]  # data, arrival time in milliseconds
ReceiveStep = Callable[[], Awaitable[None]]
SctpHandler = Callable[[bytes], Awaitable[None]]
FeedbackHandler = Callable[[AnyRtcpPacket], Awaitable[None]]

ICE_CLOSE_TIMEOUT_S = 1  # it cancels its checks and closes its sockets, and waits for no peer


@dataclass(frozen=True, slots=True)
class SctpState:
    """Numbers of chunks out of order, of streams, and of fragments of incomplete messages."""

    out_of_order: int
    streams: int
    fragments: int


# ICE: sockets that aioice did not open


def dtls_transport(connection: RTCPeerConnection) -> RTCDtlsTransport:
    """Return the only transport of a bundled peer connection."""
    transceivers = connection.getTransceivers()
    part: Any = transceivers[0].sender if transceivers else connection.sctp
    transport: RTCDtlsTransport = part.transport
    return transport


def ice_connection(connection: RTCPeerConnection) -> Connection:
    """Return the only ICE connection of a bundled peer connection."""
    ice: Connection = cast(Any, dtls_transport(connection)).transport.iceGatherer._connection
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


async def close_sockets(connection: Connection) -> None:
    """Stop the checks and close the sockets, also if aioice fails or hangs. Idempotent."""
    sockets = [protocol.transport for protocol in cast(Any, connection)._protocols]
    with suppress(Exception):
        async with asyncio.timeout(ICE_CLOSE_TIMEOUT_S):
            await connection.close()
    for socket in sockets:
        socket.abort()


# DTLS: packets as bytes


def replace_packet_handler(transport: RTCDtlsTransport, handler: PacketHandler) -> None:
    """Deliver each decrypted RTP packet to the handler in place of aiortc's decoder."""
    cast(Any, transport)._handle_rtp_data = handler


async def send_rtp(transport: RTCDtlsTransport, data: bytes) -> None:
    """Encrypt and send an RTP packet. Raises ConnectionError if the peer has left."""
    internals: Any = transport
    await internals.transport._send(internals._tx_srtp.protect(data))


async def send_rtcp(transport: RTCDtlsTransport, data: bytes) -> None:
    """Encrypt and send an RTCP packet. Raises ConnectionError if the peer has left."""
    await cast(Any, transport)._send_rtp(data)


def replace_receive(transport: RTCDtlsTransport, handler: Callable[[], Awaitable[None]]) -> ReceiveStep:
    """Let the handler receive and handle a datagram. Returns aiortc's own step."""
    internals: Any = transport
    original: ReceiveStep = internals._recv_next
    internals._recv_next = handler
    return original


def replace_decryption(transport: RTCDtlsTransport, wrap: Callable[[Session], Any]) -> None:
    """Decrypt media with the SRTP session that `wrap` returns, from the moment it exists."""
    internals: Any = transport

    def on_state_change() -> None:
        if transport.state == "connected":
            internals._rx_srtp = wrap(internals._rx_srtp)

    transport.on("statechange", on_state_change)


# SCTP: packets of the data channels


def replace_sctp_handler(sctp: RTCSctpTransport, handler: SctpHandler) -> SctpHandler:
    """Deliver each SCTP packet to the handler. Returns aiortc's own handler."""
    internals: Any = sctp
    original: SctpHandler = internals._handle_data
    internals._handle_data = handler
    return original


def held_sctp_state(sctp: RTCSctpTransport) -> SctpState:
    """Count what aiortc holds for a peer that leaves gaps, fragments or streams open."""
    internals: Any = sctp
    streams = internals._inbound_streams.values()
    return SctpState(
        out_of_order=len(internals._sack_misordered),
        streams=len(streams),
        fragments=sum(len(stream.reassembly) for stream in streams),
    )


def set_send_window(sctp: RTCSctpTransport, size_bytes: int) -> None:
    """Set how many bytes may be sent unacknowledged, until a loss halves them again."""
    internals: Any = sctp
    internals._cwnd = size_bytes


def acknowledge_after_answers(sctp: RTCSctpTransport) -> None:
    """Let the answer to a message leave before its acknowledgement, a packet of 107 bytes.

    A line of 80 kbit/s needs 11 ms for them, and a pong behind them would say that the line is slower.
    """
    internals: Any = sctp
    original: Callable[[], Awaitable[None]] = internals._send_sack

    async def send() -> None:
        await asyncio.sleep(0)  # aiortc sends answers by tasks that already wait for their turn
        await original()

    internals._send_sack = send


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
