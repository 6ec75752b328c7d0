"""Server side of a test: a peer connection that echoes media and answers data channels."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aioice import Connection
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from ...core.errors import Unavailable
from ..domain.offer import BadOffer, reduce_offer
from .aiortc_internals import (
    acknowledge_after_answers,
    close_sockets,
    dtls_transport,
    ice_connection,
    set_send_window,
)
from .data_channels import DataChannelHandler
from .ice_gathering import gather_candidates
from .live_tests import OpenProbe, ProbeCallbacks
from .media_echo import MediaEcho
from .peer_limits import MAX_DATA_CHANNELS, limit_peer

logger = logging.getLogger(__name__)

# Without a hint Chromium starts at 300 kbit/s and takes 12 s to reach the capacity of the link; a start above the
# capacity makes its video collapse. Half of what a green verdict requires is safe on both sides.
START_BITRATE_KBPS = 500
MAX_BITRATE_KBPS = 2_500
_VIDEO_CODEC_PATTERN = re.compile(r"^a=rtpmap:(\d+) (?:VP8|VP9|H264|AV1)/90000\r?$", re.MULTILINE)
_PARAMETERS_PATTERN = re.compile(r"^a=fmtp:(\d+) ", re.MULTILINE)
_CODEC_LINE_PATTERN = re.compile(r"^a=(rtpmap|fmtp):(\d+) [^\r\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MediaSockets:
    """Addresses and UDP ports on which the server receives media.

    Translated addresses belong to an address translator, which sends their packets to this machine.
    """

    addresses: Sequence[str]
    ports: range
    translated: bool = False


def make_probe_opener(sockets: MediaSockets) -> OpenProbe:
    """Build the function with which LiveTests opens the media of a test."""
    return lambda room: AiortcProbe(room, sockets)


class AiortcProbe:
    """A peer connection. A new offer of the same test gets a new probe."""

    def __init__(self, callbacks: ProbeCallbacks, sockets: MediaSockets) -> None:
        self._callbacks = callbacks
        self._sockets = sockets
        self._channels = DataChannelHandler(callbacks, set_send_window=self._set_send_window)
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))  # the default asks a third party
        self._ice: Connection | None = None  # once it has sockets
        self._echo: MediaEcho | None = None
        self._message_count = 0
        self._channel_count = 0
        self._last_traffic_count = 0
        self._closing = False
        self._connection.on("datachannel", self._on_channel)
        self._connection.on("connectionstatechange", self._on_state)

    async def answer_offer(self, offer: str) -> str:
        """Answer an offer. Raises BadOffer, Unavailable if no port is free."""
        connection = self._connection
        await self._apply_offer(offer)
        # before setLocalDescription, which starts the transports: no packet may pass without the limits
        limit_peer(dtls_transport(connection), connection.sctp)
        if connection.sctp is not None:
            acknowledge_after_answers(connection.sctp)
        for transceiver in connection.getTransceivers():
            # aiortc answers an offer with recvonly, and the browser would get nothing back
            transceiver.direction = "sendrecv"
        self._ice = ice_connection(connection)
        try:
            sockets = self._sockets
            await gather_candidates(self._ice, sockets.addresses, sockets.ports, translated=sockets.translated)
        except OSError:
            logger.warning("test_without_port")
            raise Unavailable from None
        await connection.setLocalDescription(await connection.createAnswer())
        self._echo = self._channels.media = MediaEcho(connection)
        return add_start_bitrate(connection.localDescription.sdp)

    async def _apply_offer(self, offer: str) -> None:
        try:
            description = RTCSessionDescription(reduce_offer(offer), "offer")
            try:
                await self._connection.setRemoteDescription(description)
            except (
                Exception
            ) as error:  # aiortc raises any exception for codec parameters that contradict each other
                raise BadOffer(type(error).__name__) from error
        except BadOffer as error:
            logger.info("test_offer_refused", extra={"reason": error.reason})
            raise

    def has_new_traffic(self) -> bool:
        """Whether media or a message was received since the previous call."""
        count = self._message_count + (self._echo.packet_count if self._echo else 0)
        moved, self._last_traffic_count = count != self._last_traffic_count, count
        return moved

    async def close(self) -> None:
        """Close media and channels."""
        self._closing = True
        try:
            await self._channels.close()
        finally:
            await self._connection.close()

    async def abort(self) -> None:
        """Close the sockets, whatever state the peer connection is in. Idempotent."""
        self._closing = True
        if self._ice is not None:
            await close_sockets(self._ice)

    def _set_send_window(self, size_bytes: int) -> None:
        if self._connection.sctp is not None:
            set_send_window(self._connection.sctp, size_bytes)

    def _on_channel(self, channel: RTCDataChannel) -> None:
        self._channel_count += 1
        if self._channel_count > MAX_DATA_CHANNELS:
            self._callbacks.on_disconnect()
            return
        self._channels.attach_channel(channel.label, channel)

        def receive(data: str | bytes) -> None:
            self._message_count += 1
            self._channels.handle_message(channel.label, data)

        channel.on("message", receive)

    def _on_state(self) -> None:
        if self._connection.connectionState in ("failed", "closed") and not self._closing:
            self._callbacks.on_disconnect()


def add_start_bitrate(sdp: str) -> str:
    """Add the video start bit rate to an answer. Only Chromium reads it."""
    hint = f"x-google-start-bitrate={START_BITRATE_KBPS};x-google-max-bitrate={MAX_BITRATE_KBPS}"
    video_types = set(_VIDEO_CODEC_PATTERN.findall(sdp))
    types_with_parameters = set(_PARAMETERS_PATTERN.findall(sdp))

    def add_hint(line: re.Match[str]) -> str:
        text, name, payload_type = line.group(0, 1, 2)
        if payload_type not in video_types:
            return text
        if name == "fmtp":
            return f"{text};{hint}"
        return text if payload_type in types_with_parameters else f"{text}\r\na=fmtp:{payload_type} {hint}"

    return _CODEC_LINE_PATTERN.sub(add_hint, sdp)
