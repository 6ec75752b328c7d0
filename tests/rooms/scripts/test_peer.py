"""A participant's connection and its generations (static/rooms/connection/peer.js)."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import run_javascript
from ..support.fake_peer_connection import FAKE_PEER_CONNECTION_JS

PEER_JS = (
    FAKE_PEER_CONNECTION_JS
    + """
globalThis.setInterval = () => 0;
const { Peer } = await import("STATIC/rooms/connection/peer.js");

function run({ polite, steps }) {
  const sent = [], channels = [];
  const send = (type, { pc_gen }) => sent.push([type, pc_gen]);
  const signals = { iceServers: [], state: "open", send, probe: () => undefined };
  const peer = new Peer({ id: "amina", polite, signals, tracks: { audio: null, video: null } });
  peer.on("channel", ({ label }) => channels.push(label));
  peer.start();
  const does = {
    offered: () => peer.pc.setLocalDescription(),
    answered: () => Object.assign(peer.pc, { signalingState: "stable", remoteDescription: {} }),
    renew: (gen) => peer.onRenewRequest(gen === "own" ? peer.gen : gen),
  };
  const seen = steps.map(([name, value]) => {
    does[name](value);
    return [peer.pc?.number ?? 0, peer.gen];
  });
  return { seen, sent, channels };
}
"""
)
FRESH_PAGE = 0  # has no connection yet


def run_peer(*steps: tuple[Any, ...], polite: bool = False) -> dict[str, Any]:
    result: dict[str, Any] = run_javascript(PEER_JS, {"polite": polite, "steps": steps})
    return result


def connections(found: dict[str, Any]) -> list[int]:
    return [number for number, _ in found["seen"]]


def test_unanswered_offer_is_repeated_for_a_page_that_asks() -> None:
    assert connections(run_peer(("offered",), ("renew", FRESH_PAGE), ("renew", "own"))) == [1, 1, 1]


def test_answered_connection_is_replaced_by_a_higher_generation() -> None:
    found = run_peer(("offered",), ("answered",), ("renew", FRESH_PAGE))
    assert connections(found) == [1, 1, 2]
    (_, before), (_, after) = found["seen"][1:]
    assert after > before


def test_connection_older_than_the_other_side_is_replaced() -> None:
    found = run_peer(("offered",), ("renew", 99_000_000_000))
    assert connections(found) == [1, 2]
    assert found["seen"][-1][1] == 99_000_000_001


def test_polite_side_waits_and_ignores_requests() -> None:
    assert run_peer(("renew", FRESH_PAGE), polite=True) == {"seen": [[0, 0]], "sent": [], "channels": []}


def test_each_connection_has_one_channel_of_each_kind() -> None:
    found = run_peer(("offered",), ("answered",), ("renew", FRESH_PAGE))
    assert found["channels"] == ["text", "t140"] * 2
