"""The figure that decides a verdict and is named in its title. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .fault_location import DEVICE_GATE_NAMES, SPEED_GATE_NAMES, Reason
from .grade_scales import GateResult, Grade
from .verdict import ConnectionVerdict, Measurements, Path, Permission


class Cause(StrEnum):
    """The figure that decides. Two causes differ only where people can do something different."""

    ALL_WELL = "all_well"
    CAMERA_DENIED = "camera_denied"
    MICROPHONE_DENIED = "microphone_denied"
    DEVICES_DENIED = "devices_denied"
    CAMERA_MISSING = "camera_missing"
    MICROPHONE_MISSING = "microphone_missing"
    DEVICES_MISSING = "devices_missing"
    CAMERA_BUSY = "camera_busy"
    MICROPHONE_BUSY = "microphone_busy"
    DEVICES_BUSY = "devices_busy"
    MICROPHONE_SILENT = "microphone_silent"
    MICROPHONE_FAINT = "microphone_faint"
    MICROPHONE_CLIPPING = "microphone_clipping"
    SPEAKER_SILENT = "speaker_silent"
    CAMERA_DARK = "camera_dark"
    CAMERA_COVERED = "camera_covered"
    CAMERA_FROZEN = "camera_frozen"
    NO_PATH = "no_path"
    DETOUR = "detour"
    MESSAGES_BLOCKED = "messages_blocked"
    TOO_SLOW_FOR_VOICE = "too_slow_for_voice"
    VOICE_ONLY = "voice_only"
    SLOW = "slow"
    LOSS = "loss"
    DELAY = "delay"
    JITTER = "jitter"
    PICTURE = "picture"
    VOICE_QUALITY = "voice_quality"
    NOT_REPORTED = "not_reported"
    NOT_FINISHED = "not_finished"
    NETWORK_NOT_MEASURED = "network_not_measured"
    CAMERA_NOT_MEASURED = "camera_not_measured"
    VOICE_NOT_MEASURED = "voice_not_measured"
    LOSS_UNDECIDED = "loss_undecided"


# Causes by gate, in the order in which they decide. Permissions, devices, path and speeds are told apart further.
DEVICE_CAUSES: Mapping[str, Cause] = {
    "microphone_dbfs": Cause.MICROPHONE_SILENT,
    "camera_luma": Cause.CAMERA_DARK,
    "camera_std": Cause.CAMERA_COVERED,
    "camera_moving": Cause.CAMERA_FROZEN,
    "microphone_clipping_pct": Cause.MICROPHONE_CLIPPING,
}
NETWORK_CAUSES: Mapping[str, Cause] = {
    "loss_up_pct": Cause.LOSS,
    "loss_down_pct": Cause.LOSS,
    "rtt_ms": Cause.DELAY,
    "jitter_ms": Cause.JITTER,
    "mos": Cause.VOICE_QUALITY,
    "up_kbps": Cause.SLOW,
    "down_kbps": Cause.SLOW,
    "video": Cause.PICTURE,
    "path": Cause.DETOUR,
}
GATES_BY_REASON: Mapping[Reason, tuple[str, ...]] = {
    Reason.DISTANT: ("rtt_ms",),
    Reason.BLOCKED: ("path",),
}
CAMERA_GATES = ("camera_luma", "camera_std", "camera_moving")
NETWORK_GATES = ("path", "rtt_ms", "video")


def find_cause(
    verdict: ConnectionVerdict, measured: Measurements, reason: Reason, *, finished: bool, reported: bool
) -> Cause:
    """Return the figure that decides. It must fit the `reason` of the location."""
    if verdict.grade is Grade.GREEN:
        return Cause.ALL_WELL
    gates = {gate.name: gate for gate in verdict.gates}
    if verdict.grade is Grade.UNKNOWN:
        return _missing_part(gates, finished=finished, reported=reported)
    worst = {name: gate for name, gate in gates.items() if gate.grade is verdict.grade}
    if measured.path is Path.NONE:
        return Cause.NO_PATH
    if worst.keys() & DEVICE_GATE_NAMES:
        return _device_cause(worst, measured)
    return _network_cause(worst, reason)


def _missing_part(gates: Mapping[str, GateResult], *, finished: bool, reported: bool) -> Cause:
    if not reported:
        return Cause.NOT_REPORTED
    if not finished:
        return Cause.NOT_FINISHED
    losses = (gates["loss_up_pct"], gates["loss_down_pct"])
    network = (*(gates[name] for name in NETWORK_GATES), *losses)
    if any(gate.value is None for gate in network):
        return Cause.NETWORK_NOT_MEASURED
    if any(gates[name].value is None for name in CAMERA_GATES):
        return Cause.CAMERA_NOT_MEASURED
    is_voice_known = gates["microphone_dbfs"].grade is not Grade.UNKNOWN
    return Cause.LOSS_UNDECIDED if is_voice_known else Cause.VOICE_NOT_MEASURED


def _device_cause(worst: Mapping[str, GateResult], measured: Measurements) -> Cause:
    camera, microphone = measured.devices.camera, measured.devices.microphone
    if "permissions" in worst and measured.permissions is Permission.DENIED:
        # a page does not tell whether a denied device exists
        if microphone and not camera:
            return Cause.CAMERA_DENIED
        return Cause.MICROPHONE_DENIED if camera and not microphone else Cause.DEVICES_DENIED
    if "devices" in worst and worst["devices"].grade is Grade.AMBER:
        return Cause.SPEAKER_SILENT
    if camera is False or microphone is False:
        both = camera is False and microphone is False
        missing = Cause.CAMERA_MISSING if camera is False else Cause.MICROPHONE_MISSING
        return Cause.DEVICES_MISSING if both else missing
    if "permissions" in worst:
        return _busy_device(measured)
    name = next(name for name in DEVICE_CAUSES if name in worst)
    if name == "microphone_dbfs" and worst[name].grade is Grade.AMBER:
        return Cause.MICROPHONE_FAINT
    return DEVICE_CAUSES[name]


def _busy_device(measured: Measurements) -> Cause:
    """Tell the device that another program uses: the device without figures."""
    if measured.microphone_dbfs is not None and measured.camera_luma is None:
        return Cause.CAMERA_BUSY
    if measured.camera_luma is not None and measured.microphone_dbfs is None:
        return Cause.MICROPHONE_BUSY
    return Cause.DEVICES_BUSY


def _network_cause(worst: Mapping[str, GateResult], reason: Reason) -> Cause:
    if "websocket_ok" in worst:
        return Cause.MESSAGES_BLOCKED
    for name in GATES_BY_REASON.get(reason, ()):
        if name in worst:
            return NETWORK_CAUSES[name]
    advice = {worst[name].advice for name in SPEED_GATE_NAMES & worst.keys()}
    if "use_telephone" in advice:
        return Cause.TOO_SLOW_FOR_VOICE
    cause = next(cause for name, cause in NETWORK_CAUSES.items() if name in worst)
    return Cause.VOICE_ONLY if cause is Cause.SLOW and "audio_only" in advice else cause
