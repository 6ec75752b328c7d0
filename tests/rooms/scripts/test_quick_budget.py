"""Time budget of the short test in the lobby (static/precheck/quick_test.js), by node."""

from __future__ import annotations

from ...support.scripts.browser_module import run_javascript

BUDGET_JS = """
import { QUICK_BUDGET_MS, startBudget } from "STATIC/precheck/quick_budget.js";
const run = async (opening_ms) => {
  let now = 0;
  const sleep = async (delay) => { now += delay; };
  const budget = startBudget(() => now, sleep);
  now += opening_ms;
  await budget.spent();
  const late = await budget.within(new Promise(() => undefined)).catch((problem) => problem.constructor.name);
  return { promised: QUICK_BUDGET_MS, spent: now, late };
};
"""
# The person is admitted while the test waits for its place.
ABORTED_JS = """
import { runQuickTest } from "STATIC/precheck/quick_test.js";
const run = async (isBefore) => {
  const requests = [], stop = new AbortController();
  let answer = () => undefined;
  const answered = new Promise((resolve) => (answer = resolve));
  globalThis.fetch = async (path, { method }) => {
    if (path.endsWith("/regions")) return { ok: true, json: async () => ({ regions: [] }) };
    requests.push(`${method} ${path}`);
    if (method === "DELETE") return { ok: true };
    await answered;
    return { ok: true, json: async () => ({ token: "t1" }) };
  };
  const devices = { state: { camera: "on", microphone: "on" }, own: {}, tracks: {} };
  const how = { signal: stop.signal, voice: () => ({}), onProgress: () => undefined };
  if (isBefore) stop.abort();
  const test = runQuickTest({ appointment: "a", devices, ...how });
  stop.abort();
  const result = await Promise.race([test, new Promise((resolve) => setTimeout(resolve, 2_000, "late"))]);
  answer();
  while (requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  setTimeout(() => process.exit(), 100); // the rest of the budget is not waited for
  return { result, requests };
};
"""
TALKING_JS = """
import { isTalking } from "STATIC/rooms/call/muted_talk.js";
const run = (levels) => isTalking(levels);
"""


def test_hanging_phases_end_within_promised_time() -> None:
    for opening_ms in (0, 3_000, 60_000):
        told = run_javascript(BUDGET_JS, opening_ms)
        assert told["promised"] == 8_000
        assert told["late"] == "BudgetSpent"
        assert told["spent"] < max(told["promised"], opening_ms + 1)


def test_admission_gives_back_the_place_of_the_test() -> None:
    for is_before in (False, True):
        told = run_javascript(ABORTED_JS, is_before)
        assert told["result"] is None
        assert told["requests"] == ["POST /api/v1/tests", "DELETE /api/v1/tests/t1"]


def test_voice_is_talk_and_a_cough_is_not() -> None:
    quiet, loud = -70.0, -30.0
    assert run_javascript(TALKING_JS, [quiet, loud] * 6)
    assert not run_javascript(TALKING_JS, [quiet] * 9 + [loud] * 3)
    assert not run_javascript(TALKING_JS, [loud] * 8 + [quiet] * 12)  # long ago
