"""Verdict on a test: a grade for each gate, for the call, and for sign language. No SQL.

The worst gate decides. A missing measurement is unknown, never green. Advice is a code; advice_texts.py has the
sentences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .grade_scales import (
    CLIPPING_SCALE,
    CONTRAST_SCALE,
    DOWNLOAD_SCALE,
    JITTER_SCALE,
    LOSS_DOWN_SCALE,
    LOSS_UP_SCALE,
    LUMA_SCALE,
    MICROPHONE_SCALE,
    MOS_SCALE,
    RTT_SCALE,
    TELEPHONE_BELOW_KBPS,
    UPLOAD_SCALE,
    GateResult,
    Grade,
    GradeScale,
    build_gate,
)
from .loss_interval import share_interval
from .mos import mean_opinion_score

__all__ = [
    "CLIPPING_SCALE",
    "CONTRAST_SCALE",
    "DOWNLOAD_SCALE",
    "JITTER_SCALE",
    "LOSS_DOWN_SCALE",
    "LOSS_UP_SCALE",
    "LUMA_SCALE",
    "MICROPHONE_SCALE",
    "MOS_SCALE",
    "RTT_SCALE",
    "UPLOAD_SCALE",
    "ConnectionVerdict",
    "DeviceAvailability",
    "GateResult",
    "Grade",
    "GradeScale",
    "Measurements",
    "Path",
    "Permission",
    "SpeedLimit",
    "grade_measurements",
]


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
    """The limit of a measured speed."""

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

# If any of these is unknown, the verdict is unknown: nothing shows that the appointment will work.
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
GATES_RED_FOR_SIGNING = frozenset({"camera_luma", "camera_std"})  # amber for the call, where the voice remains


def grade_measurements(measured: Measurements) -> ConnectionVerdict:
    """Grade all gates of a test, the call, and sign language."""
    network, face = _network_gates(measured), _video_gate(measured, FACE_REQUIREMENTS)
    gates = (*network, face, *_device_gates(measured))
    signing = [
        _gate_for_signing(gate)
        for gate in gates
        if gate.name not in GATES_IGNORED_FOR_SIGNING and gate is not face
    ]
    return ConnectionVerdict(
        grade=_worst_grade(gates),
        sign_language=_worst_grade([*signing, _video_gate(measured, SIGN_LANGUAGE_REQUIREMENTS)]),
        gates=gates,
    )


def _gate_for_signing(gate: GateResult) -> GateResult:
    """Return the gate with its grade for sign language.

    Hands in a black picture say nothing.
    """
    is_dark = gate.name in GATES_RED_FOR_SIGNING and gate.grade is Grade.AMBER
    return replace(gate, grade=Grade.RED) if is_dark else gate


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
        _loss_gate(LOSS_UP_SCALE, measured.loss_up_pct, measured.loss_up_packets),
        _loss_gate(LOSS_DOWN_SCALE, measured.loss_down_pct, measured.loss_down_packets),
        _throughput_gate(UPLOAD_SCALE, measured.up_kbps, measured.up_limited_by),
        _throughput_gate(DOWNLOAD_SCALE, measured.down_kbps, measured.down_limited_by),
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


def _mos(measured: Measurements) -> float | None:
    rtt, jitter = measured.rtt_ms, measured.jitter_ms
    up, down = measured.loss_up_pct, measured.loss_down_pct
    if rtt is None or jitter is None or up is None or down is None or math.isnan(rtt + jitter + up + down):
        return None
    return mean_opinion_score(rtt, jitter, max(up, down))


def _path_gate(path: Path | None) -> GateResult:
    grades = {None: Grade.UNKNOWN, Path.UDP: Grade.GREEN, Path.NONE: Grade.RED}
    return build_gate("path", path, "", grades.get(path, Grade.AMBER), "other_network")


def _loss_gate(scale: GradeScale, loss_pct: float | None, packets: int | None) -> GateResult:
    """Grade a loss by the bounds of its true value; unknown if they do not decide.

    Without a number of packets, as in reports of older pages, the measured share decides.
    """
    if loss_pct is None or math.isnan(loss_pct) or packets is None:
        return scale.gate_result(loss_pct)
    if packets == 0:
        return scale.gate_result(None)
    interval = share_interval(loss_pct, packets)
    grade = Grade.UNKNOWN  # a good share of too few packets
    if interval.high <= scale.green:
        grade = Grade.GREEN
    elif interval.low > scale.amber:
        grade = Grade.RED
    elif loss_pct > scale.green:
        grade = Grade.AMBER
    return build_gate(scale.name, loss_pct, scale.unit, grade, scale.advice, low=interval.low, high=interval.high)


def _throughput_gate(scale: GradeScale, kbps: float | None, limit: SpeedLimit | None) -> GateResult:
    """Grade a speed; unknown if the probe, and not the link, was too slow for a better grade."""
    gate = scale.gate_result(kbps)
    if kbps is None or gate.grade is Grade.UNKNOWN:
        return gate
    if limit in (SpeedLimit.CAP, SpeedLimit.WINDOW):
        gate = replace(gate, low=kbps)  # at least as fast
        if gate.grade is not Grade.GREEN:
            return replace(gate, grade=Grade.UNKNOWN, advice=None)
    if gate.grade is not Grade.RED:
        return gate
    return replace(gate, advice="use_telephone" if kbps < TELEPHONE_BELOW_KBPS else "audio_only")


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
    return build_gate("video", f"{width}×{height}, {fps:.0f}", "fps", grade, "close_other_programs")


def _permissions_gate(permission: Permission | None, devices: DeviceAvailability) -> GateResult:
    grades = {None: Grade.UNKNOWN, Permission.GRANTED: Grade.GREEN}
    if permission is Permission.DENIED:
        advice = "allow_devices"
    else:  # if both devices exist, another program uses a device
        advice = "free_devices" if devices.camera and devices.microphone else "connect_devices"
    return build_gate("permissions", permission, "", grades.get(permission, Grade.RED), advice)


def _microphone_gate(dbfs: float | None) -> GateResult:
    """Grade the microphone; a silent microphone needs unmuting, not a louder voice."""
    gate = MICROPHONE_SCALE.gate_result(dbfs)
    return replace(gate, advice="unmute_microphone") if gate.grade is Grade.RED else gate


def _devices_gate(devices: DeviceAvailability) -> GateResult:
    missing = [name for name in ("camera", "microphone", "speaker") if getattr(devices, name) is False]
    if missing:
        grade = Grade.AMBER if missing == ["speaker"] else Grade.RED
        return build_gate("devices", ", ".join(missing), "missing", grade, "connect_devices")
    if None in (devices.camera, devices.microphone, devices.speaker):
        return GateResult("devices", None, "", Grade.UNKNOWN)
    return GateResult("devices", True, "", Grade.GREEN)


def _boolean_gate(name: str, value: bool | None, otherwise: Grade, advice: str) -> GateResult:
    if value is None:
        return GateResult(name, None, "", Grade.UNKNOWN)
    return build_gate(name, value, "", Grade.GREEN if value else otherwise, advice)
