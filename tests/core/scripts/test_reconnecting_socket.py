"""A WebSocket that reconnects (core/network/reconnecting_socket.js), driven by the test."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.scripts.browser_module import run_javascript

SOCKET_JS = """
import { CALL_BACK_OFF } from "STATIC/core/network/reconnect_wait.js";
import { connect } from "STATIC/core/network/reconnecting_socket.js";

let now = 1_000_000;
const timers = [];
Date.now = () => now;
Math.random = () => 0;
globalThis.setTimeout = (work, ms = 0) => timers.push({ at: now + ms, work });
globalThis.clearTimeout = (number) => number && (timers[number - 1].work = undefined);
globalThis.setInterval = () => 0;
globalThis.clearInterval = () => undefined;
globalThis.addEventListener = () => undefined;
globalThis.location = { href: "http://office.example.org/" };
globalThis.document = { addEventListener: () => undefined };
const sockets = [];
globalThis.WebSocket = class {
  static CONNECTING = 0;
  static OPEN = 1;
  constructor(url) {
    Object.assign(this, { url: String(url), readyState: 0, sent: [], at: now });
    sockets.push(this);
  }
  send(text) { this.sent.push(JSON.parse(text).type); }
  close() { this.readyState = 3; }
};

function pass(until) {
  for (;;) {
    const due = timers.filter((one) => one.work && one.at <= until).sort((a, b) => a.at - b.at)[0];
    if (!due) break;
    now = Math.max(now, due.at);
    const { work } = due;
    due.work = undefined;
    work();
  }
  now = until;
}

function run(events) {
  const began = now;
  const states = [];
  const socket = connect({
    url: "/ws/room", hello: () => ({}), onMessage: () => undefined, backOff: CALL_BACK_OFF,
    onState: (state, code) => states.push([now - began, state, code ?? 0]),
  });
  const does = {
    open: (number) => { sockets[number].readyState = 1; sockets[number].onopen?.(); },
    say: (number) => sockets[number].onmessage({ data: '{"type":"pong"}' }),
    close: (number, code) => { sockets[number].readyState = 3; sockets[number].onclose?.({ code }); },
    probe: () => socket.probe(2_500),
  };
  for (const [at, event, ...values] of events) {
    pass(began + at);
    does[event]?.(...values);
  }
  return { states, sockets: sockets.map(({ at, readyState, sent }) => ({ at: at - began, readyState, sent })) };
}
"""
OPENED = [(0, "open", 0), (10, "say", 0)]
CLOSED_STATE = 3


def run_events(*events: tuple[Any, ...]) -> dict[str, Any]:
    """Run events, each a time in ms and what happens to the socket of a number."""
    result: dict[str, Any] = run_javascript(SOCKET_JS, [*OPENED, *events])
    return result


def test_too_many_messages_are_tried_again_once() -> None:
    again = [(100, "close", 0, 4106), (1_000, "open", 1), (1_010, "say", 1)]
    once = run_events(*again, (5_000, "wait"))
    assert [state for _, state, _ in once["states"]] == ["open", "waiting", "open"]
    twice = run_events(*again, (2_000, "close", 1, 4106), (60_000, "wait"))
    assert twice["states"][-1] == [2_000, "closed", 4106]
    assert len(twice["sockets"]) == 2
    later = run_events(*again, (70_000, "close", 1, 4106), (70_500, "wait"))
    assert later["states"][-1] == [70_000, "waiting", 4106]


@pytest.mark.parametrize("code", [1000, 4100, 4103, 4105])
def test_final_code_ends_the_socket(code: int) -> None:
    ended = run_events((100, "close", 0, code), (60_000, "wait"))
    assert ended["states"][-1] == [100, "closed", code]
    assert len(ended["sockets"]) == 1


def test_answered_probe_keeps_the_socket() -> None:
    kept = run_events((100, "probe"), (400, "say", 0), (5_000, "wait"))
    assert len(kept["sockets"]) == 1
    late = run_events((100, "probe"), (1_200, "say", 0), (1_300, "open", 1), (5_000, "wait"))
    assert [opened["sent"] for opened in late["sockets"]] == [["hello", "ping"], []]
    assert late["sockets"][1]["readyState"] == CLOSED_STATE
    assert late["states"][-1][1] == "open"


def test_spare_socket_takes_over_once_it_is_open() -> None:
    replaced = run_events((100, "probe"), (1_180, "open", 1), (1_250, "say", 1))
    assert replaced["states"][-2:] == [[1_180, "waiting", 1006], [1_250, "open", 0]]
    assert replaced["sockets"][0]["readyState"] == CLOSED_STATE
    assert replaced["sockets"][1] == {"at": 1_100, "readyState": 1, "sent": ["hello"]}


def test_silent_socket_is_dropped_after_its_limit() -> None:
    dropped = run_events((100, "probe"), (2_590, "wait"), (2_700, "open", 1), (2_750, "say", 1))
    assert dropped["states"][-2:] == [[2_600, "waiting", 1006], [2_750, "open", 0]]
    assert dropped["sockets"][1]["at"] == 1_100


def test_spare_socket_that_failed_is_not_used() -> None:
    failed = run_events((100, "probe"), (1_300, "close", 1, 1006), (2_700, "open", 2), (2_750, "say", 2))
    assert [opened["at"] for opened in failed["sockets"]] == [0, 1_100, 2_600]
    assert failed["states"][-1] == [2_750, "open", 0]
