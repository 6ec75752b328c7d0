"""Round trips to the regions of test rooms, with doubles of the browser."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import run_javascript

REGIONS_JS = """
import { measureRegions, measureRoundTrip } from "STATIC/precheck/connection/regions.js";

async function run({ regions, delays_ms, again }) {
  const asked = [], opened = [], kept = new Map();
  const setItem = (key, text) => kept.set(key, text);
  globalThis.sessionStorage = { getItem: (key) => kept.get(key) ?? null, setItem };
  globalThis.fetch = async (path) => {
    asked.push(path);
    if (!regions) throw new TypeError("no network");
    return { ok: true, json: async () => ({ regions }) };
  };
  globalThis.RTCPeerConnection = class {
    constructor({ iceServers: [{ urls }] }) { opened.push(this); this.urls = urls; this.isOpen = true; }
    addEventListener(name, listen) { this.listen = listen; }
    createDataChannel() {}
    async setLocalDescription() {
      this.listen({ candidate: { type: "host" } });
      const delay_ms = delays_ms[this.urls];
      if (delay_ms === "refused") throw new Error("refused");
      if (delay_ms !== undefined) setTimeout(() => this.listen({ candidate: { type: "srflx" } }), delay_ms);
    }
    close() { this.isOpen = false; }
  };
  const measured = await measureRegions();
  if (again) await measureRegions();
  const silent = await measureRoundTrip("stun:silent", 1);
  const open = opened.filter((request) => request.isOpen).length;
  return { measured, asked: asked.length, opened: opened.length - 1, open, silent };
}
"""
LUGO, MADRID = {"name": "lugo", "stun": "stun:lugo"}, {"name": "madrid", "stun": "stun:madrid"}


def measure(regions: list[Any] | None, again: bool = False, **delays_ms: Any) -> dict[str, Any]:
    delays = {f"stun:{name}": delay for name, delay in delays_ms.items()}
    result: dict[str, Any] = run_javascript(REGIONS_JS, {"regions": regions, "delays_ms": delays, "again": again})
    assert (result["open"], result["silent"]) == (0, None)
    return result


def test_each_region_is_measured_twice_and_remembered() -> None:
    found = measure([LUGO, MADRID], again=True, lugo=1, madrid=20)
    assert found["measured"].keys() == {"lugo", "madrid"}
    assert found["measured"]["madrid"] >= 15
    assert (found["asked"], found["opened"]) == (1, 4)


def test_region_that_does_not_answer_is_left_out() -> None:
    assert measure([LUGO, MADRID], lugo="refused", madrid=1)["measured"].keys() == {"madrid"}


def test_single_region_is_not_measured() -> None:
    for regions in ([], [LUGO]):
        found = measure(regions, again=True, lugo=1)
        assert (found["measured"], found["asked"], found["opened"]) == ({}, 1, 0)


def test_missing_list_of_regions_is_asked_for_again() -> None:
    found = measure(None, again=True)
    assert (found["measured"], found["asked"], found["opened"]) == ({}, 2, 0)
