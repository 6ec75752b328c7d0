"""State machine of rooms/connection/recovery.js: every event in every state, and losses."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from ...support.scripts.browser_module import call_module, fold_module_often

MODULE = "rooms/connection/recovery.js"
STATES = ("waiting", "offering", "connecting", "connected", "silent", "lost", "restarting", "closed")
EVENTS = (
    *("created", "connecting", "connected", "disconnected", "failed", "died", "silence", "flow", "offered"),
    "unanswered",
    *("refused", "network_changed", "socket_lost", "socket_back", "tick", "stop"),
)
LONG_AGO = -1_000_000  # of the last restart: every interval has passed
NOW = 10_000  # since the loss: a restart is due, a replacement is not

# What each event does in each state, on the impolite side with an open socket. What is missing does nothing.
IN_ALL_STATES = {"created": "offering", "died": "{same} replace", "stop": "closed"}
RESTART = "restarting probe_socket restart_ice"
RECOVERED = "connected send_picture"
WHILE_STARTING = {
    "connected": "connected",
    "refused": "{same} renew_credentials",
    "network_changed": "{same} probe_socket",
    "socket_back": "{same} repeat_offer",
}
WITHOUT_PATH = {
    "connected": RECOVERED,
    "failed": RESTART,
    "offered": "restarting",
    "refused": "{same} renew_credentials",
    "network_changed": RESTART,
    "socket_back": RESTART,
    "tick": RESTART,
}
OUTCOMES: dict[str, dict[str, str]] = {
    "waiting": IN_ALL_STATES,
    "offering": {**IN_ALL_STATES, **WHILE_STARTING, "connecting": "connecting", "tick": "offering repeat_offer"},
    "connecting": {**IN_ALL_STATES, **WHILE_STARTING},
    "connected": {
        **IN_ALL_STATES,
        "disconnected": "lost probe_socket",
        "failed": RESTART,
        "unanswered": "connected repeat_offer",
        "silence": "silent probe_socket",
        "network_changed": "connected probe_socket restart_ice",
        "socket_back": "connected repeat_offer",
    },
    "silent": {
        **IN_ALL_STATES,
        "disconnected": "lost",
        "failed": RESTART,
        "flow": RECOVERED,
        "network_changed": "silent probe_socket restart_ice",
        "socket_back": "silent restart_ice",
    },
    "lost": {**IN_ALL_STATES, **WITHOUT_PATH},
    "restarting": {**IN_ALL_STATES, **WITHOUT_PATH},
    "closed": {},
}
# On the polite side: it asks for a new connection, makes no first offer, and lets the other side restart first.
POLITE = {
    **{(state, "died"): "{same} ask_renewal" for state in STATES if state != "closed"},
    ("waiting", "socket_back"): "waiting ask_renewal",
    ("offering", "tick"): "offering",
    ("lost", "socket_back"): "lost",
    ("restarting", "socket_back"): "lost",
}
# While the socket is closed nothing can be agreed; the browser's own events still count.
WITHOUT_SOCKET = {
    **{(state, "died"): "{same}" for state in STATES},
    **{(state, "refused"): "{same}" for state in STATES},
    **{(state, "tick"): "{same}" for state in STATES},
    **{(state, "failed"): "lost" for state in ("connected", "silent", "lost")},
    ("restarting", "failed"): "restarting",
    ("connected", "unanswered"): "connected",
    **{(state, "network_changed"): "{same} probe_socket" for state in STATES[1:-1]},
}


Step = dict[str, Any]


def run_all(polite: bool, cases: list[tuple[Step, list[tuple[int, str]]]]) -> list[list[Step]]:
    """Run each list of events, with its time, from a machine that begins with these values."""
    (begun,) = call_module(MODULE, ["beginRecovery", polite, True, 0])
    folds = [
        ({**begun, "actedAt": LONG_AGO, **start}, [["step", event, at] for at, event in events])
        for start, events in cases
    ]
    runs = fold_module_often(MODULE, folds, carry="recovery")
    return [
        [_to_step(at, result) for (at, _), result in zip(events, run, strict=True)]
        for (_, events), run in zip(cases, runs, strict=True)
    ]


def _to_step(at: int, result: dict[str, Any]) -> Step:
    state, signalled = result["recovery"]["state"], result["recovery"]["signalled"]
    return {"at": at, "state": state, "signalled": signalled, "actions": result["actions"]}


def run_events(polite: bool, *events: tuple[int, str], **start: Any) -> list[Step]:
    return run_all(polite, [(start, list(events))])[0]


def actions_at(steps: list[Step]) -> list[tuple[int, str]]:
    return [(step["at"], action) for step in steps for action in step["actions"]]


@pytest.mark.parametrize("signalled", [True, False])
@pytest.mark.parametrize("polite", [False, True])
def test_every_event_in_every_state(polite: bool, signalled: bool) -> None:
    start = {"lostAt": 0, "dueAt": 0, "signalled": signalled}
    cells = [(state, event) for state in STATES for event in EVENTS]
    runs = run_all(polite, [({**start, "state": state}, [(NOW, event)]) for state, event in cells])
    found = {cell: " ".join([run[0]["state"], *run[0]["actions"]]) for cell, run in zip(cells, runs, strict=True)}
    assert found == {cell: expected_outcome(*cell, polite, signalled) for cell in cells}


def expected_outcome(state: str, event: str, polite: bool, signalled: bool) -> str:
    outcome = OUTCOMES[state].get(event, "{same}")
    if polite:
        outcome = POLITE.get((state, event), outcome)
    if not signalled:
        outcome = WITHOUT_SOCKET.get((state, event), outcome)
    return outcome.format(same=state)


def test_socket_events_are_remembered_in_every_state() -> None:
    events = [(1, "socket_lost"), (2, "socket_back")]
    runs = run_all(False, [({"state": state}, events) for state in STATES if state != "closed"])
    assert [[step["signalled"] for step in run] for run in runs] == [[False, True]] * (len(STATES) - 1)


def ticks(begin: int, end: int) -> list[tuple[int, str]]:
    return [(at, "tick") for at in range(begin, end, 250)]


def test_dead_socket_is_replaced_before_path_is_restarted() -> None:
    """Address change: two seconds of silence, no pong, a new socket, then at once a restart."""
    loss = [(2_000, "silence"), *ticks(2_000, 2_750), (2_800, "disconnected"), *ticks(3_000, 4_750)]
    back = [(4_500, "socket_lost"), (4_700, "socket_back"), *ticks(4_750, 5_500), (5_300, "connected")]
    steps = run_events(False, *sorted([*loss, *back], key=lambda event: event[0]), state="connected")
    assert actions_at(steps)[0] == (2_000, "probe_socket")
    assert (4_700, "restart_ice") in actions_at(steps)
    assert steps[-1]["state"] == "connected"


def test_polite_side_waits_for_missed_offer_then_restarts() -> None:
    lost = {"state": "lost", "lostAt": 0, "signalled": False}
    answered = [(5_000, "socket_back"), (5_050, "offered"), *ticks(5_250, 8_000)]
    alone = [(5_000, "socket_back"), *ticks(5_250, 8_000)]
    with_offer, without_offer = run_all(True, [(lost, answered), (lost, alone)])
    assert actions_at(with_offer) == []
    assert actions_at(without_offer)[:2] == [(5_250, "probe_socket"), (5_250, "restart_ice")]


@pytest.mark.parametrize(("polite", "action"), [(False, "replace"), (True, "ask_renewal")])
def test_connection_is_replaced_after_15_s_without_path(polite: bool, action: str) -> None:
    steps = run_events(polite, (0, "disconnected"), *ticks(250, 20_000), state="connected")
    assert next(at for at, done in actions_at(steps) if done == action) in range(15_000, 19_000)


def test_other_side_that_sends_nothing_by_choice_is_no_loss() -> None:
    steps = run_events(False, (2_000, "silence"), *ticks(2_250, 60_000), state="connected")
    assert actions_at(steps) == [(2_000, "probe_socket")]


def test_restarts_keep_their_distance_and_need_a_socket() -> None:
    draw = random.Random(13)
    others = [event for event in EVENTS if event not in ("stop", "created", "socket_back", "tick")]
    for polite in (False, True):
        cases = []
        for _ in range(200):
            drawn = [(at, draw.choice([*others, *["tick"] * 10])) for at in range(0, 60_000, 250)]
            cases.append(({"state": "connected"}, drawn))
        for run in run_all(polite, cases):
            without_socket = [step for step in run if not step["signalled"]]
            assert {action for _, action in actions_at(without_socket)} <= {"probe_socket", "send_picture"}
            restarts = [at for at, action in actions_at(run) if action == "restart_ice"]
            assert all(later - earlier >= 4_000 for earlier, later in pairwise(restarts))
