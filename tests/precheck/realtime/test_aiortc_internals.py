"""Private names of aiortc and aioice that precheck/realtime/aiortc_internals.py relies on."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from aioice import Connection
from aioice.ice import StunProtocol
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSctpTransport
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtcsctptransport import USERDATA_MAX_LENGTH, InboundStream
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket
from office360.precheck.realtime.aiortc_internals import ice_connection, set_send_window
from office360.precheck.realtime.probe_packets import LARGE_BYTES

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
async def pc() -> AsyncIterator[RTCPeerConnection]:
    made = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    made.addTransceiver("video", direction="sendrecv")
    yield made
    await made.close()


def test_aiortc_and_aioice_are_pinned_to_checked_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "aiortc>=1.16,<1.17" in project["optional-dependencies"]["testroom"]
    assert "aioice>=0.13,<0.14" in project["dependencies"]
    assert version("aiortc").startswith("1.16.")
    assert version("aioice").startswith("0.13.")


async def test_dtls_transport_has_the_patched_packet_methods(pc: RTCPeerConnection) -> None:
    dtls: Any = pc.getTransceivers()[0].sender.transport
    assert list(inspect.signature(dtls._handle_rtp_data).parameters) == ["data", "arrival_time_ms"]
    assert "self._handle_rtp_data(" in inspect.getsource(type(dtls)._recv_next)
    assert inspect.iscoroutinefunction(dtls._send_rtp)
    assert inspect.iscoroutinefunction(dtls.transport._send)
    assert "_tx_srtp" in vars(dtls)


async def test_dtls_transport_receives_by_one_private_step(pc: RTCPeerConnection) -> None:
    dtls: Any = pc.getTransceivers()[0].sender.transport
    assert inspect.iscoroutinefunction(dtls._recv_next)
    source = inspect.getsource(type(dtls))
    assert source.count("await self._recv_next()") == 2  # of the handshake and of the connection
    assert source.index("self._setup_srtp()") < source.index("self._set_state(State.CONNECTED)")
    assert "self._rx_srtp.unprotect(data)" in source
    assert "self._rx_srtp.unprotect_rtcp(data)" in source


def test_sctp_transport_has_the_private_state() -> None:
    source = inspect.getsource(RTCSctpTransport)
    assert "self._sack_misordered: set[int] = set()" in source
    assert "self._inbound_streams: dict[int, InboundStream] = {}" in source
    assert InboundStream().reassembly == []
    assert list(inspect.signature(RTCSctpTransport._handle_data).parameters) == ["self", "data"]
    assert "await self._data_receiver._handle_data(data)" in inspect.getsource(RTCDtlsTransport)


async def test_sctp_transport_sends_within_its_private_window(pc: RTCPeerConnection) -> None:
    pc.createDataChannel("control")
    assert pc.sctp is not None
    assert vars(pc.sctp)["_cwnd"] > 0
    set_send_window(pc.sctp, 70_000)
    assert vars(pc.sctp)["_cwnd"] == 70_000
    assert "self._flight_size < cwnd" in inspect.getsource(RTCSctpTransport._transmit)
    assert "min(self._flight_size + burst_size, self._cwnd)" in inspect.getsource(RTCSctpTransport._transmit)


def test_sctp_transport_acknowledges_by_one_private_step() -> None:
    assert inspect.iscoroutinefunction(RTCSctpTransport._send_sack)
    source = inspect.getsource(RTCSctpTransport)
    assert source.count("self._send_sack()") == 1
    assert source.index("await self._receive_chunk(chunk)") < source.index("await self._send_sack()")
    assert "ensure_future(self._data_channel_flush())" in inspect.getsource(RTCSctpTransport._data_channel_send)


def test_probe_packet_fits_one_chunk() -> None:
    assert LARGE_BYTES <= USERDATA_MAX_LENGTH


async def test_sender_has_the_private_report_counters(pc: RTCPeerConnection) -> None:
    sender: Any = pc.getTransceivers()[0].sender
    counted = ("ntp_timestamp", "rtp_timestamp", "packet_count", "octet_count")
    for name in (*(f"_RTCRtpSender__{counter}" for counter in counted), "_ssrc", "_rtx_ssrc"):
        assert name in vars(sender)
    source = inspect.getsource(type(sender))
    assert all(f"self.__{name}" in source for name in counted)
    assert "self._send_keyframe()" in source
    assert inspect.iscoroutinefunction(sender._handle_rtcp_packet)


async def test_receiver_reports_from_its_remote_streams(pc: RTCPeerConnection) -> None:
    receiver: Any = pc.getTransceivers()[0].receiver
    assert vars(receiver)["_RTCRtpReceiver__codecs"] == {}
    assert vars(receiver)["_RTCRtpReceiver__remote_streams"] == {}
    assert "self.__remote_streams.items()" in inspect.getsource(type(receiver)._run_rtcp)


def test_stream_statistics_need_only_sequence_and_timestamp() -> None:
    class Packet:
        sequence_number, timestamp = 7, 3_000

    statistics = StreamStatistics(90_000)
    statistics.add(Packet())  # type: ignore[arg-type]
    assert (statistics.packets_received, statistics.packets_lost) == (1, 0)


def test_feedback_packet_media_ssrc_can_be_changed() -> None:
    for packet in (RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=2), RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=2)):
        packet.media_ssrc = 3
        assert type(packet).parse(bytes(packet)[4:], packet.fmt).media_ssrc == 3


async def test_ice_gatherer_has_its_connection(pc: RTCPeerConnection) -> None:
    transport: Any = pc.getTransceivers()[0].sender.transport.transport
    assert isinstance(vars(transport.iceGatherer)["_connection"], Connection)
    assert ice_connection(pc) is transport.iceGatherer._connection


def test_other_modules_use_no_private_name_of_aiortc() -> None:
    breaches = [
        f"{path.name}:{node.lineno} {node.attr}"
        for path in sorted((ROOT / "precheck" / "realtime").glob("*.py"))
        if path.name != "aiortc_internals.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and re.match("_[a-zA-Z]", node.attr)
        and ast.unparse(node.value) != "self"
    ]
    assert breaches == []


async def test_ice_connection_accepts_prepared_sockets() -> None:
    connection = Connection(ice_controlling=False)
    state = vars(connection)
    assert state["_local_candidates"] == []
    assert state["_protocols"] == []
    assert state["_local_candidates_start"] is False
    assert state["_local_candidates_end"] is False
    assert StunProtocol(connection).receiver is connection
    assert "if not self._local_candidates_start" in inspect.getsource(Connection.gather_candidates)
    await connection.close()
