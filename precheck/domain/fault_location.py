"""Location of the fault of a test: device, home network, provider or this service. Pure.

The location follows from comparisons of measurements with each other, never from the configuration of a device.
If nothing tells the places apart, the answer is `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .grade_scales import JITTER_SCALE, RTT_SCALE, TELEPHONE_BELOW_KBPS, GateResult, Grade
from .loss_interval import share_interval
from .verdict import Measurements, Path, SpeedLimit, grade_measurements


class Fault(StrEnum):
    """The part that has to be repaired."""

    NONE = "none"
    DEVICE = "device"
    WIFI = "wifi"  # the home network: radio, router, other devices on it
    PROVIDER = "provider"
    US = "us"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """The comparison that located the fault."""

    NONE = "none"
    DEVICE = "device"  # a gate of camera, microphone, speaker or permissions
    BUSY_DEVICE = "busy_device"  # the page's own timers and pictures were late
    US = "us"  # without our own lag the figures would be better
    BLOCKED = "blocked"  # a way is closed that others use
    UDP_WORSE = "udp_worse"  # UDP loses or is late where TLS is not
    LOAD = "load"  # the delay grows under load: a long queue at home
    SLOW = "slow"  # a low rate at a steady delay
    UNSTEADY = "unsteady"  # the delay varies without load, or TLS has to repeat what is lost
    DISTANT = "distant"  # the delay is long and steady
    UNKNOWN = "unknown"


FAULTS: Mapping[Reason, Fault] = {
    Reason.NONE: Fault.NONE,
    Reason.DEVICE: Fault.DEVICE,
    Reason.BUSY_DEVICE: Fault.DEVICE,
    Reason.US: Fault.US,
    Reason.BLOCKED: Fault.PROVIDER,
    Reason.UDP_WORSE: Fault.PROVIDER,
    Reason.LOAD: Fault.WIFI,
    Reason.SLOW: Fault.PROVIDER,
    Reason.UNSTEADY: Fault.WIFI,
    Reason.DISTANT: Fault.PROVIDER,
    Reason.UNKNOWN: Fault.UNKNOWN,
}


class Link(StrEnum):
    """How the device is connected, if its browser reports it.

    It excludes a home network or a radio link, and proves nothing else.
    """

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
    """The result of a network path that was tried separately."""

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
BLOCKED_GATE_NAMES = frozenset({"path", "websocket_ok"})
LOSS_GATE_NAMES = frozenset({"loss_up_pct", "loss_down_pct"})
SPEED_GATE_NAMES = frozenset({"up_kbps", "down_kbps"})
# consequences, if another gate of the network is bad too
FOLLOWING_GATE_NAMES = frozenset({"video", "mos"})

UNSTEADY_RTT_RATIO = 2.0  # median ÷ minimum of the delay: radio retransmits, which a steady line does not
STEADY_RTT_RATIO = 1.5
# A line's own queue is at most 200 ms; more is a home router's. The probe keeps a deep queue at 250 to 300 ms.
LONG_QUEUE_MS = 220
# 1,200 bytes, which a narrow line sends for a while even without a queue
PROBE_MESSAGE_BITS = 9_600
LONGEST_WAY_MS = 700  # by a geostationary satellite it takes about 600 ms; more is a queue
MESSAGES_AHEAD = 1.5  # of a ping: the message that is being sent, and often another
MAX_TLS_DETOUR_MS = 40  # delay that relay and TCP add by themselves
# TLS repeats lost packets, so loss shows as jitter there: 2 to 13 ms at 10 % on the truth bench, 0 without loss.
STEADY_TLS_JITTER_MS = 1  # above that of UDP
UNSTEADY_TLS_JITTER_MS = 4
CLEAR_UDP_LOSS_PCT = 4  # below it, jitter of TLS tells too little
# longer by UDP than by TLS: UDP is delayed on purpose
UDP_DETOUR_MS = 100
BUSY_PAGE_LAG_MS = 80  # in each twentieth timer; 2 to 6 ms on a calm device
BUSY_DROPPED_PCT = 20  # of the returned pictures


@dataclass(frozen=True, slots=True)
class _Evidence:
    """All facts of a test."""

    bad: Mapping[str, GateResult]  # amber and red gates
    measured: Measurements
    hints: FaultHints
    health: RoomHealth | None

    def severity(self, names: Iterable[str]) -> int:
        """Return 2 if any of these gates is red, 1 if any is amber, else 0."""
        grades = [self.bad[name].grade for name in names if name in self.bad]
        return max((2 if grade is Grade.RED else 1 for grade in grades), default=0)


def find_reason(measured: Measurements, hints: FaultHints, health: RoomHealth | None) -> Reason:
    """Return the comparison that locates the fault."""
    verdict = grade_measurements(measured)
    if verdict.grade is Grade.GREEN:
        return Reason.NONE
    is_device_worst = any(gate.name in DEVICE_GATE_NAMES and gate.grade is verdict.grade for gate in verdict.gates)
    if is_device_worst and verdict.grade is not Grade.UNKNOWN and measured.path is not Path.NONE:
        return Reason.DEVICE
    return find_network_reason(measured, hints, health) or Reason.UNKNOWN


def find_network_reason(measured: Measurements, hints: FaultHints, health: RoomHealth | None) -> Reason | None:
    """Locate the fault of the network's gates; None if none is bad."""
    gates = grade_measurements(measured).gates
    bad = {gate.name: gate for gate in gates if gate.grade in (Grade.AMBER, Grade.RED)}
    evidence = _Evidence(
        {name: bad[name] for name in bad if name not in DEVICE_GATE_NAMES}, measured, hints, health
    )
    causes = set(evidence.bad.keys() - FOLLOWING_GATE_NAMES) or set(evidence.bad)
    for reason, explained in (
        (Reason.BUSY_DEVICE, _gates_of_busy_device(evidence)),
        (Reason.US, _gates_of_our_lag(evidence)),
    ):
        if evidence.severity(causes - explained) < evidence.severity(causes & explained):
            return reason
    return _locate_in_network(evidence) if causes else None


def is_device_busy(hints: FaultHints) -> bool:
    """Check whether the device was too slow for its own page."""
    return (
        hints.limited_by is Limit.CPU
        or (hints.page_lag_ms or 0) >= BUSY_PAGE_LAG_MS
        or (hints.dropped_frames_pct or 0) >= BUSY_DROPPED_PCT
    )


def _gates_of_busy_device(evidence: _Evidence) -> set[str]:
    """Return the gates that a busy device makes worse: all that its page times by itself."""
    if not is_device_busy(evidence.hints):
        return set()
    gates = {"jitter_ms", "video", "mos"}
    return gates if _is_rtt_within(evidence, STEADY_RTT_RATIO) else gates | {"rtt_ms"}


def _gates_of_our_lag(evidence: _Evidence) -> set[str]:
    """Return the gates that would be better without the lag of the test room.

    Never the path or the WebSocket: our lag closes no way.
    """
    health, measured = evidence.health, evidence.measured
    if health is None or health.healthy:
        return set()
    gates = {"loss_up_pct", "loss_down_pct", "video", "mos"}
    for scale, value in ((RTT_SCALE, measured.rtt_ms), (JITTER_SCALE, measured.jitter_ms)):
        grade, without_lag = scale.grade_value(value), max(0.0, (value or 0) - health.loop_lag_ms)
        if scale.grade_value(without_lag) is not grade:
            gates.add(scale.name)
    limits = (("up_kbps", measured.up_limited_by), ("down_kbps", measured.down_limited_by))
    return gates | {name for name, limit in limits if limit is SpeedLimit.WINDOW}


def _locate_in_network(evidence: _Evidence) -> Reason:
    """Go through the comparisons, the strongest proofs first."""
    bad, link = evidence.bad, evidence.hints.link
    blocked = evidence.severity(BLOCKED_GATE_NAMES)
    if blocked and blocked >= evidence.severity(bad):
        return Reason.BLOCKED
    if _is_udp_treated_worse(evidence):
        return Reason.UDP_WORSE
    if _has_long_queue(evidence) and link is not Link.CELLULAR:
        return Reason.LOAD
    if _is_line_slow(evidence):
        return Reason.SLOW
    if link not in (Link.CELLULAR, Link.ETHERNET) and _is_unsteady(evidence):
        return Reason.UNSTEADY
    # without a bad delay both are 0, as for a poor picture alone
    is_delay_worst = evidence.severity({"rtt_ms"}) == evidence.severity(bad.keys() - FOLLOWING_GATE_NAMES)
    if (
        "rtt_ms" in bad
        and is_delay_worst
        and "jitter_ms" not in bad
        and _is_rtt_within(evidence, STEADY_RTT_RATIO)
    ):
        return Reason.DISTANT
    return Reason.BLOCKED if blocked else Reason.UNKNOWN


def _is_udp_treated_worse(evidence: _Evidence) -> bool:
    """Check whether UDP loses packets, or is late, where TLS on the same line is not.

    A lossy radio link would slow TLS by retransmissions.
    """
    measured, paths = evidence.measured, evidence.hints.path_results
    udp, tls = paths.get(Path.UDP), paths.get(Path.TLS)
    if tls is None or not tls.ok or tls.rtt_ms is None or measured.path is not Path.UDP:
        return False
    if udp is not None and udp.ok and udp.rtt_ms is not None and udp.rtt_ms > tls.rtt_ms + UDP_DETOUR_MS:
        return bool(evidence.bad.keys() & ({"rtt_ms", "jitter_ms"} | LOSS_GATE_NAMES))
    if not LOSS_GATE_NAMES & evidence.bad.keys() or _least_udp_loss(evidence, udp) < CLEAR_UDP_LOSS_PCT:
        return False
    is_quick = tls.rtt_ms <= (measured.rtt_ms or 0) + MAX_TLS_DETOUR_MS and not (tls.loss_pct or 0) > 1
    extra = _extra_tls_jitter_ms(evidence)
    return is_quick and "jitter_ms" not in evidence.bad and (extra is None or extra <= STEADY_TLS_JITTER_MS)


def _least_udp_loss(evidence: _Evidence, udp: PathResult | None) -> float:
    """Return what UDP loses at least; 0 if the packets of the separate try all arrived."""
    if udp is not None and udp.loss_pct == 0 and udp.packets:
        return 0.0
    gates = [evidence.bad[name] for name in LOSS_GATE_NAMES & evidence.bad.keys()]
    lows = [gate.low if gate.low is not None else gate.value for gate in gates]
    if udp is not None and udp.loss_pct is not None and udp.packets:
        lows.append(share_interval(udp.loss_pct, udp.packets).low)
    return max(float(low) for low in lows if isinstance(low, int | float))


def _extra_tls_jitter_ms(evidence: _Evidence) -> float | None:
    """Return how much more the delay varies by TLS than by UDP; None if not measured."""
    udp, tls = (evidence.hints.path_results.get(path) for path in (Path.UDP, Path.TLS))
    if tls is None or tls.jitter_ms is None:
        return None
    by_udp = udp.jitter_ms if udp is not None and udp.jitter_ms is not None else evidence.measured.jitter_ms
    return None if by_udp is None else tls.jitter_ms - by_udp


def _has_long_queue(evidence: _Evidence) -> bool:
    """Check whether the delay grows under load by more than a line's own queue.

    The load is our probe, our picture, or another device during the whole test.
    """
    measured, hints = evidence.measured, evidence.hints
    idle = hints.rtt_min_ms if hints.rtt_min_ms is not None else measured.rtt_ms
    if idle is None:
        return False
    if idle > LONGEST_WAY_MS:
        return True
    up, down = measured.up_kbps, measured.down_kbps
    # a queue changes slowly; a delay that jumps from packet to packet is a radio link's
    usual = (None if "jitter_ms" in evidence.bad else measured.rtt_ms, min(up or 1_000, down or 1_000))
    loads = ((hints.rtt_loaded_up_ms, up), (hints.rtt_loaded_down_ms, down), usual)
    return any(
        loaded is not None
        and loaded - idle > LONG_QUEUE_MS + MESSAGES_AHEAD * PROBE_MESSAGE_BITS / max(kbps or 1_000, 10)
        for loaded, kbps in loads
    )


def _is_line_slow(evidence: _Evidence) -> bool:
    """Check whether the rate is the worst figure, at a delay that is steady without load.

    Other figures may be as bad as the rate if it is too low for a voice: they follow from it then.
    """
    measured = evidence.measured
    limits = {"up_kbps": measured.up_limited_by, "down_kbps": measured.down_limited_by}
    slow = {name for name in SPEED_GATE_NAMES & evidence.bad.keys() if limits[name] is not SpeedLimit.WINDOW}
    if not slow:
        return False
    values = [value for value in (measured.up_kbps, measured.down_kbps) if value is not None]
    if min(values) < TELEPHONE_BELOW_KBPS:
        return True
    speed = evidence.severity(slow)
    has_queue = any(limits[name] is SpeedLimit.LINK for name in slow)  # the rate is certainly the line's
    others = evidence.severity({"jitter_ms"} if has_queue else {"jitter_ms"} | LOSS_GATE_NAMES)
    is_steady = has_queue and _is_rtt_within(evidence, UNSTEADY_RTT_RATIO)
    return speed > others or (speed == others and is_steady)


def _is_unsteady(evidence: _Evidence) -> bool:
    """Check whether the delay varies without load, or losses delay TLS too."""
    if "jitter_ms" in evidence.bad or _is_rtt_varying(evidence):
        return True
    is_rtt_known = "rtt_ms" in evidence.bad and evidence.hints.rtt_min_ms is not None
    if is_rtt_known and not _is_rtt_within(evidence, UNSTEADY_RTT_RATIO):
        return True
    extra = _extra_tls_jitter_ms(evidence)
    return bool(LOSS_GATE_NAMES & evidence.bad.keys()) and extra is not None and extra >= UNSTEADY_TLS_JITTER_MS


def _is_rtt_varying(evidence: _Evidence) -> bool:
    """Check whether the delay varies by more than the jitter that a call may have, both ways.

    The jitter of received media leaves out packets that overtook others.
    """
    least, usual = evidence.hints.rtt_min_ms, evidence.measured.rtt_ms
    if least is None or usual is None or usual - least <= 2 * JITTER_SCALE.green:
        return False
    return not _is_rtt_within(evidence, STEADY_RTT_RATIO)


def _is_rtt_within(evidence: _Evidence, ratio: float) -> bool:
    """Check whether the usual delay is at most `ratio` times the least delay.

    False if it was not measured.
    """
    least, usual = evidence.hints.rtt_min_ms, evidence.measured.rtt_ms
    return least is not None and usual is not None and usual <= ratio * max(1.0, least)
