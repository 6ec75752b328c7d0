"""Limits of what the peer of a test may cost: datagrams, addresses, SSRCs, SCTP state.

A peer is a browser or an attacker that speaks the protocols. Datagrams beyond a rate are dropped, as on a narrow
link. A peer that makes the server hold more than a browser would, or whose packet aiortc cannot handle, is
disconnected.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from aioice import Connection
from aioice.ice import StunProtocol
from aiortc import RTCSctpTransport
from aiortc.rtcdtlstransport import RTCDtlsTransport
from pylibsrtp import Error as SrtpError
from pylibsrtp import Session

from ...core.db.rate_limits import TokenBucket
from . import aiortc_internals

logger = logging.getLogger(__name__)

# 5 Mbit/s of probes are 520 packets of 1,200 bytes a second, media at most as many, and acknowledgements.
MAX_PACKETS_PER_S = 1_500
MAX_STRANGER_PACKETS_PER_S = 50  # from addresses without a valid check; a browser sends a check each 50 ms
MAX_PEER_ADDRESSES = 32  # interfaces of a device and its addresses at relays; each is checked by the server
MAX_SSRCS = 4  # audio, video, and the retransmissions of each
# Chromium asks for retransmissions each 20 ms at most
MAX_RTCP_PER_S = 200
# two seconds of upload probes; aiortc's time for a chunk grows with them
MAX_CHUNKS_OUT_OF_ORDER = 1_000
# the page opens two data channels, each with a stream
MAX_DATA_CHANNELS = MAX_STREAMS = 8
MAX_FRAGMENTS = 256  # a message of the page fits a single fragment
MAX_ACKNOWLEDGED_RANGE = 4_096  # chunks in the gap blocks of a SACK, which aiortc counts in a loop
_SCTP_HEADER_BYTES, _CHUNK_HEADER_BYTES, _SACK_HEADER_BYTES = 12, 4, 16  # RFC 9260 section 3
_SACK = 3


class PeerPacketLimit:
    """The packet rates of a connection, shared by its sockets."""

    def __init__(self) -> None:
        self._peer = TokenBucket(MAX_PACKETS_PER_S, MAX_PACKETS_PER_S)
        self._strangers = TokenBucket(MAX_STRANGER_PACKETS_PER_S, MAX_STRANGER_PACKETS_PER_S)

    def take_packet(self, now_s: float, *, is_peer: bool) -> bool:
        """Charge a packet; False beyond the rate. `is_peer`: its address passed a check."""
        return (self._peer if is_peer else self._strangers).take_token(now_s)


class LimitedStunProtocol(StunProtocol):
    """A socket of the ICE connection that drops packets of strangers and beyond the limits."""

    def __init__(self, connection: Connection, limit: PeerPacketLimit) -> None:
        super().__init__(connection)
        self._limit = limit

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        if not data or not isinstance(data, bytes):
            return
        candidates = self.receiver.remote_candidates
        is_peer = any((candidate.host, candidate.port) == addr[:2] for candidate in candidates)
        is_check = data[0] < 4  # RFC 7983 section 7
        if not is_peer and (not is_check or len(candidates) >= MAX_PEER_ADDRESSES):
            return
        if not self._limit.take_packet(time.monotonic(), is_peer=is_peer):
            return
        try:
            super().datagram_received(data, addr)
        except Exception as error:  # a check without its attributes
            logger.debug("test_check_refused", extra={"reason": type(error).__name__})


class LimitedSrtpSession:
    """Decrypts media of at most MAX_SSRCS, because libsrtp keeps state for each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._media_ssrcs: set[bytes] = set()
        self._report_ssrcs: set[bytes] = set()
        self._reports = TokenBucket(MAX_RTCP_PER_S, MAX_RTCP_PER_S)

    def unprotect(self, data: bytes) -> bytes:
        """Decrypt RTP. Raises SrtpError, also for a further SSRC."""
        _require_known_ssrc(self._media_ssrcs, data[8:12])
        # counted after decryption: a stranger's packet, which fails it, must use up no SSRC
        packet = self._session.unprotect(data)
        self._media_ssrcs.add(data[8:12])
        return packet

    def unprotect_rtcp(self, data: bytes) -> bytes:
        """Decrypt RTCP. Raises SrtpError, also for a further SSRC or too many packets."""
        _require_known_ssrc(self._report_ssrcs, data[4:8])
        if not self._reports.take_token(time.monotonic()):
            raise SrtpError("too many RTCP packets")
        packet = self._session.unprotect_rtcp(data)
        self._report_ssrcs.add(data[4:8])
        return packet


def _require_known_ssrc(known: set[bytes], ssrc: bytes) -> None:
    if len(known) >= MAX_SSRCS and ssrc not in known:
        raise SrtpError("too many SSRCs")


def limit_peer(transport: RTCDtlsTransport, sctp: RTCSctpTransport | None) -> None:
    """Limit the peer behind a transport: its SSRCs, its SCTP state, and errors that it causes."""
    aiortc_internals.replace_decryption(transport, LimitedSrtpSession)

    async def receive() -> None:
        try:
            await receive_next()
        except ConnectionError:
            raise
        except Exception as error:  # aiortc raises any exception on a packet that breaks its protocol
            logger.info("test_peer_disconnected", extra={"reason": type(error).__name__})
            raise ConnectionError from error

    receive_next = aiortc_internals.replace_receive(transport, receive)
    if sctp is not None:
        _limit_sctp(sctp)


def _limit_sctp(sctp: RTCSctpTransport) -> None:
    chunks = TokenBucket(MAX_PACKETS_PER_S, MAX_PACKETS_PER_S)

    async def handle(data: bytes) -> None:
        now_s = time.monotonic()
        if not all(chunks.take_token(now_s) for _ in range(_count_chunks(data))):
            return
        await handle_packet(data)
        held = aiortc_internals.held_sctp_state(sctp)
        if held.out_of_order > MAX_CHUNKS_OUT_OF_ORDER or held.streams > MAX_STREAMS:
            raise ConnectionError("SCTP state of the peer is too large")
        if held.fragments > MAX_FRAGMENTS:
            raise ConnectionError("incomplete messages of the peer are too many")

    handle_packet = aiortc_internals.replace_sctp_handler(sctp, handle)


def _count_chunks(packet: bytes) -> int:
    """Count the chunks of an SCTP packet. Raises ConnectionError for an absurd SACK."""
    count, start = 0, _SCTP_HEADER_BYTES
    while start + _CHUNK_HEADER_BYTES <= len(packet):
        count += 1
        length = int.from_bytes(packet[start + 2 : start + 4], "big")
        if packet[start] == _SACK and _acknowledged_range(packet[start : start + length]) > MAX_ACKNOWLEDGED_RANGE:
            raise ConnectionError("SACK of the peer acknowledges too much")
        start += max(_CHUNK_HEADER_BYTES, length + -length % 4)
    return count


def _acknowledged_range(sack: bytes) -> int:
    """Count the chunks in the gap blocks of a SACK (RFC 9260 section 3.3.4)."""
    blocks = int.from_bytes(sack[12:14], "big")
    ends = memoryview(sack[_SACK_HEADER_BYTES : _SACK_HEADER_BYTES + 4 * blocks])
    return sum(
        max(0, int.from_bytes(ends[at + 2 : at + 4], "big") - int.from_bytes(ends[at : at + 2], "big") + 1)
        for at in range(0, len(ends) - 3, 4)
    )
