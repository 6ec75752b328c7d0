"""Fault location: device, Wi-Fi, provider or service; never a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office360.precheck.domain.fault_location import (
    Fault,
    FaultHints,
    Limit,
    Link,
    PathResult,
    RoomHealth,
    find_fault,
)
from office360.precheck.domain.verdict import DeviceAvailability, Measurements, Path, Permission

GOOD = Measurements(
    rtt_ms=40,
    jitter_ms=5,
    loss_up_pct=0,
    loss_down_pct=0,
    up_kbps=4_000,
    down_kbps=4_000,
    video_width=640,
    video_height=480,
    video_fps=30,
    path=Path.UDP,
    microphone_dbfs=-30,
    microphone_clipping_pct=0,
    camera_luma=100,
    camera_std=40,
    camera_moving=True,
    websocket_ok=True,
    permissions=Permission.GRANTED,
    devices=DeviceAvailability(True, True, True),
)
HEALTHY, UNHEALTHY = RoomHealth(2, healthy=True), RoomHealth(180, healthy=False)
NO_HINTS = FaultHints()


def find_fault_with(hints: FaultHints = NO_HINTS, health: RoomHealth | None = HEALTHY, **measured: Any) -> Fault:
    return find_fault(replace(GOOD, **measured), hints, health)


def test_good_measurements_return_none() -> None:
    assert find_fault_with() is Fault.NONE


def test_missing_measurements_have_unknown_fault() -> None:
    assert find_fault(Measurements(), NO_HINTS, HEALTHY) is Fault.UNKNOWN
    assert find_fault_with(rtt_ms=None) is Fault.UNKNOWN


@pytest.mark.parametrize(
    "measured",
    [
        {"microphone_dbfs": -80},
        {"camera_luma": 3},
        {"camera_moving": False},
        {"permissions": Permission.DENIED},
        {"devices": DeviceAvailability(False, True, True)},
        {"microphone_clipping_pct": 9},
    ],
)
def test_camera_microphone_and_permission_faults_are_device(measured: dict[str, Any]) -> None:
    assert find_fault_with(**measured) is Fault.DEVICE


def test_cpu_limited_picture_is_a_device_fault() -> None:
    assert find_fault_with(FaultHints(limited_by=Limit.CPU), video_fps=10) is Fault.DEVICE
    assert find_fault_with(FaultHints(limited_by=Limit.BANDWIDTH), video_fps=10) is not Fault.DEVICE


def test_worse_of_two_problems_decides_the_fault() -> None:
    assert find_fault_with(microphone_dbfs=-80, jitter_ms=40) is Fault.DEVICE
    assert find_fault_with(microphone_dbfs=-55, jitter_ms=90) is Fault.WIFI


def test_unsteady_delay_is_a_wifi_fault() -> None:
    assert find_fault_with(jitter_ms=70) is Fault.WIFI
    assert find_fault_with(loss_up_pct=5, jitter_ms=40) is Fault.WIFI
    assert find_fault_with(FaultHints(rtt_min_ms=20), rtt_ms=260) is Fault.WIFI


def test_steady_delay_is_a_provider_fault() -> None:
    assert find_fault_with(FaultHints(rtt_min_ms=240), rtt_ms=260) is Fault.PROVIDER
    assert find_fault_with(up_kbps=200) is Fault.PROVIDER


def test_blocked_udp_is_a_provider_fault() -> None:
    assert find_fault_with(path=Path.TLS) is Fault.PROVIDER
    assert find_fault_with(path=Path.NONE) is Fault.PROVIDER


def test_udp_loss_with_fast_tls_is_a_provider_fault() -> None:
    quick = FaultHints(path_results={Path.UDP: PathResult(True, 40), Path.TLS: PathResult(True, 55)})
    slow = FaultHints(path_results={Path.UDP: PathResult(True, 40), Path.TLS: PathResult(True, 320)})
    assert find_fault_with(quick, loss_up_pct=6) is Fault.PROVIDER
    assert find_fault_with(slow, loss_up_pct=6) is Fault.WIFI


@pytest.mark.parametrize("link", [Link.CELLULAR, Link.ETHERNET])
def test_loss_without_wifi_is_a_provider_fault(link: Link) -> None:
    assert find_fault_with(FaultHints(link=link), loss_up_pct=6, jitter_ms=70) is Fault.PROVIDER


def test_unhealthy_test_room_is_our_fault() -> None:
    assert find_fault_with(health=UNHEALTHY, jitter_ms=70) is Fault.US
    assert find_fault_with(health=UNHEALTHY, microphone_dbfs=-80) is Fault.DEVICE
    assert find_fault_with(health=UNHEALTHY) is Fault.NONE


def test_poor_picture_alone_has_unknown_fault() -> None:
    assert find_fault_with(video_fps=10) is Fault.UNKNOWN
