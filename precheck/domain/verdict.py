"""Verdict on a test: a grade for each gate, for the call, and for sign language. No SQL.

The worst gate decides. A missing measurement is unknown, never green. Advice is a code; advice_texts.py has the
sentences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .mos import mean_opinion_score


class Grade(StrEnum):
    """A grade of one gate, or of the whole test."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


class Path(StrEnum):
    """The path of the media: direct over UDP, through a relay over TCP or TLS, or none."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    NONE = "none"


class Permission(StrEnum):
    """The browser's answer to the request for camera and microphone."""

    GRANTED = "granted"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"


class SpeedLimit(StrEnum):
    """What limited a measured speed."""

    LINK = "link"  # a queue built up, or the rate that arrived stopped growing
    CAP = "cap"  # the most that a probe sends; the link is at least as fast
    WINDOW = "window"  # the probe's own protocol on a distant or lossy link; the link may be faster


@dataclass(frozen=True, slots=True)
class DeviceAvailability:
    """Which devices exist. None means not checked."""

    camera: bool | None = None
    microphone: bool | None = None
    speaker: bool | None = None


@dataclass(frozen=True, slots=True)
class Measurements:
    """Measurements of a test, named as in the API. None means not measured."""

    rtt_ms: float | None = None
    jitter_ms: float | None = None
    loss_up_pct: float | None = None
    loss_down_pct: float | None = None
    loss_up_packets: int | None = None  # how many packets the loss is a share of
    loss_down_packets: int | None = None
    up_kbps: float | None = None
    down_kbps: float | None = None
    up_limited_by: SpeedLimit | None = None
    down_limited_by: SpeedLimit | None = None
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
    devices: DeviceAvailability = field(default_factory=DeviceAvailability)


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of one gate.

    `value` is None if not measured, `advice` is None unless amber or red.
    """

    name: str
    value: float | str | bool | None
    unit: str
    grade: Grade
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectionVerdict:
    """The grade of a test, its reasons, and the grade for sign language."""

    grade: Grade
    sign_language: Grade
    gates: tuple[GateResult, ...]

    @property
    def advice(self) -> tuple[str, ...]:
        """List the advice codes, those of red gates first, each once."""
        gates = sorted((gate for gate in self.gates if gate.advice), key=lambda gate: gate.grade is not Grade.RED)
        return tuple(dict.fromkeys(gate.advice for gate in gates if gate.advice))


@dataclass(frozen=True, slots=True)
class GradeScale:
    """Bounds of one figure: green up to `green`, amber up to `amber`, red beyond."""

    name: str
    unit: str
    green: float
    amber: float
    advice: str
    is_higher_better: bool = False  # True: green from `green` upwards

    def grade_value(self, value: float | None) -> Grade:
        if value is None or math.isnan(value):
            return Grade.UNKNOWN
        if self._meets(value, self.green):
            return Grade.GREEN
        return Grade.AMBER if self._meets(value, self.amber) else Grade.RED

    def gate_result(self, value: float | None) -> GateResult:
        grade = self.grade_value(value)
        known = None if grade is Grade.UNKNOWN else value
        return _build_gate(self.name, known, self.unit, grade, self.advice)

    def _meets(self, value: float, bound: float) -> bool:
        return value >= bound if self.is_higher_better else value <= bound


# Sources of the bounds. Twilio: warnings of its Voice SDK (RTT 400 ms, jitter 30 ms, loss 3 %, MOS 3.5).
# Daily: testCallQuality (good below 5 % loss, 300 ms, from 1.1 Mbps; bad from 10 % and 600 ms).
# LiveKit: its connection-quality scorer (excellent above MOS 4). Healthdirect: minimum of a call, 350 kbps.
# Where two sources differ, the stricter figure holds.
RTT_SCALE = GradeScale(
    "rtt_ms", "ms", green=200, amber=400, advice="nearer_to_router"
)  # Twilio 400; Daily 300 minus a margin
JITTER_SCALE = GradeScale(
    "jitter_ms", "ms", green=30, amber=60, advice="use_cable"
)  # Twilio 30; amber is twice that
LOSS_UP_SCALE = GradeScale(
    "loss_up_pct", "%", green=2, amber=8, advice="nearer_to_router"
)  # Twilio 3 %, Daily 10 %
LOSS_DOWN_SCALE = GradeScale("loss_down_pct", "%", green=2, amber=8, advice="nearer_to_router")  # as for sending
UPLOAD_SCALE = GradeScale(
    "up_kbps", "kbps", green=1_000, amber=350, advice="close_other_programs", is_higher_better=True
)  # Daily; Healthdirect
DOWNLOAD_SCALE = GradeScale(
    "down_kbps", "kbps", green=1_000, amber=350, advice="close_other_programs", is_higher_better=True
)  # as for sending
MOS_SCALE = GradeScale(
    "mos", "", green=4.0, amber=3.3, advice="nearer_to_router", is_higher_better=True
)  # LiveKit 4; Twilio 3.5 minus a margin
MICROPHONE_SCALE = GradeScale(
    "microphone_dbfs", "dBFS", green=-50, amber=-65, advice="speak_louder", is_higher_better=True
)  # our own: room noise is about −65
CLIPPING_SCALE = GradeScale(
    "microphone_clipping_pct", "%", green=1, amber=100, advice="lower_microphone"
)  # our own: at 1 clipped sample in 100 the voice crackles
LUMA_SCALE = GradeScale(
    "camera_luma", "", green=12, amber=0, advice="more_light", is_higher_better=True
)  # our own: of 255; a covered lens stays below 12
CONTRAST_SCALE = GradeScale(
    "camera_std", "", green=3, amber=0, advice="uncover_camera", is_higher_better=True
)  # our own: a lit scene varies by more than 3

TELEPHONE_BELOW_KBPS = 100  # our own: voice takes about 50 kbps with headers, and half as much again under loss


@dataclass(frozen=True, slots=True)
class PictureRequirement:
    """The smallest picture for a grade.

    Long and short side in pixels, so that portrait counts the same.
    """

    long_side: int
    short_side: int
    fps: float

    def is_met_by(self, width: int, height: int, fps: float) -> bool:
        sides = (max(width, height), min(width, height))
        return sides[0] >= self.long_side and sides[1] >= self.short_side and fps >= self.fps


# A face in conversation. Our own bounds: 360p at 24 pictures a second; QVGA (EN 301 549) while lips still move.
FACE_REQUIREMENTS = (PictureRequirement(640, 360, 24), PictureRequirement(320, 240, 15))
# EN 301 549 V3.2.1, clauses 6.5.2 (at least QVGA, preferably VGA) and 6.5.3 (at least 20 frames a second,
# preferably 30).
SIGN_LANGUAGE_REQUIREMENTS = (PictureRequirement(640, 480, 25), PictureRequirement(320, 240, 20))

# If one of these is unknown, the verdict is unknown: nothing shows that the appointment will work.
ESSENTIAL_GATES = frozenset(
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
GATES_IGNORED_FOR_SIGNING = frozenset(
    {"microphone_dbfs", "microphone_clipping_pct", "mos"}
)  # a citizen who signs may be silent


def grade_measurements(measured: Measurements) -> ConnectionVerdict:
    """Grade all gates of a test, the call, and sign language."""
    network, face = _network_gates(measured), _video_gate(measured, FACE_REQUIREMENTS)
    gates = (*network, face, *_device_gates(measured))
    signing = [gate for gate in gates if gate.name not in GATES_IGNORED_FOR_SIGNING and gate is not face]
    return ConnectionVerdict(
        grade=_worst_grade(gates),
        sign_language=_worst_grade([*signing, _video_gate(measured, SIGN_LANGUAGE_REQUIREMENTS)]),
        gates=gates,
    )


def _worst_grade(gates: Iterable[GateResult]) -> Grade:
    seen = tuple(gates)
    for grade in (Grade.RED, Grade.AMBER):
        if any(gate.grade is grade for gate in seen):
            return grade
    missing = any(gate.grade is Grade.UNKNOWN and gate.name in ESSENTIAL_GATES for gate in seen)
    return Grade.UNKNOWN if missing else Grade.GREEN


def _network_gates(measured: Measurements) -> tuple[GateResult, ...]:
    return (
        _path_gate(measured.path),
        RTT_SCALE.gate_result(measured.rtt_ms),
        JITTER_SCALE.gate_result(measured.jitter_ms),
        LOSS_UP_SCALE.gate_result(measured.loss_up_pct),
        LOSS_DOWN_SCALE.gate_result(measured.loss_down_pct),
        _throughput_gate(UPLOAD_SCALE, measured.up_kbps),
        _throughput_gate(DOWNLOAD_SCALE, measured.down_kbps),
        MOS_SCALE.gate_result(_mos(measured)),
        _boolean_gate("websocket_ok", measured.websocket_ok, Grade.RED, "other_network"),
    )


def _device_gates(measured: Measurements) -> tuple[GateResult, ...]:
    return (
        _permissions_gate(measured.permissions, measured.devices),
        _devices_gate(measured.devices),
        _microphone_gate(measured.microphone_dbfs),
        CLIPPING_SCALE.gate_result(measured.microphone_clipping_pct),
        LUMA_SCALE.gate_result(measured.camera_luma),
        CONTRAST_SCALE.gate_result(measured.camera_std),
        _boolean_gate("camera_moving", measured.camera_moving, Grade.AMBER, "restart_camera"),
    )


def _build_gate(name: str, value: float | str | bool | None, unit: str, grade: Grade, advice: str) -> GateResult:
    return GateResult(name, value, unit, grade, advice if grade in (Grade.AMBER, Grade.RED) else None)


def _mos(measured: Measurements) -> float | None:
    rtt, jitter = measured.rtt_ms, measured.jitter_ms
    up, down = measured.loss_up_pct, measured.loss_down_pct
    if rtt is None or jitter is None or up is None or down is None or math.isnan(rtt + jitter + up + down):
        return None
    return mean_opinion_score(rtt, jitter, max(up, down))


def _path_gate(path: Path | None) -> GateResult:
    grades = {None: Grade.UNKNOWN, Path.UDP: Grade.GREEN, Path.NONE: Grade.RED}
    return _build_gate("path", path, "", grades.get(path, Grade.AMBER), "other_network")


def _throughput_gate(scale: GradeScale, kbps: float | None) -> GateResult:
    gate = scale.gate_result(kbps)
    if kbps is None or gate.grade is not Grade.RED:
        return gate
    advice = "use_telephone" if kbps < TELEPHONE_BELOW_KBPS else "audio_only"
    return _build_gate(gate.name, gate.value, gate.unit, gate.grade, advice)


def _video_gate(measured: Measurements, least: tuple[PictureRequirement, PictureRequirement]) -> GateResult:
    width, height, fps = measured.video_width, measured.video_height, measured.video_fps
    if width is None or height is None or fps is None or math.isnan(fps):
        return GateResult("video", None, "", Grade.UNKNOWN)
    green, amber = least
    grade = Grade.RED
    if green.is_met_by(width, height, fps):
        grade = Grade.GREEN
    elif amber.is_met_by(width, height, fps):
        grade = Grade.AMBER
    return _build_gate("video", f"{width}×{height}, {fps:.0f}", "fps", grade, "close_other_programs")


def _permissions_gate(permission: Permission | None, devices: DeviceAvailability) -> GateResult:
    grades = {None: Grade.UNKNOWN, Permission.GRANTED: Grade.GREEN}
    if permission is Permission.DENIED:
        advice = "allow_devices"
    else:  # both devices exist and one cannot be opened: another program uses it
        advice = "free_devices" if devices.camera and devices.microphone else "connect_devices"
    return _build_gate("permissions", permission, "", grades.get(permission, Grade.RED), advice)


def _microphone_gate(dbfs: float | None) -> GateResult:
    """Grade the microphone; a silent one needs unmuting, not a louder voice."""
    gate = MICROPHONE_SCALE.gate_result(dbfs)
    return replace(gate, advice="unmute_microphone") if gate.grade is Grade.RED else gate


def _devices_gate(devices: DeviceAvailability) -> GateResult:
    missing = [name for name in ("camera", "microphone", "speaker") if getattr(devices, name) is False]
    if missing:
        grade = Grade.AMBER if missing == ["speaker"] else Grade.RED
        return _build_gate("devices", ", ".join(missing), "missing", grade, "connect_devices")
    if None in (devices.camera, devices.microphone, devices.speaker):
        return GateResult("devices", None, "", Grade.UNKNOWN)
    return GateResult("devices", True, "", Grade.GREEN)


def _boolean_gate(name: str, value: bool | None, otherwise: Grade, advice: str) -> GateResult:
    if value is None:
        return GateResult(name, None, "", Grade.UNKNOWN)
    return _build_gate(name, value, "", Grade.GREEN if value else otherwise, advice)
