"""A changed network of the page: a fresh connection, and at last a reload."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import constant, fold_module_often, run_javascript

MODULE = "rooms/connection/moved_network.js"
OUT = {"recovery": {"state": "restarting", "signalled": True}, "outAt": 2_000, "isStale": False}


def actions(*events: tuple[int, str], **seen: Any) -> list[tuple[int, str]]:
    """Return the actions with their times."""
    steps = [["nextMove", event, {**OUT, **seen}, at] for at, event in events]
    (results,) = fold_module_often(MODULE, [(constant("UNMOVED"), steps)], carry="move")
    return [(at, one["action"]) for (at, _), one in zip(events, results, strict=True) if one["action"]]


def ticks(begin: int, end: int) -> list[tuple[int, str]]:
    return [(at, "tick") for at in range(begin, end, 250)]


def test_moved_page_gets_a_fresh_connection_then_a_reload() -> None:
    assert actions((3_000, "socket_back"), *ticks(3_250, 11_250)) == [(5_000, "renew"), (11_000, "reload")]


def test_connection_without_a_new_address_reloads_soon() -> None:
    """The page knows only the networks of its own loading, so no connection helps."""
    events = (3_000, "socket_back"), *ticks(3_250, 6_750)
    assert actions(*events, isStale=True) == [(4_500, "renew"), (6_500, "reload")]


def test_reload_that_was_put_off_is_asked_for_again() -> None:
    """The page does not load itself again over typed words, or twice within 10 s."""
    asked = actions((3_000, "socket_back"), *ticks(3_250, 12_000))
    assert asked[1:] == [(at, "reload") for at in range(11_000, 12_000, 250)]


def test_page_on_its_old_network_never_reloads() -> None:
    """The other side has lost the path, and this page can do nothing about it."""
    assert actions(*ticks(2_000, 60_000)) == []


def test_recovered_or_cut_off_page_is_left_alone() -> None:
    moved = (3_000, "socket_back"), *ticks(3_250, 60_000)
    for state in ("connected", "silent", "closed", "waiting"):
        assert actions(*moved, recovery={"state": state, "signalled": True}) == []
    assert actions(*moved, recovery={"state": "lost", "signalled": False}) == []


def test_path_lost_after_the_socket_is_counted_from_its_loss() -> None:
    assert actions((3_000, "socket_back"), *ticks(3_250, 8_000), outAt=5_500) == [(7_500, "renew")]


RELOAD_JS = """
  const stored = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
    removeItem: (key) => void stored.delete(key),
  };
  let reloads = 0;
  globalThis.location = { pathname: "/a/token/room", reload: () => void (reloads += 1) };
  globalThis.document = { getElementById: () => null };
  const { reloadWhenStuck, takeReload } = await import("STATIC/rooms/call/call_reload.js");
  const { Emitter } = await import("STATIC/core/emitter.js");

  function run({ fields, state, times }) {
    const [peers, peer] = [new Emitter(), new Emitter()];
    const root = { querySelectorAll: () => fields };
    reloadWhenStuck(root, peers, { state });
    peers.emit("peer", peer);
    for (let time = 0; time < times; time += 1) peer.emit("stuck");
    return { reloads, left: takeReload(), entered: stored.has("entered /a/token/room") };
  }
"""


def stuck(fields: tuple[dict[str, str], ...] = (), times: int = 1, **state: Any) -> dict[str, Any]:
    kept = {"muted": False, "camera": "on", "sharing": False, **state}
    result: dict[str, Any] = run_javascript(RELOAD_JS, {"fields": fields, "state": kept, "times": times})
    return result


def test_reload_keeps_the_entry_and_both_devices() -> None:
    found = stuck(muted=True, camera="off")
    assert (found["reloads"], found["entered"]) == (1, True)
    assert (found["left"]["muted"], found["left"]["camera"]) == (True, False)


def test_call_reloads_once_and_never_over_typed_words() -> None:
    typed, own_name = {"value": "so", "defaultValue": ""}, {"value": "Amina", "defaultValue": "Amina"}
    assert stuck(times=3)["reloads"] == 1
    assert stuck((own_name,))["reloads"] == 1
    assert stuck((own_name, typed))["reloads"] == 0
    assert stuck(sharing=True)["reloads"] == 0


DEVICES_JS = """
  const asked = [];
  const track = (kind) => ({ kind, enabled: true, stop: () => undefined, addEventListener: () => undefined });
  const getUserMedia = async (wanted) => {
    const kinds = ["audio", "video"].filter((kind) => wanted[kind]);
    asked.push(kinds.join());
    return { getTracks: () => kinds.map(track) };
  };
  const mediaDevices = { getUserMedia, addEventListener: () => undefined };
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
  globalThis.addEventListener = () => undefined;
  globalThis.document = { addEventListener: () => undefined };
  const { Devices } = await import("STATIC/core/media/media_devices.js");

  async function run(left) {
    const devices = new Devices();
    await devices.start(left);
    return { asked, camera: devices.state.camera, heard: devices.own.microphone.enabled };
  }
"""


def test_reloaded_page_opens_devices_as_they_were() -> None:
    muted = run_javascript(DEVICES_JS, {"muted": True, "camera": True})
    assert muted == {"asked": ["audio,video"], "camera": "on", "heard": False}
    assert run_javascript(DEVICES_JS, {"muted": False, "camera": False}) == {
        "asked": ["audio"],
        "camera": "off",
        "heard": True,
    }
    assert run_javascript(DEVICES_JS, None)["asked"] == ["audio,video"]
