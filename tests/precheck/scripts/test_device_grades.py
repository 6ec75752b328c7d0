"""Grades of microphone and camera on the page (static/precheck/), by node.

The server's bounds decide the verdict.
"""

from __future__ import annotations

import pytest
from office360.precheck.domain.grade_scales import CLIPPING_SCALE, CONTRAST_SCALE, LUMA_SCALE, MICROPHONE_SCALE
from office360.precheck.domain.verdict import Grade

from ...support.scripts.browser_module import call_module, run_javascript

# The second track of a microphone: what the browser knows, what it opens, and what the page then has.
UNPROCESSED_JS = """
import { openUnprocessed } from "STATIC/core/media/get_user_media.js";
const run = async ({ known, settings, isRefused }) => {
  const requests = [];
  let stopped = 0;
  const track = { getSettings: () => settings, stop: () => (stopped += 1) };
  const mediaDevices = {
    getSupportedConstraints: () => known,
    getUserMedia: async (wish) => {
      requests.push(wish);
      if (isRefused) throw new DOMException("in use", "NotReadableError");
      return { getAudioTracks: () => [track] };
    },
  };
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
  const opened = await openUnprocessed({ getSettings: () => ({ deviceId: "m" }) });
  return { requests, isOpened: opened === track, stopped };
};
"""
CHROMIUM = {"autoGainControl": True, "noiseSuppression": True, "echoCancellation": True}
WEBKIT = {"echoCancellation": True}


@pytest.mark.parametrize(
    ("dbfs", "clipping_pct", "grade"),
    [
        (-23, 0, "good"),
        (-50, 1, "good"),
        (-51, 0, "weak"),
        (-66, 0, "silent"),
        (-119, 0, "muted"),
        (-1, 1.1, "clipping"),
    ],
)
def test_voice_grades_follow_the_bounds_of_the_verdict(dbfs: float, clipping_pct: float, grade: str) -> None:
    (found,) = call_module("precheck/voice_recorder.js", ["gradeVoice", dbfs, clipping_pct])
    assert found == grade
    level, clipping = MICROPHONE_SCALE.grade_value(dbfs), CLIPPING_SCALE.grade_value(clipping_pct)
    expected = {"good": Grade.GREEN, "weak": Grade.AMBER, "silent": Grade.RED, "muted": Grade.RED}
    assert level is expected.get(grade, Grade.GREEN)
    assert (clipping is Grade.AMBER) == (grade == "clipping")


def test_picture_grades_tell_black_dark_flat_and_frozen_apart() -> None:
    pictures = [(0, 0, False), (2.9, 1, True), (8, 2, True), (80, 1, True), (80, 40, False), (80, 40, True)]
    found = call_module("precheck/picture_analysis.js", *[["gradePicture", *picture] for picture in pictures])
    assert found == ["black", "black", "dark", "flat", "frozen", "good"]
    assert LUMA_SCALE.grade_value(8) is LUMA_SCALE.grade_value(0) is Grade.AMBER
    assert CONTRAST_SCALE.grade_value(1) is Grade.AMBER


def test_unprocessed_track_has_no_processing() -> None:
    raw = {"autoGainControl": False}
    result = run_javascript(UNPROCESSED_JS, {"known": CHROMIUM, "settings": raw, "isRefused": False})
    processing = ("echoCancellation", "noiseSuppression", "autoGainControl")
    assert result["requests"] == [{"audio": {"deviceId": {"exact": "m"}, **dict.fromkeys(processing, False)}}]
    assert (result["isOpened"], result["stopped"]) == (True, 0)


def test_webkit_is_never_asked_for_a_second_track() -> None:
    result = run_javascript(UNPROCESSED_JS, {"known": WEBKIT, "settings": {}, "isRefused": False})
    assert result == {"requests": [], "isOpened": False, "stopped": 0}


def test_track_that_stays_processed_is_not_used() -> None:
    processed = {"autoGainControl": True}
    result = run_javascript(UNPROCESSED_JS, {"known": CHROMIUM, "settings": processed, "isRefused": False})
    assert (result["isOpened"], result["stopped"]) == (False, 1)
    refused = run_javascript(UNPROCESSED_JS, {"known": CHROMIUM, "settings": processed, "isRefused": True})
    assert refused["isOpened"] is False
