"""The verdict: every bound of the table, unknown is never green, the worst gate decides."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.precheck.domain.verdict import ESSENTIAL, Devices, Grade, Measurements, Path, Permission, judge

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
    devices=Devices(camera=True, microphone=True, speaker=True),
)
RANK = {Grade.GREEN: 0, Grade.UNKNOWN: 1, Grade.AMBER: 2, Grade.RED: 3}


def grade_of(measured: Measurements, gate: str) -> Grade:
    return next(one.grade for one in judge(measured).gates if one.name == gate)


def advice_of(measured: Measurements, gate: str) -> str | None:
    return next(one.advice for one in judge(measured).gates if one.name == gate)


def test_a_good_connection_is_green_without_advice() -> None:
    verdict = judge(GOOD)
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
def test_each_bound_of_the_table(gate: str, green: float, amber: float, red: float) -> None:
    for value, expected in ((green, Grade.GREEN), (amber, Grade.AMBER), (red, Grade.RED)):
        change: dict[str, Any] = {gate: value}
        assert grade_of(replace(GOOD, **change), gate) is expected


@pytest.mark.parametrize(
    ("width", "height", "fps", "face", "signing"),
    [
        (640, 480, 25, Grade.GREEN, Grade.GREEN),
        (480, 640, 25, Grade.GREEN, Grade.GREEN),  # a phone held upright
        (640, 360, 24, Grade.GREEN, Grade.AMBER),
        (640, 360, 23, Grade.AMBER, Grade.AMBER),
        (320, 240, 20, Grade.AMBER, Grade.AMBER),
        (320, 240, 15, Grade.AMBER, Grade.RED),
        (320, 180, 30, Grade.RED, Grade.RED),
        (1280, 720, 14, Grade.RED, Grade.RED),
    ],
)
def test_the_picture_that_came_back(width: int, height: int, fps: float, face: Grade, signing: Grade) -> None:
    measured = replace(GOOD, video_width=width, video_height=height, video_fps=fps)
    assert (judge(measured).grade, judge(measured).sign_language) == (face, signing)


@pytest.mark.parametrize(
    ("path", "grade"),
    [(Path.UDP, Grade.GREEN), (Path.TCP, Grade.AMBER), (Path.TLS, Grade.AMBER), (Path.NONE, Grade.RED)],
)
def test_a_relay_over_tcp_or_tls_is_amber_and_no_path_is_red(path: Path, grade: Grade) -> None:
    assert judge(replace(GOOD, path=path)).grade is grade


def test_a_slow_line_is_for_sound_only_and_a_very_slow_one_for_the_telephone() -> None:
    assert advice_of(replace(GOOD, up_kbps=300), "up_kbps") == "audio_only"
    assert advice_of(replace(GOOD, down_kbps=99), "down_kbps") == "use_telephone"


def test_a_dark_or_frozen_camera_is_amber_and_none_is_red() -> None:
    assert judge(replace(GOOD, camera_luma=11)).grade is Grade.AMBER
    assert judge(replace(GOOD, camera_std=2)).grade is Grade.AMBER
    assert judge(replace(GOOD, camera_moving=False)).grade is Grade.AMBER
    assert judge(replace(GOOD, devices=Devices(camera=False, microphone=True, speaker=True))).grade is Grade.RED


def test_a_refused_permission_is_red_and_says_how_to_go_on() -> None:
    assert advice_of(replace(GOOD, permissions=Permission.DENIED), "permissions") == "allow_devices"
    without = replace(GOOD, permissions=Permission.UNAVAILABLE, devices=Devices(False, True, True))
    assert advice_of(without, "permissions") == "connect_devices"


def test_a_device_that_is_there_and_cannot_be_had_is_in_use() -> None:
    assert advice_of(replace(GOOD, permissions=Permission.UNAVAILABLE), "permissions") == "free_devices"


def test_a_faint_voice_speaks_louder_and_a_silent_microphone_is_looked_at() -> None:
    assert advice_of(replace(GOOD, microphone_dbfs=-60), "microphone_dbfs") == "speak_louder"
    assert advice_of(replace(GOOD, microphone_dbfs=-90), "microphone_dbfs") == "unmute_microphone"


def test_somebody_who_signs_needs_no_microphone() -> None:
    silent = judge(replace(GOOD, microphone_dbfs=-80))
    assert (silent.grade, silent.sign_language) == (Grade.RED, Grade.GREEN)


def test_mos_uses_the_worse_direction() -> None:
    one_way = replace(GOOD, rtt_ms=200, jitter_ms=20, loss_up_pct=0, loss_down_pct=2)
    mos = next(gate for gate in judge(one_way).gates if gate.name == "mos")
    assert mos.value == pytest.approx(4.18, abs=0.005)


def test_nothing_measured_is_unknown() -> None:
    verdict = judge(Measurements())
    assert verdict.grade is verdict.sign_language is Grade.UNKNOWN
    assert {gate.grade for gate in verdict.gates} == {Grade.UNKNOWN}


@pytest.mark.parametrize("name", [one.name for one in fields(Measurements) if one.name != "devices"])
def test_a_missing_measurement_is_unknown_never_green(name: str) -> None:
    change: dict[str, Any] = {name: None}
    gate = "video" if name.startswith("video") else name
    verdict = judge(replace(GOOD, **change))
    assert grade_of(replace(GOOD, **change), gate) is Grade.UNKNOWN
    assert verdict.grade is (Grade.UNKNOWN if gate in ESSENTIAL else Grade.GREEN)


def test_a_figure_that_is_no_number_counts_as_missing() -> None:
    assert judge(replace(GOOD, rtt_ms=float("nan"))).grade is Grade.UNKNOWN


def test_amber_and_red_win_over_unknown() -> None:
    assert judge(Measurements(rtt_ms=300)).grade is Grade.AMBER
    assert judge(Measurements(path=Path.NONE)).grade is Grade.RED


def test_advice_names_the_worst_first_and_each_once() -> None:
    verdict = judge(replace(GOOD, camera_luma=5, loss_up_pct=20, loss_down_pct=20))
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
def test_a_better_figure_never_makes_the_verdict_worse(figures: dict[str, float], name: str) -> None:
    better = {**figures, name: figures[name] / 2 if name in LESS_IS_BETTER else figures[name] * 2}
    before, after = judge(replace(GOOD, **figures)), judge(replace(GOOD, **better))  # type: ignore[arg-type]
    assert RANK[after.grade] <= RANK[before.grade]
    assert RANK[after.sign_language] <= RANK[before.sign_language]


@given(quantities, st.sets(st.sampled_from(sorted(ESSENTIAL - {"video", "path"}))))
def test_the_verdict_is_the_worst_gate(figures: dict[str, float], missing: set[str]) -> None:
    change: dict[str, Any] = {**figures, **dict.fromkeys(missing)}
    verdict = judge(replace(GOOD, **change))
    deciding = [gate.grade for gate in verdict.gates if gate.grade is not Grade.UNKNOWN or gate.name in ESSENTIAL]
    assert verdict.grade is max(deciding, key=RANK.__getitem__)
