"""Fault location by comparisons: device, home network, provider or service; never a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office360.precheck.domain.fault_location import (
    FAULTS,
    Fault,
    FaultHints,
    Limit,
    Link,
    PathResult,
    Reason,
    RoomHealth,
    find_reason,
)
from office360.precheck.domain.verdict import DeviceAvailability, Measurements, Path, Permission, SpeedLimit

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
    return FAULTS[find_reason(replace(GOOD, **measured), hints, health)]


def test_good_measurements_return_none() -> None:
    assert find_fault_with() is Fault.NONE


def test_missing_measurements_have_unknown_fault() -> None:
    assert FAULTS[find_reason(Measurements(), NO_HINTS, HEALTHY)] is Fault.UNKNOWN
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


def find_reason_with(hints: FaultHints = NO_HINTS, **measured: Any) -> Reason:
    return find_reason(replace(GOOD, **measured), hints, HEALTHY)


def with_paths(udp: PathResult | None, tls: PathResult, **other: Any) -> FaultHints:
    return FaultHints(path_results={Path.TLS: tls} | ({Path.UDP: udp} if udp else {}), **other)


def test_busy_device_is_not_read_as_wifi() -> None:
    for busy in (FaultHints(page_lag_ms=160), FaultHints(dropped_frames_pct=30), FaultHints(limited_by=Limit.CPU)):
        assert find_reason_with(busy, jitter_ms=70, video_fps=12) is Reason.BUSY_DEVICE
    assert find_reason_with(FaultHints(page_lag_ms=160, rtt_min_ms=20), rtt_ms=450) is Reason.BUSY_DEVICE


def test_busy_device_does_not_explain_loss_or_a_distant_server() -> None:
    busy = FaultHints(page_lag_ms=160, rtt_min_ms=490)
    assert find_reason_with(busy, rtt_ms=500) is Reason.DISTANT
    assert find_fault_with(busy, loss_up_pct=12, video_fps=20) is Fault.UNKNOWN
    assert find_fault_with(busy, path=Path.NONE) is Fault.PROVIDER


def test_poor_picture_alone_is_not_blamed_on_distance() -> None:
    """A steady short delay is no distance, and no other figure is bad."""
    steady = FaultHints(rtt_min_ms=40)
    assert find_reason_with(steady, video_width=320, video_height=240) is Reason.UNKNOWN
    assert find_reason_with(FaultHints(rtt_min_ms=250), rtt_ms=260, video_fps=16) is Reason.DISTANT


def test_unsteady_delay_is_a_wifi_fault() -> None:
    assert find_fault_with(jitter_ms=70) is Fault.WIFI
    assert find_fault_with(loss_up_pct=5, jitter_ms=40) is Fault.WIFI
    assert find_fault_with(FaultHints(rtt_min_ms=20), rtt_ms=260) is Fault.WIFI
    assert find_reason_with(FaultHints(rtt_min_ms=20), rtt_ms=260, jitter_ms=44) is Reason.UNSTEADY
    poor: dict[str, Any] = {"video_width": 320, "video_height": 240}  # on a line whose packets overtake each other
    assert find_fault_with(FaultHints(rtt_min_ms=71), rtt_ms=144, jitter_ms=29, **poor) is Fault.WIFI
    assert find_fault_with(FaultHints(rtt_min_ms=21), rtt_ms=45, jitter_ms=29, **poor) is Fault.UNKNOWN


def test_long_queue_under_load_is_a_home_fault() -> None:
    downloading = FaultHints(rtt_min_ms=40, rtt_loaded_down_ms=1_200)
    assert find_reason_with(downloading, rtt_ms=450) is Reason.LOAD
    assert find_reason_with(downloading, down_kbps=300, down_limited_by=SpeedLimit.LINK) is Reason.LOAD
    swollen = FaultHints(rtt_min_ms=40, rtt_loaded_down_ms=315)  # the probe stops at 300 ms of queue
    assert find_reason_with(swollen, down_kbps=700, down_limited_by=SpeedLimit.LINK) is Reason.LOAD
    short = FaultHints(rtt_min_ms=40, rtt_loaded_down_ms=255)
    assert find_reason_with(short, down_kbps=300, down_limited_by=SpeedLimit.LINK) is Reason.SLOW
    # 1,200 bytes alone take 120 ms at 80 kbps
    narrow = FaultHints(rtt_min_ms=40, rtt_loaded_up_ms=430)
    assert find_reason_with(narrow, up_kbps=80, up_limited_by=SpeedLimit.LINK) is Reason.SLOW


def test_queue_during_the_whole_test_is_a_home_fault() -> None:
    slow = {"down_kbps": 300, "down_limited_by": SpeedLimit.LINK}
    falling = FaultHints(rtt_min_ms=90, rtt_loaded_down_ms=1_500)
    assert find_reason(replace(GOOD, rtt_ms=1_300, **slow), falling, HEALTHY) is Reason.LOAD  # type: ignore[arg-type]
    always = FaultHints(rtt_min_ms=1_100, rtt_loaded_down_ms=1_200)  # longer than any way
    assert find_reason(replace(GOOD, rtt_ms=1_150, **slow), always, HEALTHY) is Reason.LOAD  # type: ignore[arg-type]


def test_steady_long_delay_is_a_provider_fault() -> None:
    assert find_fault_with(FaultHints(rtt_min_ms=240), rtt_ms=260) is Fault.PROVIDER
    assert find_fault_with(rtt_ms=260) is Fault.UNKNOWN  # without the least delay it may be unsteady


def test_slow_steady_line_is_a_provider_fault() -> None:
    assert find_fault_with(up_kbps=200) is Fault.PROVIDER
    assert find_fault_with(up_kbps=200, up_limited_by=SpeedLimit.LINK, jitter_ms=40) is Fault.PROVIDER
    assert find_fault_with(up_kbps=78, jitter_ms=90, loss_up_pct=20) is Fault.PROVIDER  # no voice fits
    assert find_fault_with(up_kbps=640, jitter_ms=44, loss_up_pct=3.1) is Fault.WIFI
    lossy: dict[str, Any] = {"up_kbps": 300, "up_limited_by": SpeedLimit.WINDOW, "loss_up_pct": 12}
    assert find_fault_with(**lossy) is Fault.UNKNOWN  # the loss slows the probe, not the line


def test_closed_way_is_a_provider_fault() -> None:
    assert find_fault_with(path=Path.TLS) is Fault.PROVIDER
    assert find_fault_with(path=Path.NONE) is Fault.PROVIDER
    assert find_fault_with(websocket_ok=False) is Fault.PROVIDER


def test_udp_loss_with_steady_tls_is_a_provider_fault() -> None:
    lossy = PathResult(True, 40, jitter_ms=3, loss_pct=11, packets=100)
    steady, repeating = PathResult(True, 55, 4, 0, 100), PathResult(True, 60, 19, 0, 100)
    assert find_reason_with(with_paths(lossy, steady), loss_up_pct=10) is Reason.UDP_WORSE
    assert find_reason_with(with_paths(lossy, repeating), loss_up_pct=10) is Reason.UNSTEADY
    assert find_reason_with(with_paths(lossy, PathResult(True, 320, 4)), loss_up_pct=10) is Reason.UNKNOWN
    assert find_reason_with(with_paths(None, PathResult(True, 55)), loss_up_pct=10) is Reason.UDP_WORSE


def test_small_udp_loss_proves_no_place() -> None:
    few = PathResult(True, 40, 3, loss_pct=3, packets=100)
    hints = with_paths(few, PathResult(True, 55, 4, 0, 100))
    assert find_fault_with(hints, loss_up_pct=3, loss_up_packets=690) is Fault.UNKNOWN
    none = replace(few, loss_pct=0)
    assert find_fault_with(with_paths(none, PathResult(True, 55, 4, 0, 100)), loss_up_pct=10) is Fault.UNKNOWN


def test_udp_delayed_beyond_tls_is_a_provider_fault() -> None:
    hints = with_paths(PathResult(True, 420), PathResult(True, 60), rtt_min_ms=400)
    assert find_reason_with(hints, rtt_ms=410) is Reason.UDP_WORSE


@pytest.mark.parametrize("link", [Link.CELLULAR, Link.ETHERNET])
def test_link_excludes_wifi_and_proves_no_provider(link: Link) -> None:
    assert find_fault_with(FaultHints(link=link), loss_up_pct=6, jitter_ms=70) is Fault.UNKNOWN
    queue = FaultHints(link=link, rtt_min_ms=40, rtt_loaded_up_ms=900)
    assert find_fault_with(queue, rtt_ms=450) is (Fault.WIFI if link is Link.ETHERNET else Fault.UNKNOWN)


def test_unhealthy_test_room_explains_what_its_lag_can_cause() -> None:
    assert find_fault_with(health=UNHEALTHY, jitter_ms=70) is Fault.US
    assert find_fault_with(health=UNHEALTHY, rtt_ms=300) is Fault.US
    assert find_fault_with(health=UNHEALTHY, loss_down_pct=9) is Fault.US
    assert find_fault_with(health=UNHEALTHY, microphone_dbfs=-80) is Fault.DEVICE
    assert find_fault_with(health=UNHEALTHY) is Fault.NONE


@pytest.mark.parametrize(
    "measured",
    [
        {"path": Path.NONE},
        {"path": Path.TLS},
        {"websocket_ok": False},
        {"up_kbps": 80},
        {"rtt_ms": 900},
        {"path": Path.NONE, "jitter_ms": 70},
    ],
)
def test_unhealthy_test_room_explains_nothing_else(measured: dict[str, Any]) -> None:
    assert find_fault_with(health=UNHEALTHY, **measured) is not Fault.US


def test_poor_picture_alone_has_unknown_fault() -> None:
    assert find_fault_with(video_fps=10) is Fault.UNKNOWN
