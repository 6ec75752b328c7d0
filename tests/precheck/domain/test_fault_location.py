"""Where the trouble is: the device, the Wi-Fi, the provider or us; never a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office360.precheck.domain.fault_location import Clues, Fault, Limit, Link, OurSide, Way, find_fault
from office360.precheck.domain.verdict import Devices, Measurements, Path, Permission

FINE = Measurements(
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
    devices=Devices(True, True, True),
)
WELL, UNWELL = OurSide(2, healthy=True), OurSide(180, healthy=False)
NO_CLUES = Clues()


def fault(clues: Clues = NO_CLUES, ours: OurSide | None = WELL, **measured: Any) -> Fault:
    return find_fault(replace(FINE, **measured), clues, ours)


def test_where_nothing_is_wrong_there_is_no_fault() -> None:
    assert fault() is Fault.NONE


def test_what_was_not_measured_is_nobodys_fault() -> None:
    assert find_fault(Measurements(), NO_CLUES, WELL) is Fault.UNKNOWN
    assert fault(rtt_ms=None) is Fault.UNKNOWN


@pytest.mark.parametrize(
    "measured",
    [
        {"microphone_dbfs": -80},
        {"camera_luma": 3},
        {"camera_moving": False},
        {"permissions": Permission.DENIED},
        {"devices": Devices(False, True, True)},
        {"microphone_clipping_pct": 9},
    ],
)
def test_camera_microphone_and_permissions_are_the_device(measured: dict[str, Any]) -> None:
    assert fault(**measured) is Fault.DEVICE


def test_a_picture_that_the_processor_cannot_make_is_the_device() -> None:
    assert fault(Clues(limited_by=Limit.CPU), video_fps=10) is Fault.DEVICE
    assert fault(Clues(limited_by=Limit.BANDWIDTH), video_fps=10) is not Fault.DEVICE


def test_the_worse_of_two_troubles_is_told() -> None:
    assert fault(microphone_dbfs=-80, jitter_ms=40) is Fault.DEVICE
    assert fault(microphone_dbfs=-55, jitter_ms=90) is Fault.WIFI


def test_a_delay_that_wavers_is_the_radio() -> None:
    assert fault(jitter_ms=70) is Fault.WIFI
    assert fault(loss_up_pct=5, jitter_ms=40) is Fault.WIFI
    assert fault(Clues(rtt_min_ms=20), rtt_ms=260) is Fault.WIFI


def test_a_delay_that_is_steady_is_the_line() -> None:
    assert fault(Clues(rtt_min_ms=240), rtt_ms=260) is Fault.PROVIDER
    assert fault(up_kbps=200) is Fault.PROVIDER


def test_whoever_lets_no_udp_through_is_the_provider() -> None:
    assert fault(path=Path.TLS) is Fault.PROVIDER
    assert fault(path=Path.NONE) is Fault.PROVIDER


def test_udp_that_loses_beside_a_quick_tls_is_the_provider() -> None:
    quick = Clues(ways={Path.UDP: Way(True, 40), Path.TLS: Way(True, 55)})
    slow = Clues(ways={Path.UDP: Way(True, 40), Path.TLS: Way(True, 320)})
    assert fault(quick, loss_up_pct=6) is Fault.PROVIDER
    assert fault(slow, loss_up_pct=6) is Fault.WIFI


@pytest.mark.parametrize("link", [Link.CELLULAR, Link.ETHERNET])
def test_without_wifi_the_wifi_is_not_to_blame(link: Link) -> None:
    assert fault(Clues(link=link), loss_up_pct=6, jitter_ms=70) is Fault.PROVIDER


def test_when_we_are_late_ourselves_it_is_us() -> None:
    assert fault(ours=UNWELL, jitter_ms=70) is Fault.US
    assert fault(ours=UNWELL, microphone_dbfs=-80) is Fault.DEVICE
    assert fault(ours=UNWELL) is Fault.NONE


def test_a_picture_alone_that_is_poor_points_nowhere() -> None:
    assert fault(video_fps=10) is Fault.UNKNOWN
