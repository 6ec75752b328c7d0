"""Control of a throughput probe on simulated links (probe_control.js), by node."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.scripts.browser_module import run_javascript

# Packets of the product's own format over a link with a rate, a queue, a delay, losses and jitter.
SIMULATION_JS = """
import * as packets from "STATIC/precheck/throughput/probe_arrivals.js";
import { afterWindow, flightBytes, startControl } from "STATIC/precheck/throughput/probe_control.js";
import { resultOf } from "STATIC/precheck/throughput/probe_figures.js";
const { makeArrivals, messageBytes, carriedBytes, writePacket, WINDOW_MS } = packets;
let seed = 1;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const run = (link) => {
  const { kbps: capacity, rtt_ms, queue_ms = 200, window = Infinity } = link;
  const { loss = 0, jitter_ms = 0, dies_ms = Infinity } = link;
  const plan = { start_kbps: 100, cap_kbps: 5000, rtt_ms, max_ms: 3000 + 8 * rtt_ms, plateau_ms: [1000, 1500] };
  const arrivals = makeArrivals(0);
  let control = startControl(plan);
  let [now, credit, freeAt, number, flight, deepest] = [0, 0, 0, 0, 0, 0];
  let events = [];
  const after = (ms, act) => events.push({ at: now + ms, act });
  const send = (size) => {
    const packet = writePacket(number++, now, control.kbps).buffer;
    flight += size;
    const wait = Math.max(0, freeAt - now);
    const isLost = random() < loss || wait > queue_ms || now > dies_ms;
    if (isLost) return after(rtt_ms + wait, () => (flight -= size));
    deepest = Math.max(deepest, wait);
    freeAt = now + wait + (size * 8) / capacity;
    const way = freeAt - now + rtt_ms / 2 + 2 * jitter_ms * random();
    after(way, () => arrivals.count(packet, now));
    after(way + rtt_ms / 2, () => (flight -= size));
  };
  const tell = () => {
    const arrival = arrivals.endWindow(now);
    after(rtt_ms / 2, () => control.phase !== "done" && (control = afterWindow(control, arrival)));
    after(WINDOW_MS, tell);
  };
  after(WINDOW_MS, tell);
  for (; control.phase !== "done" && now < 60000; now += 1) {
    const due = events.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    events = events.filter(({ at }) => at > now);
    due.forEach(({ act }) => act());
    const size = carriedBytes(messageBytes(control.kbps));
    credit = Math.min(2 * size, credit + control.kbps / 8);
    for (; credit >= size && flight + size <= Math.min(window, flightBytes(control)); credit -= size) send(size);
  }
  return { ...resultOf(control), took_ms: now, deepest_ms: deepest };
};
"""
FAST_KBPS = 50_000


def probe(kbps: float, rtt_ms: float, **link: float) -> dict[str, Any]:
    result: dict[str, Any] = run_javascript(SIMULATION_JS, {"kbps": kbps, "rtt_ms": rtt_ms, **link})
    return result


@pytest.mark.parametrize("queue_ms", [200, 1_000])
@pytest.mark.parametrize(
    ("kbps", "rtt_ms"), [(40, 40), (80, 20), (300, 20), (800, 20), (2_000, 20), (2_000, 250), (2_000, 500)]
)
def test_measured_rate_is_the_links(kbps: float, rtt_ms: float, queue_ms: float) -> None:
    result = probe(kbps, rtt_ms, queue_ms=queue_ms)
    assert result["kbps"] == pytest.approx(kbps, rel=0.1)
    assert result["limited_by"] == "link"
    assert result["took_ms"] <= max(4_000, 12 * rtt_ms)


@pytest.mark.parametrize(("kbps", "rtt_ms"), [(80, 20), (800, 20), (2_000, 20), (2_000, 250)])
def test_queue_stays_short_on_a_link_with_a_deep_one(kbps: float, rtt_ms: float) -> None:
    assert probe(kbps, rtt_ms, queue_ms=3_000)["deepest_ms"] <= 350


def test_fast_link_is_limited_by_the_cap() -> None:
    result = probe(FAST_KBPS, 20)
    assert (result["kbps"], result["limited_by"]) == (5_000, "cap")
    assert result["took_ms"] <= 3_500


def test_jitter_is_no_queue() -> None:
    result = probe(FAST_KBPS, 40, jitter_ms=45)
    assert result["kbps"] == pytest.approx(5_000, rel=0.1)
    assert result["limited_by"] == "cap"


def test_loss_is_no_full_link() -> None:
    result = probe(FAST_KBPS, 20, loss=0.1)
    assert result["kbps"] == pytest.approx(4_500, rel=0.1)
    assert result["limited_by"] == "cap"


def test_window_of_the_sender_is_told_apart_from_the_link() -> None:
    result = probe(FAST_KBPS, 500, window=65_536)
    assert result["kbps"] == pytest.approx(65_536 * 8 / 500, rel=0.1)
    assert result["limited_by"] == "window"


def test_probe_on_a_link_that_dies_ends_with_what_arrived() -> None:
    result = probe(800, 20, dies_ms=900)
    assert 100 < result["kbps"] <= 900
    assert result["limited_by"] == "link"
    assert result["took_ms"] < 4_000
