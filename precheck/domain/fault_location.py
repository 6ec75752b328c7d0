"""Location of the fault of a test: device, Wi-Fi, provider or this service.

No SQL, no sockets.

The location follows from comparisons: the test room's own health, a path over UDP with a path over TLS, and an
unsteady delay (radio) with a steady one (distance, a congested line). If nothing tells them apart, the answer is
`unknown`, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .grade_scales import JITTER_SCALE, RTT_SCALE, GateResult, Grade
from .verdict import Measurements, Path, grade_measurements


class Fault(StrEnum):
    """The part that has to be repaired."""

    NONE = "none"
    DEVICE = "device"
    WIFI = "wifi"
    PROVIDER = "provider"
    US = "us"
    UNKNOWN = "unknown"


class Link(StrEnum):
    """How the device is connected, if its browser reports it."""

    WIFI = "wifi"
    CELLULAR = "cellular"
    ETHERNET = "ethernet"


class Limit(StrEnum):
    """The reason why the browser sent no better picture (`qualityLimitationReason`)."""

    NONE = "none"
    CPU = "cpu"
    BANDWIDTH = "bandwidth"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PathResult:
    """The result of one network path that was tried separately."""

    ok: bool
    rtt_ms: float | None = None
    jitter_ms: float | None = None
    loss_pct: float | None = None  # of `packets`, sent at an even pace for two seconds
    packets: int | None = None


@dataclass(frozen=True, slots=True)
class FaultHints:
    """Facts that a device reports beside its measurements. None means not reported."""

    link: Link | None = None
    limited_by: Limit | None = None
    rtt_min_ms: float | None = None
    rtt_loaded_up_ms: float | None = None  # median of the pings while the upload was full
    rtt_loaded_down_ms: float | None = None
    page_lag_ms: float | None = None  # 95th percentile of how late the page's own timers ran
    dropped_frames_pct: float | None = None  # of the returned pictures: not decoded in time
    path_results: Mapping[Path, PathResult] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoomHealth:
    """Health of the test room during a test, measured by the server itself."""

    loop_lag_ms: float
    healthy: bool


DEVICE_GATE_NAMES = frozenset(
    {"permissions", "devices", "microphone_dbfs", "microphone_clipping_pct", "camera_luma", "camera_std"}
    | {"camera_moving"}
)
LOSS_GATE_NAMES = frozenset({"loss_up_pct", "loss_down_pct"})
SPEED_GATE_NAMES = frozenset({"up_kbps", "down_kbps"})
UNSTEADY_RTT_RATIO = 2.0  # median ÷ minimum of the delay: radio retransmits, which a steady line does not
MAX_TLS_DETOUR_MS = 40  # delay that relay and TCP add by themselves


def find_fault(measured: Measurements, hints: FaultHints, health: RoomHealth | None) -> Fault:
    """Locate the fault: `none` if all is well, `unknown` if the measurements cannot tell."""
    verdict = grade_measurements(measured)
    if verdict.grade is Grade.GREEN:
        return Fault.NONE
    bad = [gate for gate in verdict.gates if gate.grade in (Grade.AMBER, Grade.RED)]
    if not bad:
        return Fault.UNKNOWN
    device, network = _device_problems(bad, hints), _network_problems(bad, hints)
    if _worst_severity(device) >= _worst_severity(network):
        return Fault.DEVICE
    if health is not None and not health.healthy:
        return Fault.US
    return _locate_network_fault({gate.name: gate for gate in network}, measured, hints)


def _device_problems(bad: Iterable[GateResult], hints: FaultHints) -> list[GateResult]:
    slow = hints.limited_by is Limit.CPU
    return [gate for gate in bad if gate.name in DEVICE_GATE_NAMES or (slow and gate.name == "video")]


def _network_problems(bad: Iterable[GateResult], hints: FaultHints) -> list[GateResult]:
    slow = hints.limited_by is Limit.CPU
    return [gate for gate in bad if gate.name not in DEVICE_GATE_NAMES and not (slow and gate.name == "video")]


def _worst_severity(gates: Iterable[GateResult]) -> int:
    return max((2 if gate.grade is Grade.RED else 1 for gate in gates), default=0)


def _locate_network_fault(bad: Mapping[str, GateResult], measured: Measurements, hints: FaultHints) -> Fault:
    if hints.link in (Link.CELLULAR, Link.ETHERNET) or "path" in bad:
        return Fault.PROVIDER  # there is no Wi-Fi of the household, or the network blocks UDP
    if _is_udp_treated_worse(bad, measured, hints):
        return Fault.PROVIDER
    if _is_delay_unsteady(bad, measured, hints):
        return Fault.WIFI
    if "rtt_ms" in bad or SPEED_GATE_NAMES & bad.keys():
        return Fault.PROVIDER  # distant or slow, but steady
    return Fault.UNKNOWN


def _is_udp_treated_worse(bad: Mapping[str, GateResult], measured: Measurements, hints: FaultHints) -> bool:
    """Whether UDP loses packets while TLS stays fast.

    Lossy radio would slow TLS by retransmissions.
    """
    tls = hints.path_results.get(Path.TLS)
    if tls is None or not tls.ok or tls.rtt_ms is None or measured.rtt_ms is None:
        return False
    quick = RTT_SCALE.grade_value(tls.rtt_ms) is Grade.GREEN and tls.rtt_ms <= measured.rtt_ms + MAX_TLS_DETOUR_MS
    return bool(LOSS_GATE_NAMES & bad.keys()) and quick and not _has_high_jitter(measured)


def _is_delay_unsteady(bad: Mapping[str, GateResult], measured: Measurements, hints: FaultHints) -> bool:
    least, usual = hints.rtt_min_ms, measured.rtt_ms
    if _has_high_jitter(measured) or LOSS_GATE_NAMES & bad.keys():
        return True
    return (
        "rtt_ms" in bad
        and least is not None
        and usual is not None
        and usual > UNSTEADY_RTT_RATIO * max(1.0, least)
    )


def _has_high_jitter(measured: Measurements) -> bool:
    return JITTER_SCALE.grade_value(measured.jitter_ms) in (Grade.AMBER, Grade.RED)
