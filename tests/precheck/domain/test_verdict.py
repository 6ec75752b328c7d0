"""Verdict: every bound; unknown is never green; the worst gate decides."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.precheck.domain.verdict import (
    ESSENTIAL_GATES,
    DeviceAvailability,
    Grade,
    Measurements,
    Path,
    Permission,
    SpeedLimit,
    grade_measurements,
)

GOOD = Measurements(
    rtt_ms=40,
    jitter_ms=4,
    loss_up_pct=0,
    loss_down_pct=0,
    up_kbps=4_000,
    down_kbps=9_000,
    video_width=1280,
    video_height=720,
    video_fps=30,
    path=Path.UDP,
    microphone_dbfs=-22,
    microphone_clipping_pct=0,
    camera_luma=110,
    camera_std=40,
    camera_moving=True,
    websocket_ok=True,
    permissions=Permission.GRANTED,
    devices=DeviceAvailability(camera=True, microphone=True, speaker=True),
)
RANK = {Grade.GREEN: 0, Grade.UNKNOWN: 1, Grade.AMBER: 2, Grade.RED: 3}


def gate_grade(measured: Measurements, gate: str) -> Grade:
    return next(result.grade for result in grade_measurements(measured).gates if result.name == gate)


def gate_advice(measured: Measurements, gate: str) -> str | None:
    return next(result.advice for result in grade_measurements(measured).gates if result.name == gate)


def test_good_connection_is_green_without_advice() -> None:
    verdict = grade_measurements(GOOD)
    assert (verdict.grade, verdict.sign_language, verdict.advice) == (Grade.GREEN, Grade.GREEN, ())


@pytest.mark.parametrize(
    ("gate", "green", "amber", "red"),
    [
        ("rtt_ms", 200, 400, 400.1),
        ("jitter_ms", 30, 60, 60.1),
        ("loss_up_pct", 2, 8, 8.1),
        ("loss_down_pct", 2, 8, 8.1),
        ("up_kbps", 1_000, 350, 349),
        ("down_kbps", 1_000, 350, 349),
        ("microphone_dbfs", -50, -65, -65.1),
    ],
)
def test_grade_changes_at_each_bound(gate: str, green: float, amber: float, red: float) -> None:
    for value, expected in ((green, Grade.GREEN), (amber, Grade.AMBER), (red, Grade.RED)):
        change: dict[str, Any] = {gate: value}
        assert gate_grade(replace(GOOD, **change), gate) is expected


@pytest.mark.parametrize(
    ("width", "height", "fps", "face", "signing"),
    [
        (640, 480, 25, Grade.GREEN, Grade.GREEN),
        (480, 640, 25, Grade.GREEN, Grade.GREEN),  # portrait
        (640, 360, 24, Grade.GREEN, Grade.AMBER),
        (640, 360, 23, Grade.AMBER, Grade.AMBER),
        (320, 240, 20, Grade.AMBER, Grade.AMBER),
        (320, 240, 15, Grade.AMBER, Grade.RED),
        (320, 180, 30, Grade.RED, Grade.RED),
        (1280, 720, 14, Grade.RED, Grade.RED),
    ],
)
def test_picture_size_and_rate_decide_the_grade(
    width: int, height: int, fps: float, face: Grade, signing: Grade
) -> None:
    measured = replace(GOOD, video_width=width, video_height=height, video_fps=fps)
    assert (grade_measurements(measured).grade, grade_measurements(measured).sign_language) == (face, signing)


@pytest.mark.parametrize(
    ("path", "grade"),
    [(Path.UDP, Grade.GREEN), (Path.TCP, Grade.AMBER), (Path.TLS, Grade.AMBER), (Path.NONE, Grade.RED)],
)
def test_tcp_or_tls_path_is_amber_and_no_path_is_red(path: Path, grade: Grade) -> None:
    assert grade_measurements(replace(GOOD, path=path)).grade is grade


def test_slow_line_advises_audio_only_or_telephone() -> None:
    assert gate_advice(replace(GOOD, up_kbps=300), "up_kbps") == "audio_only"
    assert gate_advice(replace(GOOD, down_kbps=99), "down_kbps") == "use_telephone"


def test_speed_is_unknown_if_the_probe_limited_it() -> None:
    distant = replace(GOOD, rtt_ms=500, up_kbps=331, up_limited_by=SpeedLimit.WINDOW)
    assert gate_grade(distant, "up_kbps") is Grade.UNKNOWN
    assert gate_advice(distant, "up_kbps") is None
    assert gate_grade(replace(distant, up_limited_by=SpeedLimit.LINK), "up_kbps") is Grade.RED
    near = replace(distant, rtt_ms=40)  # such as a line on which packets overtake each other
    assert gate_grade(near, "up_kbps") is Grade.UNKNOWN
    assert gate_grade(replace(near, up_limited_by=SpeedLimit.LINK), "up_kbps") is Grade.RED
    capped = replace(GOOD, down_kbps=5_000, down_limited_by=SpeedLimit.CAP)
    speed = next(gate for gate in grade_measurements(capped).gates if gate.name == "down_kbps")
    assert (speed.grade, speed.low, speed.high) == (Grade.GREEN, 5_000, None)


def test_stalled_probe_advises_the_telephone() -> None:
    stalled = replace(GOOD, up_kbps=78, up_limited_by=SpeedLimit.LINK)
    assert gate_grade(stalled, "up_kbps") is Grade.RED
    assert gate_advice(stalled, "up_kbps") == "use_telephone"


def test_black_or_covered_camera_is_red_for_signing_only() -> None:
    for change in ({"camera_luma": 3}, {"camera_std": 1}):
        verdict = grade_measurements(replace(GOOD, **change))  # type: ignore[arg-type]
        assert (verdict.grade, verdict.sign_language) == (Grade.AMBER, Grade.RED)


def test_dark_or_frozen_camera_is_amber_and_missing_is_red() -> None:
    assert grade_measurements(replace(GOOD, camera_luma=11)).grade is Grade.AMBER
    assert grade_measurements(replace(GOOD, camera_std=2)).grade is Grade.AMBER
    assert grade_measurements(replace(GOOD, camera_moving=False)).grade is Grade.AMBER
    assert (
        grade_measurements(
            replace(GOOD, devices=DeviceAvailability(camera=False, microphone=True, speaker=True))
        ).grade
        is Grade.RED
    )


def test_refused_permission_advises_allowing_devices() -> None:
    assert gate_advice(replace(GOOD, permissions=Permission.DENIED), "permissions") == "allow_devices"
    without = replace(GOOD, permissions=Permission.UNAVAILABLE, devices=DeviceAvailability(False, True, True))
    assert gate_advice(without, "permissions") == "connect_devices"


def test_unavailable_present_device_advises_freeing_it() -> None:
    assert gate_advice(replace(GOOD, permissions=Permission.UNAVAILABLE), "permissions") == "free_devices"


def test_faint_voice_and_silent_microphone_have_own_advice() -> None:
    assert gate_advice(replace(GOOD, microphone_dbfs=-60), "microphone_dbfs") == "speak_louder"
    assert gate_advice(replace(GOOD, microphone_dbfs=-90), "microphone_dbfs") == "unmute_microphone"


def test_sign_language_grade_ignores_the_microphone() -> None:
    silent = grade_measurements(replace(GOOD, microphone_dbfs=-80))
    assert (silent.grade, silent.sign_language) == (Grade.RED, Grade.GREEN)


def test_mos_uses_the_worse_loss_direction() -> None:
    one_way = replace(GOOD, rtt_ms=200, jitter_ms=20, loss_up_pct=0, loss_down_pct=2)
    mos = next(gate for gate in grade_measurements(one_way).gates if gate.name == "mos")
    assert mos.value == pytest.approx(4.18, abs=0.005)


def test_missing_measurements_are_unknown() -> None:
    verdict = grade_measurements(Measurements())
    assert verdict.grade is verdict.sign_language is Grade.UNKNOWN
    assert {gate.grade for gate in verdict.gates} == {Grade.UNKNOWN}


# They qualify another measurement, or have parts of their own.
WITHOUT_A_GATE = {"devices", "loss_up_packets", "loss_down_packets", "up_limited_by", "down_limited_by"}


@pytest.mark.parametrize("name", sorted({field.name for field in fields(Measurements)} - WITHOUT_A_GATE))
def test_single_missing_measurement_is_unknown_never_green(name: str) -> None:
    change: dict[str, Any] = {name: None}
    gate = "video" if name.startswith("video") else name
    verdict = grade_measurements(replace(GOOD, **change))
    assert gate_grade(replace(GOOD, **change), gate) is Grade.UNKNOWN
    assert verdict.grade is (Grade.UNKNOWN if gate in ESSENTIAL_GATES else Grade.GREEN)


def test_nan_counts_as_missing() -> None:
    assert grade_measurements(replace(GOOD, rtt_ms=float("nan"))).grade is Grade.UNKNOWN


def test_amber_and_red_override_unknown() -> None:
    assert grade_measurements(Measurements(rtt_ms=300)).grade is Grade.AMBER
    assert grade_measurements(Measurements(path=Path.NONE)).grade is Grade.RED


def test_advice_is_ordered_by_severity_without_repeats() -> None:
    verdict = grade_measurements(replace(GOOD, camera_luma=5, loss_up_pct=20, loss_down_pct=20))
    assert verdict.advice == ("nearer_to_router", "more_light")


quantities = st.fixed_dictionaries(
    {
        "rtt_ms": st.floats(0, 2_000),
        "jitter_ms": st.floats(0, 300),
        "loss_up_pct": st.floats(0, 100),
        "loss_down_pct": st.floats(0, 100),
        "up_kbps": st.floats(0, 20_000),
        "down_kbps": st.floats(0, 20_000),
        "video_width": st.integers(0, 2_000),
        "video_height": st.integers(0, 2_000),
        "video_fps": st.floats(0, 60),
        "microphone_dbfs": st.floats(-100, 0),
        "camera_luma": st.floats(0, 255),
        "camera_std": st.floats(0, 128),
    }
)
LESS_IS_BETTER = {"rtt_ms", "jitter_ms", "loss_up_pct", "loss_down_pct"}


@given(
    quantities, st.sampled_from(sorted(LESS_IS_BETTER)) | st.sampled_from(["up_kbps", "video_width", "video_fps"])
)
def test_better_measurement_never_worsens_the_verdict(figures: dict[str, float], name: str) -> None:
    better = {**figures, name: figures[name] / 2 if name in LESS_IS_BETTER else figures[name] * 2}
    before, after = grade_measurements(replace(GOOD, **figures)), grade_measurements(replace(GOOD, **better))  # type: ignore[arg-type]
    assert RANK[after.grade] <= RANK[before.grade]
    assert RANK[after.sign_language] <= RANK[before.sign_language]


@given(quantities, st.sets(st.sampled_from(sorted(ESSENTIAL_GATES - {"video", "path"}))))
def test_verdict_equals_the_worst_gate(figures: dict[str, float], missing: set[str]) -> None:
    change: dict[str, Any] = {**figures, **dict.fromkeys(missing)}
    verdict = grade_measurements(replace(GOOD, **change))
    deciding = [
        gate.grade for gate in verdict.gates if gate.grade is not Grade.UNKNOWN or gate.name in ESSENTIAL_GATES
    ]
    assert verdict.grade is max(deciding, key=RANK.__getitem__)
