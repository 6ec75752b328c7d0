"""Cost of the media echo, at 1 and 30 sessions: `python benchmarks/mirrored_sessions.py`.

The server side of all sessions runs in one process, whose CPU time and memory are measured. The browsers are
real peers in another process. They send a clip that was encoded once (VGA, 30 frames a second, about 1 Mbit/s,
and audio), and drop returned packets undecoded. Two figures of the same run for comparison: aiortc's own echo,
which passes the received track to the sender, decoding and encoding it; and as lower bound the encryption alone,
which is the time of libsrtp to decrypt and encrypt the same packets.

A run in which packets did not come back measured a busy machine, and says so.
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
from pathlib import Path
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
TRANSCODED_SESSION_COUNTS = (1, 2)  # with more, the machine is the limit
DEFAULT_STEPS = (1, 30)
MAX_CPU_PCT, MIN_RATIO = 1.0, 15.0  # of a mirrored session at the largest step; transcoding beside it
MIN_RETURNED = 0.95  # of the packets: with fewer, the room did not do the work whose cost is measured
ROOM_PORTS, PEER_PORTS = range(45_000, 45_400), range(45_400, 45_800)
PICTURE_PERIOD, VOICE_PERIOD = fractions.Fraction(1, 30), fractions.Fraction(1, 50)


# The process of the test room


@dataclass(frozen=True)
class ProcessUse:
    """CPU seconds since the process began, and megabytes of resident memory."""

    cpu_s: float
    megabytes: float


class Transcoder:
    """aiortc's own echo, which decodes and encodes."""

    def __init__(self) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def answer_offer(self, offer: str) -> str:
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
    """Open a socket for each transport of the connection."""
    transports: set[Any] = {sender.transport.transport for sender in connection.getSenders()}
    for transport in transports:
        await gather_candidates(transport.iceGatherer._connection, [LOOPBACK], ports)


def run_room_process(pipe: Connection, mirrors: bool) -> None:
    """Answer offers from the pipe; for `None` return CPU seconds and memory; stop at "end"."""
    asyncio.run(_answer_offers(pipe, mirrors))


async def _answer_offers(pipe: Connection, mirrors: bool) -> None:
    ends: list[Any] = []
    callbacks = ProbeCallbacks(lambda: RoomHealth(0, healthy=True), lambda: len(ends), lambda: None)
    while (said := await asyncio.to_thread(pipe.recv)) != "end":
        if said is None:
            pipe.send(_read_own_use())
            continue
        end = AiortcProbe(callbacks, MediaSockets([LOOPBACK], ROOM_PORTS)) if mirrors else Transcoder()
        ends.append(end)
        pipe.send(await end.answer_offer(said))
    await asyncio.gather(*(end.close() for end in ends))


def _read_own_use() -> ProcessUse:
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return ProcessUse(used.ru_utime + used.ru_stime, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


# The browsers


@dataclass(frozen=True)
class Clip:
    """Encoded packets that are sent repeatedly, one per period."""

    kind: str
    period: fractions.Fraction
    packets: Sequence[bytes]


def encode_video_clip() -> Clip:
    """Encode three seconds of moving video with noise, about 1 Mbit/s in VGA."""
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
    """Build a second of Opus silence with packets of the size of speech."""
    return Clip("audio", VOICE_PERIOD, [bytes([0xF8]) + os.urandom(79) for _ in range(50)])


class ClipTrack(MediaStreamTrack):
    """Sends a clip's packets at their pace; aiortc packetises them without encoding."""

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
    """A peer that sends a clip like a browser."""

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
            drops._enabled = False  # decoding in the browsers is not measured

    async def packet_counts(self) -> tuple[int, int]:
        """Return how many packets it sent and received, media and reports."""
        stats = (await self.connection.getSenders()[0].getStats()).values()
        transport = next(stat for stat in stats if stat.type == "transport")
        return transport.packetsSent, transport.packetsReceived


@dataclass(frozen=True)
class MirrorCost:
    """Cost of a step: cores of CPU, packets per second and session, share returned.

    `megabytes`: memory of each session after the first; None for a single session.
    """

    cores: float
    packets: float
    returned: float
    megabytes: float | None


async def measure(sessions: int, mirrors: bool, clips: Sequence[Clip]) -> MirrorCost:
    """Run `sessions` sessions and measure their cost."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_room_process, args=(theirs, mirrors))
    process.start()
    peers = [MirrorClient(clips) for _ in range(sessions)]
    await peers[0].connect(ours)  # loads what any first session loads
    await asyncio.sleep(SETTLE_S)
    first = await _read_use(ours)
    for peer in peers[1:]:
        await peer.connect(ours)
    await asyncio.sleep(SETTLE_S)
    before, used_before, began = await _totals(peers), await _read_use(ours), time.monotonic()
    await asyncio.sleep(RUN_S)
    after, used, passed = await _totals(peers), await _read_use(ours), time.monotonic() - began
    await asyncio.gather(*(peer.connection.close() for peer in peers))
    ours.send("end")
    await asyncio.to_thread(process.join)
    sent, got = after[0] - before[0], after[1] - before[1]
    cores = (used.cpu_s - used_before.cpu_s) / passed
    megabytes = (used.megabytes - first.megabytes) / (sessions - 1) if sessions > 1 else None
    return MirrorCost(cores, sent / passed / sessions, got / sent, megabytes)


async def _totals(peers: Sequence[MirrorClient]) -> tuple[int, int]:
    counts = [await peer.packet_counts() for peer in peers]
    return sum(sent for sent, _ in counts), sum(got for _, got in counts)


async def _read_use(pipe: Connection) -> ProcessUse:
    pipe.send(None)
    used: ProcessUse = await asyncio.to_thread(pipe.recv)
    return used


def measure_encryption_s() -> float:
    """Measure the seconds that libsrtp takes to decrypt and encrypt one packet."""
    key = bytes(30)
    sealed = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    opened = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND))
    packets = [bytes([128, 96]) + number.to_bytes(2, "big") + bytes(8) + bytes(1_000) for number in range(20_000)]
    began = time.process_time()
    for packet in packets:
        opened.unprotect(sealed.protect(packet))
    return (time.process_time() - began) / len(packets)


async def main(steps: Sequence[int]) -> bool:
    """Print the costs. Return whether the figures of the largest step are met."""
    clips = [encode_video_clip(), encode_audio_clip()]
    rate = sum(map(len, clips[0].packets)) * 8 / float(len(clips[0].packets) * PICTURE_PERIOD) / 1000
    print(f"clip: {rate:.0f} kbit/s of picture, {len(clips[0].packets)} pictures")
    lower_bound_s = measure_encryption_s()
    costs: dict[int, MirrorCost] = {}
    for sessions in steps:
        costs[sessions] = await measure(sessions, True, clips)
        print(_format_line("mirror", sessions, costs[sessions]), flush=True)
    transcoded = [await measure(sessions, False, clips) for sessions in TRANSCODED_SESSION_COUNTS]
    for sessions, cost in zip(TRANSCODED_SESSION_COUNTS, transcoded, strict=True):
        print(_format_line("transcoding", sessions, cost))
    most = costs[max(steps)]
    mine = most.cores / max(steps)
    encryption = lower_bound_s * most.packets
    print(f"mirror / encryption alone: {mine / encryption:.1f} ({1e6 * lower_bound_s:.1f} µs a packet)")
    return _print_figures(max(steps), most, transcoded[0].cores / mine)


def _print_figures(sessions: int, cost: MirrorCost, ratio: float) -> bool:
    cpu_pct = 100 * cost.cores / sessions
    is_met = cpu_pct <= MAX_CPU_PCT and ratio >= MIN_RATIO
    is_valid = cost.returned >= MIN_RETURNED
    megabytes = "–" if cost.megabytes is None else f"{cost.megabytes:.2f}"
    print(
        f"at {sessions} sessions: {cpu_pct:.2f} % of a core each (at most {MAX_CPU_PCT:g} %), "
        f"{megabytes} MB each, "
        f"transcoding / mirror {ratio:.1f} (at least {MIN_RATIO:g}): "
        f"{'met' if is_met else 'MISSED'}; load {os.getloadavg()[0]:.1f}"
    )
    if not is_valid:
        print(f"NOT VALID: only {100 * cost.returned:.0f} % of the packets came back; the machine is too busy")
    return is_met and is_valid


def _format_line(what: str, sessions: int, cost: MirrorCost) -> str:
    each = 100 * cost.cores / sessions
    size = "" if cost.megabytes is None else f"{cost.megabytes:.2f} MB each, "
    return (
        f"{what}, {sessions} sessions: {cost.cores:.3f} of a core, {each:.2f} % a session, {size}"
        f"{cost.packets:.0f} packets/s each, {100 * cost.returned:.1f} % came back"
    )


if __name__ == "__main__":
    sys.exit(not asyncio.run(main([int(step) for step in sys.argv[1:]] or DEFAULT_STEPS)))
