"""Entering a room whose other page lives, or was killed with its browser."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.scripts.browser_module import run_javascript

ENTRY_JS = """
  const store = () => {
    const kept = new Map();
    const read = (key) => kept.get(key) ?? null;
    return { getItem: read, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
  };
  globalThis.sessionStorage = store();
  globalThis.localStorage = store();
  globalThis.location = { pathname: "/a/token/room" };
  globalThis.document = { getElementById: () => null };
  let held = [];
  const locks = {
    request: (name) => (held.push({ name }), new Promise(() => undefined)),
    query: async () => ({ held }),
  };
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
  const { isInsideElsewhere, rememberEntry, forgetEntry } = await import("STATIC/rooms/lobby/entry.js");

  const does = {
    enter: rememberEntry,
    leave: forgetEntry,
    tab: () => void (globalThis.sessionStorage = store()), // a new one beside the first
    kill: () => void ([held, globalThis.sessionStorage] = [[], store()]),
    device: () => void ([held, globalThis.sessionStorage, globalThis.localStorage] = [[], store(), store()]),
    old: () => void delete navigator.locks,
  };
  async function run(steps) {
    for (const step of steps) does[step]();
    return [await isInsideElsewhere({ inside: true }), await isInsideElsewhere({ inside: false })];
  }
"""


@pytest.mark.parametrize(
    ("steps", "asks"),
    [
        (["enter"], False),  # a reload
        (["enter", "tab"], True),
        (["enter", "kill"], False),
        (["enter", "kill", "enter", "tab"], True),
        (["enter", "device"], True),
        (["enter", "leave", "kill"], True),  # inside on another device since
        (["enter", "kill", "old"], True),  # a browser without locks cannot tell
    ],
)
def test_page_asks_only_if_another_one_may_live(steps: list[str], asks: bool) -> None:
    found: Any = run_javascript(ENTRY_JS, steps)
    assert found == [asks, False]
