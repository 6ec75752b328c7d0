"""Parts of a call that load at their first use, and the events that come before."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import run_javascript

# A part whose module fails to load `failures` times. Waits are over at once.
PART_JS = """
  globalThis.addEventListener = () => undefined;
  globalThis.setTimeout = (resolve) => queueMicrotask(resolve);
  globalThis.clearTimeout = () => undefined;
  const { Emitter } = await import("STATIC/core/emitter.js");
  const { CallPart, HeldEvents } = await import("STATIC/rooms/call/call_part.js");

  function makePart(failures) {
    const heard = [];
    const source = new Emitter();
    let loads = 0;
    const load = async () => {
      loads += 1;
      if (loads <= failures) throw new TypeError("no network");
      return { start: () => events.on("news", (detail) => heard.push(detail)) };
    };
    const part = new CallPart(load, ({ start }) => {
      start();
      events.release();
    });
    const events = new HeldEvents(source, { news: (detail) => detail !== "idle" }, () => part.startForEvent());
    return { source, part, heard, loads: () => loads };
  }
  const settled = async () => {
    for (let turn = 0; turn < 50; turn += 1) await undefined;
  };
"""


def run(steps: str) -> Any:
    return run_javascript(f"{PART_JS} async function run() {{ {steps} }}", None)


def test_part_gets_events_from_before_its_load_in_order() -> None:
    assert run("""
        const { source, heard, loads } = makePart(0);
        source.emit("news", "idle");
        const before = loads();
        source.emit("news", "one");
        source.emit("news", "two");
        await settled();
        source.emit("news", "three");
        return [before, heard, loads()];
    """) == [0, ["one", "two", "three"], 1]


def test_part_needed_by_event_loads_again_after_failures() -> None:
    assert run("""
        const { source, heard, loads } = makePart(3);
        source.emit("news", "one");
        await settled();
        return [heard, loads()];
    """) == [["one"], 4]


def test_part_starts_once_for_press_and_event_together() -> None:
    assert run("""
        const { source, part, heard } = makePart(0);
        const button = { ariaBusy: null };
        const pressed = part.startAtPress(button);
        const busy = button.ariaBusy;
        source.emit("news", "one");
        await pressed;
        await settled();
        source.emit("news", "two");
        return [busy, button.ariaBusy, heard];
    """) == ["true", None, ["one", "two"]]
