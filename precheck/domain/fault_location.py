"""Where the trouble of a test comes from: the device, the Wi-Fi, the provider or us. Pure.

Told apart by comparing what differs between them: the test room's own view of itself, a way by UDP with a way by
TLS, and a delay that wavers (radio) with one that is steady (distance, a busy line). Where nothing tells them
apart the answer is `unknown`, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .verdict import JITTER, RTT, Gate, Grade, Measurements, Path, judge


class Fault(StrEnum):
    """Who can mend it."""

    NONE = "none"
    DEVICE = "device"
    WIFI = "wifi"
    PROVIDER = "provider"
    US = "us"
    UNKNOWN = "unknown"


class Link(StrEnum):
    """How the device is connected, as far as its browser says."""

    WIFI = "wifi"
    CELLULAR = "cellular"
    ETHERNET = "ethernet"


class Limit(StrEnum):
    """What kept the browser from sending a better picture (`qualityLimitationReason`)."""

    NONE = "none"
    CPU = "cpu"
    BANDWIDTH = "bandwidth"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to us that was tried by itself."""

    ok: bool
    rtt_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Clues:
    """What a device tells beside its measurements. None = it did not say."""

    link: Link | None = None
    limited_by: Limit | None = None
    rtt_min_ms: float | None = None
    ways: Mapping[Path, Way] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OurSide:
    """How the test room itself was while it measured; written by it, never by a browser."""

    loop_lag_ms: float
    healthy: bool


DEVICE_GATES = frozenset(
    {"permissions", "devices", "microphone_dbfs", "microphone_clipping_pct", "camera_luma", "camera_std"}
    | {"camera_moving"}
)
LOSS_GATES = frozenset({"loss_up_pct", "loss_down_pct"})
SPEED_GATES = frozenset({"up_kbps", "down_kbps"})
WAVERING = 2.0  # a delay whose usual is twice its least: radio repeats what it lost; a steady line does not
TLS_DETOUR_MS = 40  # what a relay and TCP may add by themselves before the two ways differ


def find_fault(measured: Measurements, clues: Clues, ours: OurSide | None) -> Fault:
    """Who can mend what is wrong; `none` when nothing is, `unknown` when nobody can say."""
    verdict = judge(measured)
    if verdict.grade is Grade.GREEN:
        return Fault.NONE
    bad = [gate for gate in verdict.gates if gate.grade in (Grade.AMBER, Grade.RED)]
    if not bad:
        return Fault.UNKNOWN
    device, network = _of_device(bad, clues), _of_network(bad, clues)
    if _worst(device) >= _worst(network):
        return Fault.DEVICE
    if ours is not None and not ours.healthy:
        return Fault.US
    return _in_network({gate.name: gate for gate in network}, measured, clues)


def _of_device(bad: Iterable[Gate], clues: Clues) -> list[Gate]:
    slow = clues.limited_by is Limit.CPU
    return [gate for gate in bad if gate.name in DEVICE_GATES or (slow and gate.name == "video")]


def _of_network(bad: Iterable[Gate], clues: Clues) -> list[Gate]:
    slow = clues.limited_by is Limit.CPU
    return [gate for gate in bad if gate.name not in DEVICE_GATES and not (slow and gate.name == "video")]


def _worst(gates: Iterable[Gate]) -> int:
    return max((2 if gate.grade is Grade.RED else 1 for gate in gates), default=0)


def _in_network(bad: Mapping[str, Gate], measured: Measurements, clues: Clues) -> Fault:
    if clues.link in (Link.CELLULAR, Link.ETHERNET) or "path" in bad:
        return Fault.PROVIDER  # no radio of the household's own, or a network that lets no UDP through
    if _udp_is_treated_worse(bad, measured, clues):
        return Fault.PROVIDER
    if _wavers(bad, measured, clues):
        return Fault.WIFI
    if "rtt_ms" in bad or SPEED_GATES & bad.keys():
        return Fault.PROVIDER  # far or narrow, but steady
    return Fault.UNKNOWN


def _udp_is_treated_worse(bad: Mapping[str, Gate], measured: Measurements, clues: Clues) -> bool:
    """UDP loses while the way by TLS is as quick: the same radio would have slowed TLS by sending again."""
    tls = clues.ways.get(Path.TLS)
    if tls is None or not tls.ok or tls.rtt_ms is None or measured.rtt_ms is None:
        return False
    quick = RTT.grade(tls.rtt_ms) is Grade.GREEN and tls.rtt_ms <= measured.rtt_ms + TLS_DETOUR_MS
    return bool(LOSS_GATES & bad.keys()) and quick and not _jitters(measured)


def _wavers(bad: Mapping[str, Gate], measured: Measurements, clues: Clues) -> bool:
    least, usual = clues.rtt_min_ms, measured.rtt_ms
    if _jitters(measured) or LOSS_GATES & bad.keys():
        return True
    return "rtt_ms" in bad and least is not None and usual is not None and usual > WAVERING * max(1.0, least)


def _jitters(measured: Measurements) -> bool:
    return JITTER.grade(measured.jitter_ms) in (Grade.AMBER, Grade.RED)
