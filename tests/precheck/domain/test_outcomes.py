"""Outcomes of all combinations of measurements: complete, and without contradictions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path as FilePath
from typing import Any

from office360.core.i18n.catalogues import Catalogues
from office360.precheck.domain.advice_by_place import ADVICE_BY_BUTTON
from office360.precheck.domain.advice_texts import ADVICE_TEXTS, ADVICE_TEXTS_BY_CAUSE, advice_text
from office360.precheck.domain.deciding_cause import Cause
from office360.precheck.domain.fault_location import Fault, FaultHints, Limit, Link, PathResult, Reason, RoomHealth
from office360.precheck.domain.grade_scales import Grade
from office360.precheck.domain.outcomes import (
    AMBER_NETWORK_TITLES,
    BUTTONS_BY_REASON,
    HEARD_WELL_TITLE,
    RED_NETWORK_TITLES,
    TEXTS_BY_CAUSE,
    TEXTS_BY_REASON,
    TITLES,
    Button,
)
from office360.precheck.domain.report import ConnectionTest
from office360.precheck.domain.verdict import DeviceAvailability, Path, Permission, SpeedLimit

from .test_fault_location import GOOD

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SPANISH = Catalogues([FilePath(__file__).parents[3] / "precheck"]).translations("es").gettext

LOSSY_UDP = {
    Path.UDP: PathResult(True, 40, 3, 11, 100),
    Path.TLS: PathResult(True, 50, 4, 0, 100),
}
# Each is a single change. Names that begin with `hint_` belong to the hints, with `test_` to the test.
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"permissions": Permission.DENIED, "devices": DeviceAvailability(None, None, True)},
    {"permissions": Permission.DENIED, "devices": DeviceAvailability(None, True, True)},
    {"permissions": Permission.DENIED, "devices": DeviceAvailability(True, None, True)},
    {"permissions": Permission.UNAVAILABLE},
    {"permissions": Permission.UNAVAILABLE, "camera_luma": None, "camera_std": None, "camera_moving": None},
    {"permissions": Permission.UNAVAILABLE, "microphone_dbfs": None},
    {"permissions": Permission.UNAVAILABLE, "devices": DeviceAvailability(False, True, True)},
    {"permissions": Permission.UNAVAILABLE, "devices": DeviceAvailability(True, False, True)},
    {"permissions": Permission.UNAVAILABLE, "devices": DeviceAvailability(False, False, True)},
    {"devices": DeviceAvailability(True, True, False)},
    {"microphone_dbfs": -80},
    {"microphone_dbfs": -60},
    {"microphone_dbfs": None},
    {"microphone_clipping_pct": 9},
    {"camera_luma": 3},
    {"camera_std": 1},
    {"camera_moving": False},
    {"camera_luma": None},
    {"path": Path.NONE},
    {"path": Path.TLS},
    {"path": None},
    {"websocket_ok": False},
    {"rtt_ms": 300, "hint_rtt_min_ms": 290},
    {"rtt_ms": 900, "hint_rtt_min_ms": 880},
    {"rtt_ms": 900, "hint_rtt_min_ms": 30},
    {"rtt_ms": None},
    {"jitter_ms": 44},
    {"jitter_ms": 90},
    {"rtt_ms": 390, "jitter_ms": 58, "loss_up_pct": 7.9},  # each amber, together red
    {"loss_up_pct": 5, "loss_up_packets": 690},
    {"loss_down_pct": 12},
    {"loss_up_pct": 1.3, "loss_up_packets": 690},
    {"loss_up_pct": None},
    {"up_kbps": 640},
    {"down_kbps": 200, "down_limited_by": SpeedLimit.LINK},
    {"up_kbps": 78, "up_limited_by": SpeedLimit.LINK},
    {"up_kbps": 200, "up_limited_by": SpeedLimit.WINDOW},
    {"video_fps": 18},
    {"video_fps": 8},
    {"video_fps": None},
    {"hint_rtt_loaded_up_ms": 900.0, "hint_rtt_min_ms": 40.0},
    {"hint_page_lag_ms": 180},
    {"hint_limited_by": Limit.CPU},
    {"hint_path_results": LOSSY_UDP},
    {"hint_link": Link.CELLULAR},
    {"hint_link": Link.ETHERNET},
    {"test_room_health": RoomHealth(180, healthy=False)},
    {"test_finished": False},
    {"test_quick": True},
    {"test_reported_at": None},
)


def combined_tests() -> Iterator[ConnectionTest]:
    """Combine each two changes; the later change wins."""
    for chosen in combinations(CHANGES, 2):
        changed: dict[str, Any] = {name: value for change in chosen for name, value in change.items()}
        hints = {name.removeprefix("hint_"): value for name, value in changed.items() if name.startswith("hint_")}
        facts = {name.removeprefix("test_"): value for name, value in changed.items() if name.startswith("test_")}
        measured = {name: value for name, value in changed.items() if not name.startswith(("hint_", "test_"))}
        test = ConnectionTest("id", "K7-42", None, None, AT, AT, replace(GOOD, **measured), FaultHints(**hints))
        yield replace(test, **facts)


COMBINED = tuple((test, test.outcome) for test in combined_tests())


def test_every_cause_and_place_occurs() -> None:
    outcomes = [outcome for _test, outcome in COMBINED]
    assert {outcome.cause for outcome in outcomes} == set(Cause)
    assert {outcome.reason for outcome in outcomes} == set(Reason)
    assert {outcome.button for outcome in outcomes} == set(Button)


def test_cause_fits_the_grade_and_the_place() -> None:
    for test, outcome in COMBINED:
        grade = test.verdict.grade
        assert outcome.title
        assert outcome.text
        assert (outcome.cause is Cause.ALL_WELL) == (grade is Grade.GREEN)
        if grade is Grade.UNKNOWN:
            assert outcome.fault is Fault.UNKNOWN, outcome
        if outcome.cause in (Cause.NO_PATH, Cause.DETOUR, Cause.MESSAGES_BLOCKED):
            assert outcome.fault is Fault.PROVIDER, outcome
        if outcome.title == HEARD_WELL_TITLE:
            assert grade is Grade.AMBER


def test_text_speaks_of_the_place_of_the_fault() -> None:
    words = {
        Fault.US: "our end",
        Fault.PROVIDER: "internet provider",
        Fault.WIFI: "home network",
        Fault.DEVICE: "this device",
    }
    for _test, outcome in COMBINED:
        for fault, place in words.items():
            assert (place in outcome.text.lower()) == (fault is outcome.fault), outcome


def test_button_can_be_done_at_the_place_of_the_fault() -> None:
    places = {
        Button.MOBILE_DATA: {Fault.PROVIDER, Fault.UNKNOWN},
        Button.WALK: {Fault.WIFI},
        Button.TELEPHONE: {Fault.PROVIDER, Fault.UNKNOWN},
        Button.APPOINTMENT: {Fault.NONE},
        Button.RUN_AGAIN: {Fault.US, Fault.UNKNOWN},
        Button.REPEAT_DEVICES: {Fault.DEVICE, Fault.UNKNOWN},
        Button.REPEAT_VOICE: {Fault.DEVICE, Fault.UNKNOWN},
    }
    for test, outcome in COMBINED:
        assert outcome.fault in places.get(outcome.button, set(Fault)), outcome
        if not test.finished and outcome.cause not in (Cause.NO_PATH, Cause.NOT_REPORTED, Cause.ALL_WELL):
            assert outcome.button in (Button.FINISH, Button.RUN_AGAIN), outcome


def test_blocked_network_offers_mobile_data_first() -> None:
    buttons = {
        (outcome.button, test.hints.link is Link.CELLULAR)
        for test, outcome in COMBINED
        if outcome.cause is Cause.NO_PATH and not test.quick
    }
    assert buttons == {(Button.MOBILE_DATA, False), (Button.REPEAT_NETWORK, True)}


def test_advice_fits_the_place_of_the_network_fault() -> None:
    for test, _outcome in COMBINED:
        codes = set(test.advice_codes)
        if codes & {"nearer_to_router", "use_cable"}:
            assert test.network_reason is Reason.UNSTEADY, test
        if "pause_downloads" in codes:
            assert test.network_reason is Reason.LOAD, test
        if test.hints.link is Link.CELLULAR:
            assert not codes & {"nearer_to_router", "use_cable", "other_network"}, test
        if test.network_reason is Reason.US:
            assert not codes & {"other_network", "nearer_to_router", "audio_only"}, test
        assert bool(codes) == bool(test.verdict.advice) or test.network_reason is Reason.US, test


def test_first_advice_says_why_to_press_the_button() -> None:
    for test, outcome in COMBINED:
        expected = ADVICE_BY_BUTTON.get(outcome.button)
        if expected:
            assert test.advice_codes[0] == expected, test


def test_advice_names_the_device_that_fails() -> None:
    for code, cause in ADVICE_TEXTS_BY_CAUSE:
        text = advice_text(code, cause)
        assert not ("camera" in text and "microphone" in text) or cause is Cause.DEVICES_MISSING


def test_title_names_the_device_that_fails() -> None:
    for cause, title in TITLES.items():
        if cause.value.startswith("camera_"):
            assert "microphone" not in title, title
        if cause.value.startswith("microphone_"):
            assert "camera" not in title, title
    assert len(set(TITLES.values())) == len(TITLES)


def test_company_is_always_the_internet_company() -> None:
    sentences = [
        *TITLES.values(),
        *RED_NETWORK_TITLES.values(),
        *AMBER_NETWORK_TITLES.values(),
        *TEXTS_BY_CAUSE.values(),
        *TEXTS_BY_REASON.values(),
        *ADVICE_TEXTS.values(),
    ]
    for sentence in sentences:
        assert not re.search(r"(?<!internet )company", sentence), sentence
        assert not re.search(r"compañía(?! de internet)", SPANISH(sentence)), sentence
        assert len(sentence.split()) <= 24, sentence


def test_every_reason_of_a_fault_has_a_text_and_a_button() -> None:
    assert TEXTS_BY_REASON.keys() == BUTTONS_BY_REASON.keys() == set(Reason) - {Reason.NONE}
