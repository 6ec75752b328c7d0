"""What a mirrored test costs: `python benchmarks/mirrored_sessions.py [SESSIONS …]` (default 1 4 8).

The test room's end of each session runs in a process of its own, whose CPU time is measured; the browsers are real
peers in another, which send a clip that was coded once (VGA, 30 pictures a second, about 1 Mbit/s, and voice) and
drop what comes back undecoded. Two figures to compare with, from the same run: aiortc's own way to send media back
(the receiver's track handed to the sender, which decodes and codes), and as physical limit the encryption alone,
what libsrtp takes to open and seal the same packets.
"""

from __future__ import annotations

import asyncio
import fractions
import itertools
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from office360.precheck.domain.fault_location import RoomHealth
from office360.precheck.realtime.ice_gathering import LOOPBACK, gather_candidates
from office360.precheck.realtime.live_tests import ProbeCallbacks
from office360.precheck.realtime.probe import AiortcProbe, MediaSockets
from pylibsrtp import Policy, Session

RUN_S = 10
SETTLE_S = 3
NOISY_LINES = 16
TRANSCODED_SESSION_COUNTS = (1, 2)  # sessions; with more, the figure is the machine's and not the work's
ROOM_PORTS, PEER_PORTS = range(45_000, 45_400), range(45_400, 45_800)
PICTURE_PERIOD, VOICE_PERIOD = fractions.Fraction(1, 30), fractions.Fraction(1, 50)


# The room's process


class Transcoder:
    """aiortc's own way: what comes is decoded, coded and sent."""

    def __init__(self) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def answer(self, offer: str) -> str:
        connection = self._connection
        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        for transceiver in connection.getTransceivers():
            transceiver.direction = "sendrecv"
            transceiver.sender.replaceTrack(transceiver.receiver.track)
        await gather_on_loopback(connection, ROOM_PORTS)
        await connection.setLocalDescription(await connection.createAnswer())
        return connection.localDescription.sdp

    async def close(self) -> None:
        await self._connection.close()


async def gather_on_loopback(connection: RTCPeerConnection, ports: range) -> None:
    """One socket for each transport of the connection."""
    transports: set[Any] = {one.transport.transport for one in connection.getSenders()}
    for transport in transports:
        await gather_candidates(transport.iceGatherer._connection, [LOOPBACK], ports)


def run_room_process(pipe: Connection, mirrors: bool) -> None:
    """Answers offers; asked for `None` it says how much CPU it took; ends at "end"."""
    asyncio.run(_answer_offers(pipe, mirrors))


async def _answer_offers(pipe: Connection, mirrors: bool) -> None:
    ends: list[Any] = []
    callbacks = ProbeCallbacks(lambda: RoomHealth(0, healthy=True), lambda: len(ends), lambda: None)
    while (said := await asyncio.to_thread(pipe.recv)) != "end":
        if said is None:
            used = resource.getrusage(resource.RUSAGE_SELF)
            pipe.send(used.ru_utime + used.ru_stime)
            continue
        end = AiortcProbe(callbacks, MediaSockets([LOOPBACK], ROOM_PORTS)) if mirrors else Transcoder()
        ends.append(end)
        pipe.send(await end.answer_offer(said))
    await asyncio.gather(*(end.close() for end in ends))


# The browsers


@dataclass(frozen=True)
class Clip:
    """Coded packets to be sent again and again, one each period."""

    kind: str
    period: fractions.Fraction
    packets: Sequence[bytes]


def encode_video_clip() -> Clip:
    """Three seconds of a picture that moves, with as much noise as makes about 1 Mbit/s in VGA."""
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = 640, 480, "yuv420p"
    codec.bit_rate, codec.time_base, codec.framerate = 1_000_000, PICTURE_PERIOD, 1 / PICTURE_PERIOD
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    packets: list[bytes] = []
    for number in range(90):
        frame = av.VideoFrame(640, 480, "yuv420p")
        for plane in frame.planes:
            slope = bytes((column + 4 * number) % 256 for column in range(plane.line_size))
            noise = os.urandom(plane.line_size * NOISY_LINES)
            plane.update((noise + slope * plane.height)[: plane.buffer_size])
        frame.pts = number
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return Clip("video", PICTURE_PERIOD, packets)


def encode_audio_clip() -> Clip:
    """A second of Opus silence as large as speech."""
    return Clip("audio", VOICE_PERIOD, [bytes([0xF8]) + os.urandom(79) for _ in range(50)])


class ClipTrack(MediaStreamTrack):
    """Sends a clip's packets at their pace; aiortc packs them without coding."""

    def __init__(self, clip: Clip) -> None:
        super().__init__()
        self.kind = clip.kind
        self._clip = clip
        self._numbers = itertools.count()
        self._began = time.monotonic()

    async def recv(self) -> Any:
        number = next(self._numbers)
        await asyncio.sleep(max(0.0, self._began + float(number * self._clip.period) - time.monotonic()))
        packet = av.Packet(self._clip.packets[number % len(self._clip.packets)])
        packet.pts, packet.time_base = number, self._clip.period
        return packet


class MirrorClient:
    """One browser."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for clip in clips:
            self.connection.addTrack(ClipTrack(clip))

    async def connect(self, pipe: Connection) -> None:
        await gather_on_loopback(self.connection, PEER_PORTS)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        pipe.send(self.connection.localDescription.sdp)
        answer = await asyncio.to_thread(pipe.recv)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        for receiver in self.connection.getReceivers():
            drops: Any = receiver
            drops._enabled = False  # the browsers' decoding is not what is measured

    async def packet_counts(self) -> tuple[int, int]:
        """How many it sent and got, of media and reports."""
        stats = (await self.connection.getSenders()[0].getStats()).values()
        transport = next(one for one in stats if one.type == "transport")
        return transport.packetsSent, transport.packetsReceived


@dataclass(frozen=True)
class MirrorCost:
    """Of one step: CPU of the room in cores, packets a second and session, and the share that came back."""

    cores: float
    packets: float
    returned: float


async def measure(sessions: int, mirrors: bool, clips: Sequence[Clip]) -> MirrorCost:
    """Run so many sessions for a while."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_room_process, args=(theirs, mirrors))
    process.start()
    peers = [MirrorClient(clips) for _ in range(sessions)]
    for peer in peers:
        await peer.connect(ours)
    await asyncio.sleep(SETTLE_S)
    before, used_before, began = await _totals(peers), await _read_cpu_s(ours), time.monotonic()
    await asyncio.sleep(RUN_S)
    after, used, passed = await _totals(peers), await _read_cpu_s(ours), time.monotonic() - began
    await asyncio.gather(*(peer.connection.close() for peer in peers))
    ours.send("end")
    await asyncio.to_thread(process.join)
    sent, got = after[0] - before[0], after[1] - before[1]
    return MirrorCost((used - used_before) / passed, sent / passed / sessions, got / sent)


async def _totals(peers: Sequence[MirrorClient]) -> tuple[int, int]:
    counts = [await peer.packet_counts() for peer in peers]
    return sum(sent for sent, _ in counts), sum(got for _, got in counts)


async def _read_cpu_s(pipe: Connection) -> float:
    pipe.send(None)
    used: float = await asyncio.to_thread(pipe.recv)
    return used


def measure_encryption_s() -> float:
    """Seconds that libsrtp takes to open one packet and seal it again."""
    key = bytes(30)
    sealed = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    opened = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND))
    packets = [bytes([128, 96]) + number.to_bytes(2, "big") + bytes(8) + bytes(1_000) for number in range(20_000)]
    began = time.process_time()
    for packet in packets:
        opened.unprotect(sealed.protect(packet))
    return (time.process_time() - began) / len(packets)


async def main(steps: Sequence[int]) -> None:
    clips = [encode_video_clip(), encode_audio_clip()]
    rate = sum(map(len, clips[0].packets)) * 8 / float(len(clips[0].packets) * PICTURE_PERIOD) / 1000
    print(f"clip: {rate:.0f} kbit/s of picture, {len(clips[0].packets)} pictures")
    floor_s = measure_encryption_s()
    costs: dict[int, MirrorCost] = {}
    for sessions in steps:
        costs[sessions] = await measure(sessions, True, clips)
        print(_format_line("mirror", sessions, costs[sessions]), flush=True)
    transcoded = [await measure(sessions, False, clips) for sessions in TRANSCODED_SESSION_COUNTS]
    for sessions, cost in zip(TRANSCODED_SESSION_COUNTS, transcoded, strict=True):
        print(_format_line("transcoding", sessions, cost))
    most = costs[max(steps)]
    mine = most.cores / max(steps)
    print(f"transcoding / mirror: {transcoded[0].cores / mine:.1f}")
    print(f"mirror / encryption alone: {mine / (floor_s * most.packets):.1f} ({1e6 * floor_s:.1f} µs a packet)")


def _format_line(what: str, sessions: int, cost: MirrorCost) -> str:
    each = 100 * cost.cores / sessions
    return (
        f"{what}, {sessions} sessions: {cost.cores:.3f} of a core, {each:.2f} % a session, "
        f"{cost.packets:.0f} packets/s each, {100 * cost.returned:.1f} % came back"
    )


if __name__ == "__main__":
    asyncio.run(main([int(one) for one in sys.argv[1:]] or [1, 4, 8]))
