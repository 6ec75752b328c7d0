"""Relays of a connection test: order, timeout, figures of paced packets; by node."""

from __future__ import annotations

from ...support.scripts.browser_module import call_module


def test_relays_are_tried_once_for_each_transport_udp_first() -> None:
    credentials = {"username": "u", "credential": "c"}
    servers = [
        {"urls": "stun:relay.example"},
        {"urls": ["turns:relay.example:443", "turn:relay.example?transport=tcp"], **credentials},
        {"urls": ["turn:relay.example", "turn:other.example"], **credentials},
    ]
    (relays,) = call_module("precheck/connection/relays.js", ["relaysOf", servers])
    assert [(relay["way"], relay["server"]["urls"]) for relay in relays] == [
        ("udp", "turn:relay.example"),
        ("tcp", "turn:relay.example?transport=tcp"),
        ("tls", "turns:relay.example:443"),
    ]
    assert all(relay["server"]["credential"] == "c" for relay in relays)


def test_relay_timeout_is_twenty_round_trips_on_slow_lines() -> None:
    timeouts = call_module(
        "precheck/connection/relays.js", *[["relayTimeout", rtt] for rtt in (0, 250, 500, 5_000)]
    )
    assert timeouts == [6_000, 6_000, 10_000, 20_000]


def test_request_round_trip_ignores_other_resources() -> None:
    def timing(kind: str, sent: int, answered: int) -> dict[str, object]:
        return {"initiatorType": kind, "requestStart": sent, "responseStart": answered}

    timings = [timing("link", 0, 5), timing("fetch", 0, 0), timing("fetch", 100, 620), timing("fetch", 700, 1_210)]
    assert call_module(
        "precheck/connection/request_delay.js", ["requestRoundTrip", timings], ["requestRoundTrip", []]
    ) == [
        510,
        0,
    ]


def test_paced_packets_give_delay_jitter_and_loss() -> None:
    packets = [{"sentAt": 20 * n, "arrivedAt": 20 * n + (40 if n % 2 else 50)} for n in range(9)]
    figures, empty, lost = call_module(
        "precheck/connection/paced_packets.js",
        ["summarizePackets", [*packets, {"sentAt": 180}]],
        ["summarizePackets", []],
        ["summarizePackets", [{"sentAt": 0}]],
    )
    assert figures == {"packets": 10, "rtt_ms": 50, "jitter_ms": 10, "loss_pct": 10}
    assert empty == {"packets": 0}
    assert lost == {"packets": 1, "loss_pct": 100}


def test_due_packets_follow_the_clock() -> None:
    due = call_module(
        "precheck/connection/paced_packets.js", *[["packetsDue", elapsed, 20] for elapsed in (0, 19, 20, 1_999)]
    )
    assert due == [1, 1, 2, 100]
