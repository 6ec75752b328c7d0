"""What the measurements of a test mean: one grade per gate, one verdict, one for sign language. Pure.

The worst gate decides. A missing measurement is unknown, never green. Texts for people belong to the
pages; here advice is a code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .mos import mean_opinion_score


class Grade(StrEnum):
    """A verdict on one gate, or on all of them."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


class Path(StrEnum):
    """How the media travelled: straight by UDP, or through a relay over TCP or TLS."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    NONE = "none"


class Permission(StrEnum):
    """What the browser said when asked for camera and microphone."""

    GRANTED = "granted"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Devices:
    """Whether the device has one; None = not looked at."""

    camera: bool | None = None
    microphone: bool | None = None
    speaker: bool | None = None


@dataclass(frozen=True, slots=True)
class Measurements:
    """What the test room measured, in the words of the API. None = not measured."""

    rtt_ms: float | None = None
    jitter_ms: float | None = None
    loss_up_pct: float | None = None
    loss_down_pct: float | None = None
    up_kbps: float | None = None
    down_kbps: float | None = None
    video_width: int | None = None
    video_height: int | None = None
    video_fps: float | None = None
    path: Path | None = None
    microphone_dbfs: float | None = None
    microphone_clipping_pct: float | None = None
    camera_luma: float | None = None
    camera_std: float | None = None
    camera_moving: bool | None = None
    websocket_ok: bool | None = None
    permissions: Permission | None = None
    devices: Devices = field(default_factory=Devices)


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing looked at. `value` is None when it was not measured; `advice` is None unless amber or red."""

    name: str
    value: float | str | bool | None
    unit: str
    grade: Grade
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person is told: the grade, why, and whether signing will be understood."""

    grade: Grade
    sign_language: Grade
    gates: tuple[Gate, ...]

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, the worst gates first, each advice once."""
        told = sorted((gate for gate in self.gates if gate.advice), key=lambda gate: gate.grade is not Grade.RED)
        return tuple(dict.fromkeys(gate.advice for gate in told if gate.advice))


@dataclass(frozen=True, slots=True)
class Scale:
    """Two bounds of one figure: up to `green`, up to `amber`, beyond is red."""

    name: str
    unit: str
    green: float
    amber: float
    advice: str
    rising: bool = False  # True: more is better

    def grade(self, value: float | None) -> Grade:
        if value is None or math.isnan(value):
            return Grade.UNKNOWN
        if self._reaches(value, self.green):
            return Grade.GREEN
        return Grade.AMBER if self._reaches(value, self.amber) else Grade.RED

    def gate(self, value: float | None) -> Gate:
        grade = self.grade(value)
        known = None if grade is Grade.UNKNOWN else value
        return _gate(self.name, known, self.unit, grade, self.advice)

    def _reaches(self, value: float, bound: float) -> bool:
        return value >= bound if self.rising else value <= bound


# Where the bounds come from. Twilio: warnings of its Voice SDK (RTT 400 ms, jitter 30 ms, loss 3 %, MOS 3.5).
# Daily: testCallQuality (good below 5 % and 300 ms from 1.1 Mbps, bad from 10 % and 600 ms).
# LiveKit: its connection-quality scorer (excellent above MOS 4). Healthdirect: minimum of a call, 350 kbps.
# Each figure is the stricter of two sources where they differ.
RTT = Scale("rtt_ms", "ms", green=200, amber=400, advice="nearer_to_router")  # Twilio 400; Daily 300, less margin
JITTER = Scale("jitter_ms", "ms", green=30, amber=60, advice="use_cable")  # Twilio 30; amber is twice that
LOSS_UP = Scale("loss_up_pct", "%", green=2, amber=8, advice="nearer_to_router")  # Twilio 3 %, Daily 10 %
LOSS_DOWN = Scale("loss_down_pct", "%", green=2, amber=8, advice="nearer_to_router")  # as upwards
UP = Scale(
    "up_kbps", "kbps", green=1_000, amber=350, advice="close_other_programs", rising=True
)  # Daily; Healthdirect
DOWN = Scale("down_kbps", "kbps", green=1_000, amber=350, advice="close_other_programs", rising=True)  # as upwards
MOS = Scale(
    "mos", "", green=4.0, amber=3.3, advice="nearer_to_router", rising=True
)  # LiveKit 4; Twilio 3.5, less margin
MICROPHONE = Scale(
    "microphone_dbfs", "dBFS", green=-50, amber=-65, advice="speak_louder", rising=True
)  # own: room noise is about −65
CLIPPING = Scale(
    "microphone_clipping_pct", "%", green=1, amber=100, advice="lower_microphone"
)  # own: 1 in 100 samples crackles
LUMA = Scale(
    "camera_luma", "", green=12, amber=0, advice="more_light", rising=True
)  # own: of 255; a covered lens stays below 12
CONTRAST = Scale(
    "camera_std", "", green=3, amber=0, advice="uncover_camera", rising=True
)  # own: a lit scene varies by more than 3

TELEPHONE_BELOW_KBPS = 100  # own: voice with its headers takes about 50 kbps, and half of that again under loss


@dataclass(frozen=True, slots=True)
class Picture:
    """The least picture for a grade. Sides in pixels, so that a phone held upright counts the same."""

    long_side: int
    short_side: int
    fps: float

    def is_reached_by(self, width: int, height: int, fps: float) -> bool:
        sides = (max(width, height), min(width, height))
        return sides[0] >= self.long_side and sides[1] >= self.short_side and fps >= self.fps


# A face in conversation; own bounds: 360p at the speed of film, and EN 301 549's QVGA while lips still move.
FACE = (Picture(640, 360, 24), Picture(320, 240, 15))
# EN 301 549 V3.2.1, 6.5.2 (at least QVGA, better VGA) and 6.5.3 (at least 20 frames a second, better 30).
SIGNING = (Picture(640, 480, 25), Picture(320, 240, 20))

# With one of these unknown nobody can promise that the appointment will work.
ESSENTIAL = frozenset(
    {
        "path",
        "rtt_ms",
        "loss_up_pct",
        "loss_down_pct",
        "video",
        "microphone_dbfs",
        "camera_luma",
        "camera_std",
        "camera_moving",
    }
)
NOT_FOR_SIGNING = frozenset({"microphone_dbfs", "microphone_clipping_pct", "mos"})  # who signs may be silent


def judge(measured: Measurements) -> Verdict:
    """The verdict on what was measured."""
    network, face = _network_gates(measured), _video_gate(measured, FACE)
    gates = (*network, face, *_device_gates(measured))
    signing = [gate for gate in gates if gate.name not in NOT_FOR_SIGNING and gate is not face]
    return Verdict(
        grade=_worst(gates),
        sign_language=_worst([*signing, _video_gate(measured, SIGNING)]),
        gates=gates,
    )


def _worst(gates: Iterable[Gate]) -> Grade:
    seen = tuple(gates)
    for grade in (Grade.RED, Grade.AMBER):
        if any(gate.grade is grade for gate in seen):
            return grade
    missing = any(gate.grade is Grade.UNKNOWN and gate.name in ESSENTIAL for gate in seen)
    return Grade.UNKNOWN if missing else Grade.GREEN


def _network_gates(measured: Measurements) -> tuple[Gate, ...]:
    return (
        _path_gate(measured.path),
        RTT.gate(measured.rtt_ms),
        JITTER.gate(measured.jitter_ms),
        LOSS_UP.gate(measured.loss_up_pct),
        LOSS_DOWN.gate(measured.loss_down_pct),
        _throughput_gate(UP, measured.up_kbps),
        _throughput_gate(DOWN, measured.down_kbps),
        MOS.gate(_mos(measured)),
        _yes_gate("websocket_ok", measured.websocket_ok, Grade.RED, "other_network"),
    )


def _device_gates(measured: Measurements) -> tuple[Gate, ...]:
    return (
        _permissions_gate(measured.permissions, measured.devices),
        _devices_gate(measured.devices),
        _microphone_gate(measured.microphone_dbfs),
        CLIPPING.gate(measured.microphone_clipping_pct),
        LUMA.gate(measured.camera_luma),
        CONTRAST.gate(measured.camera_std),
        _yes_gate("camera_moving", measured.camera_moving, Grade.AMBER, "restart_camera"),
    )


def _gate(name: str, value: float | str | bool | None, unit: str, grade: Grade, advice: str) -> Gate:
    return Gate(name, value, unit, grade, advice if grade in (Grade.AMBER, Grade.RED) else None)


def _mos(measured: Measurements) -> float | None:
    rtt, jitter = measured.rtt_ms, measured.jitter_ms
    up, down = measured.loss_up_pct, measured.loss_down_pct
    if rtt is None or jitter is None or up is None or down is None or math.isnan(rtt + jitter + up + down):
        return None
    return mean_opinion_score(rtt, jitter, max(up, down))


def _path_gate(path: Path | None) -> Gate:
    grades = {None: Grade.UNKNOWN, Path.UDP: Grade.GREEN, Path.NONE: Grade.RED}
    return _gate("path", path, "", grades.get(path, Grade.AMBER), "other_network")


def _throughput_gate(scale: Scale, kbps: float | None) -> Gate:
    gate = scale.gate(kbps)
    if kbps is None or gate.grade is not Grade.RED:
        return gate
    advice = "use_telephone" if kbps < TELEPHONE_BELOW_KBPS else "audio_only"
    return _gate(gate.name, gate.value, gate.unit, gate.grade, advice)


def _video_gate(measured: Measurements, least: tuple[Picture, Picture]) -> Gate:
    width, height, fps = measured.video_width, measured.video_height, measured.video_fps
    if width is None or height is None or fps is None or math.isnan(fps):
        return Gate("video", None, "", Grade.UNKNOWN)
    green, amber = least
    grade = Grade.RED
    if green.is_reached_by(width, height, fps):
        grade = Grade.GREEN
    elif amber.is_reached_by(width, height, fps):
        grade = Grade.AMBER
    return _gate("video", f"{width}×{height}, {fps:.0f}", "fps", grade, "close_other_programs")


def _permissions_gate(permission: Permission | None, devices: Devices) -> Gate:
    grades = {None: Grade.UNKNOWN, Permission.GRANTED: Grade.GREEN}
    if permission is Permission.DENIED:
        advice = "allow_devices"
    else:  # both are there and one cannot be had: somebody else has it
        advice = "free_devices" if devices.camera and devices.microphone else "connect_devices"
    return _gate("permissions", permission, "", grades.get(permission, Grade.RED), advice)


def _microphone_gate(dbfs: float | None) -> Gate:
    """Who is faint speaks louder; where nothing comes, louder speaking does not help."""
    gate = MICROPHONE.gate(dbfs)
    return replace(gate, advice="unmute_microphone") if gate.grade is Grade.RED else gate


def _devices_gate(devices: Devices) -> Gate:
    missing = [name for name in ("camera", "microphone", "speaker") if getattr(devices, name) is False]
    if missing:
        grade = Grade.AMBER if missing == ["speaker"] else Grade.RED
        return _gate("devices", ", ".join(missing), "missing", grade, "connect_devices")
    if None in (devices.camera, devices.microphone, devices.speaker):
        return Gate("devices", None, "", Grade.UNKNOWN)
    return Gate("devices", True, "", Grade.GREEN)


def _yes_gate(name: str, value: bool | None, otherwise: Grade, advice: str) -> Gate:
    if value is None:
        return Gate(name, None, "", Grade.UNKNOWN)
    return _gate(name, value, "", Grade.GREEN if value else otherwise, advice)
