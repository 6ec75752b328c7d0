"""Records of a connection: pings, phases, series, lag of the page, by node."""

from __future__ import annotations

from office360.precheck.storage.measurement_schemas import MAX_SERIES_POINTS

from ...support.scripts.browser_module import call_module, run_javascript

# Each step is a name and its arguments; the result has the figures after each.
PINGS_JS = """
import { PingTimes } from "STATIC/precheck/connection/ping_times.js";
const run = (steps) => {
  const pings = new PingTimes();
  return steps.map(([name, ...given]) => [pings[name](...given) ?? null, pings.figures]);
};
"""
PHASES_JS = """
import { PhaseTimes } from "STATIC/precheck/connection/phase_times.js";
const run = (marks) => {
  let now = 0;
  const times = new PhaseTimes(() => now);
  for (const [at, mark] of marks) {
    now = at;
    times.mark(mark);
  }
  return times.phases_ms;
};
"""
SERIES_JS = """
import { makeSeries } from "STATIC/precheck/measurement/series.js";
const run = (count) => {
  let now = 1_000;
  const series = makeSeries(() => now);
  for (let number = 0; number < count; number += 1) {
    series.record("rtt_ms", number + 0.26);
    now += 250;
  }
  return series.points;
};
"""
AUDIO = "v=0\r\nm=audio 9 X 96\r\na=rtpmap:96 opus/48000/2\r\na=ptime:20\r\n"
ANSWER = f"{AUDIO}m=video 9 X 97\r\na=rtpmap:97 VP8/90000\r\n"


def test_round_trip_is_the_median_of_calm_pings() -> None:
    steps: list[list[object]] = []
    for at, took in [(0, 40), (250, 900), (500, 42), (750, 44), (1_000, 38)]:
        steps += [["send", at], ["answer", len(steps) // 2 + 1, at + took]]
    results = run_javascript(PINGS_JS, steps)
    assert results[1] == [40, {"rtt_ms": 40, "rtt_min_ms": 40}]
    assert results[-1] == [38, {"rtt_ms": 42, "rtt_min_ms": 38}]


def test_pings_of_a_flood_reach_no_figure() -> None:
    steps = [
        ["send", 0],
        ["answer", 1, 20],
        ["send", 90],
        ["beginFlood"],
        ["answer", 2, 400],
        ["send", 250],
        ["answer", 3, 900],
        ["endFlood", 1_000],
        ["send", 1_400],
        ["answer", 4, 1_800],
        ["send", 1_500],
        ["answer", 5, 1_530],
        ["answer", 5, 1_900],
        ["answer", 99, 1_900],
    ]
    results = run_javascript(PINGS_JS, steps)
    assert [value for value, _ in results] == [1, 20, 2, None, 310, 3, 650, None, 4, 400, 5, 30, None, None]
    assert results[9][1] == {"rtt_ms": 20, "rtt_min_ms": 20}
    assert results[-1][1] == {"rtt_ms": 25, "rtt_min_ms": 20}


def test_phases_follow_each_other() -> None:
    marks = [[5, "offer"], [85, "answer"], [100, "ice"], [300, "ice"], [130, "dtls"]]
    phases = {"signaling": 80, "ice": 15, "dtls": 30}
    assert run_javascript(PHASES_JS, marks) == phases
    assert run_javascript(PHASES_JS, [*marks, [500, "media"], [620, "first_media"]]) == {
        **phases,
        "first_media": 120,
    }
    assert run_javascript(PHASES_JS, marks[:1]) == {}


def test_long_series_keep_their_beginning_and_end() -> None:
    assert run_javascript(SERIES_JS, 3) == {"rtt_ms": [[0, 0.3], [0.3, 1.3], [0.5, 2.3]]}
    points = run_javascript(SERIES_JS, 1_000)["rtt_ms"]
    assert 100 < len(points) <= MAX_SERIES_POINTS
    assert (points[0], points[-1]) == ([0, 0.3], [249.8, 999.3])


def test_long_pause_makes_every_timer_of_it_late() -> None:
    assert call_module("precheck/measurement/page_lag.js", ["missedTicks", 3], ["missedTicks", 120]) == [
        [3],
        [120, 70, 20],
    ]


def test_answer_has_bit_rate_and_voice_packet_time() -> None:
    timed, rated = call_module(
        "core/media/sdp.js", ["setPacketTime", ANSWER, 10], ["setStartBitrate", ANSWER, 560.4]
    )
    assert timed == ANSWER.replace("a=ptime:20", "a=ptime:10")
    assert rated == f"{ANSWER}a=fmtp:97 x-google-start-bitrate=560\r\n"
    last = "v=0\r\nm=audio 9 X 96\r\n"
    assert call_module("core/media/sdp.js", ["setPacketTime", last, 10]) == [f"{last}a=ptime:10\r\n"]
