"""Steps and parts of a test that are measured again (static/precheck/), by node."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import call_module, run_javascript

TEST = {"results": "/test/", "done": True, "sent": True}
# A finished test, of which the voice is measured again: with its outcome, or left before it.
REPEAT_JS = """
import { endRepeat, recordOutcome } from "STATIC/precheck/record/record_drafts.js";
import { newRecord, repeatRecord, reportOf } from "STATIC/precheck/record/test_record.js";
const run = ({ isLeft }) => {
  const first = newRecord({ results: "/test/", appointment: null });
  recordOutcome(first, { camera_luma: 99 }, "camera", "good", "c");
  recordOutcome(first, { microphone_dbfs: -70 }, "microphone", "bad", "m");
  recordOutcome(first, { rtt_ms: 40 }, "media", "good", "n");
  Object.assign(first, { done: true, sent: true, token: "t" });
  const again = repeatRecord(first, "voice");
  recordOutcome(again, { permissions: "denied" }, "permissions", "bad", "p");
  if (!isLeft) recordOutcome(again, { microphone_dbfs: -30 }, "microphone", "good", "m");
  const during = again.pieces.voice.measured.microphone_dbfs;
  endRepeat(again);
  const { measurements, finished } = reportOf(again);
  return { during, measurements, finished, sent: again.sent, repeats: again.repeats ?? null, token: again.token };
};
"""


def after(queue: list[str], asked: list[str], has_outcome: bool) -> Any:
    return call_module("precheck/step_queue.js", ["stepsAfter", queue, asked, has_outcome])[0]


def test_step_left_for_a_repeated_one_runs_again_afterwards() -> None:
    assert after(["microphone", "speaker"], ["camera"], False) == ["camera", "microphone", "speaker"]


def test_finished_step_is_followed_by_repeated_ones_in_order() -> None:
    assert after(["socket", "paths"], ["speaker", "camera"], True) == ["camera", "speaker", "paths"]


def test_step_asked_twice_runs_once() -> None:
    assert after(["microphone", "camera", "speaker"], ["camera"], True) == ["camera", "speaker"]


def test_step_without_outcome_does_not_run_again() -> None:
    assert after(["paths", "media"], [], False) == ["media"]


def test_repeated_part_replaces_only_itself() -> None:
    result = run_javascript(REPEAT_JS, {"isLeft": False})
    assert result == {
        "during": -70,
        "measurements": {"camera_luma": 99, "microphone_dbfs": -30, "rtt_ms": 40, "devices": {}},
        "finished": True,
        "sent": False,
        "repeats": None,
        "token": "t",
    }


def test_repetition_left_early_changes_nothing() -> None:
    result = run_javascript(REPEAT_JS, {"isLeft": True})
    assert (result["measurements"]["microphone_dbfs"], result["sent"]) == (-70, True)
    assert "permissions" not in result["measurements"]


def test_repeatable_test_is_the_finished_one_of_the_address() -> None:
    unfinished, other_page = {**TEST, "token": "a", "done": False}, {**TEST, "token": "b", "results": "/a/x/test/"}
    by_token, by_code = {**TEST, "token": "c", "code": "K7-42"}, {**TEST, "token": "d", "code": "M2-11"}
    tests = [unfinished, other_page, by_token, by_code]

    def found(previous: str | None) -> Any:
        page = {"results": "/test/", "previous": previous}
        return call_module("precheck/record/test_record.js", ["repeatableTest", tests, page])[0]

    assert found(None) == by_token
    assert found("d") == by_code
    assert found("M2-11") == by_code
    assert found("a") is found("b") is found("unknown") is None
