"""Figures of a connection from readings and from counts of packets, by node."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.scripts.browser_module import call_module

FIGURES = "precheck/measurement/connection_figures.js"
DELAYS = "precheck/measurement/delay_figures.js"
DETAILS = "precheck/measurement/connection_details.js"
NONE = {"expected": 0, "received": 0, "forwarded": 0, "over_rate": 0}


def counts(expected: int, received: int, forwarded: int | None = None, over_rate: int = 0) -> dict[str, int]:
    forwarded = received if forwarded is None else forwarded
    return {"expected": expected, "received": received, "forwarded": forwarded, "over_rate": over_rate}


def losses(up: float, up_packets: int, down: float, down_packets: int) -> dict[str, float]:
    return {
        "loss_up_pct": up,
        "loss_up_packets": up_packets,
        "loss_down_pct": down,
        "loss_down_packets": down_packets,
    }


@pytest.mark.parametrize(
    ("video", "arrived", "expected"),
    [
        (counts(1_000, 1_000), 1_500, losses(0, 1_500, 0, 1_500)),
        (counts(1_000, 970), 1_470, losses(2, 1_500, 0, 1_470)),
        (counts(1_000, 1_000), 1_455, losses(0, 1_500, 3, 1_500)),
        (counts(1_000, 900), 1_260, losses(6.7, 1_500, 10, 1_400)),
        # Packets beyond our own rate are no loss.
        (counts(1_000, 1_000, forwarded=600, over_rate=400), 1_100, losses(0, 1_500, 0, 1_100)),
        # The browser was read a moment after the server.
        (counts(1_000, 1_000), 1_510, losses(0, 1_500, 0, 1_500)),
    ],
)
def test_each_direction_has_its_own_loss(video: dict[str, int], arrived: int, expected: dict[str, float]) -> None:
    media = {"audio": counts(500, 500), "video": video}
    assert call_module(FIGURES, ["lossFigures", media, arrived]) == [expected]


def test_loss_of_few_packets_is_unknown() -> None:
    calls: list[Any] = [["lossFigures", {"audio": NONE, "video": counts(19, 19)}, 19]]
    calls.append(["lossFigures", {"video": counts(100, 4)}, 4])
    assert call_module(FIGURES, *calls) == [{}, {"loss_up_pct": 96, "loss_up_packets": 100}]


def test_counts_of_a_second_are_differences() -> None:
    before, now = {"video": counts(100, 90)}, {"video": counts(200, 180), "audio": counts(5, 5)}
    difference = {"video": counts(100, 90), "audio": counts(5, 5)}
    assert call_module(FIGURES, ["countsSince", before, now]) == [difference]


@pytest.mark.parametrize(
    ("loss", "packets", "is_decided"),
    [
        (0, 1_000, True),
        (0, 150, False),
        (2, 10_000, False),
        (3, 690, False),
        (2.6, 1_500, False),
        (2.6, 4_000, True),
        (3, 2_000, True),
        (5, 1_000, True),
        (8.5, 2_000, False),
        (12, 1_000, True),
    ],
)
def test_more_packets_are_needed_near_a_bound(loss: float, packets: int, is_decided: bool) -> None:
    one_way = losses(loss, packets, 0, 2_000)
    other_way = losses(0, 2_000, loss, packets)
    assert call_module(FIGURES, ["isLossDecided", one_way], ["isLossDecided", other_way]) == [is_decided] * 2


@pytest.mark.parametrize(
    ("up", "down", "start", "most", "packet_ms"),
    [
        (5_000, 5_000, 1_500, 2_500, 10),
        (5_000, 800, 560, 560, 10),
        (300, 5_000, 160, 160, 10),
        (160, 160, 50, 50, 20),
        (80, 80, 0, 0, 20),  # a voice only
        (None, 5_000, 80, 80, 20),
    ],
)
def test_media_fit_the_slower_direction(up: int | None, down: int, start: int, most: int, packet_ms: int) -> None:
    speeds = {"down_kbps": down, **({"up_kbps": up} if up else {})}
    rates = {"start_kbps": start, "max_kbps": most, "packet_ms": packet_ms, "scale": 1}
    assert call_module(FIGURES, ["mediaRates", speeds]) == [rates]


@pytest.mark.parametrize("kbps", [377, 120])
def test_rate_of_the_probes_window_keeps_the_picture(kbps: int) -> None:
    """The line is at least as fast, so that the picture may take what a good line carries."""
    windowed = {"up_kbps": kbps, "up_limited_by": "window", "down_kbps": 5_000, "down_limited_by": "cap"}
    of_line = {**windowed, "up_limited_by": "link"}
    slow_down = {**windowed, "down_kbps": 500, "down_limited_by": "link"}
    found = call_module(FIGURES, *(["mediaRates", speeds] for speeds in (windowed, of_line, slow_down)))
    assert [rates["max_kbps"] for rates in found] == [720, 222 if kbps == 377 else 0, 320]


def test_readings_become_medians_and_last_picture() -> None:
    samples: list[dict[str, Any]]
    samples = [{"jitter_ms": ms, "video_fps": 30, "video_width": 320, "video_height": 240} for ms in (4, 90, 6)]
    samples.append({"jitter_ms": 5, "video_fps": 28, "video_width": 640, "video_height": 480, "path": "udp"})
    assert call_module(FIGURES, ["summarizeFigures", samples], ["summarizeFigures", []]) == [
        {"jitter_ms": 5.5, "video_fps": 30, "video_width": 640, "video_height": 480, "path": "udp"},
        {},
    ]


def test_busy_page_takes_its_delay_from_the_browser() -> None:
    pings = {"rtt_ms": 163, "rtt_min_ms": 2}
    checks = [{"rtt_ms": ms} for ms in (2, 3, 3, 40)]
    calls = [(checks, 158), (checks, 5), ([], 158), ([{"rtt_ms": 400}], 158)]
    found = call_module(DELAYS, *(["roundTrip", pings, samples, {"page_lag_ms": lag}] for samples, lag in calls))
    assert found == [{"rtt_ms": 3, "rtt_min_ms": 2}, pings, pings, pings]
    assert call_module(DELAYS, ["roundTrip", {}, checks, {"page_lag_ms": 158}]) == [{}]


def test_jitter_counts_packets_that_overtook_others() -> None:
    unsteady, steady, calm = [40, 140] * 6, [40, 41] * 6, {"page_lag_ms": 2}
    calls = [
        ({"jitter_ms": 29}, unsteady, calm),
        ({"jitter_ms": 29}, steady, calm),
        ({"jitter_ms": 29}, unsteady, {"page_lag_ms": 90}),
        ({"jitter_ms": 29}, unsteady[:5], calm),
        ({}, unsteady, calm),
    ]
    found = call_module(DELAYS, *(["jitterFigure", *call] for call in calls))
    assert found == [{"jitter_ms": 70.7}, {"jitter_ms": 29}, {}, {}, {}]


def test_dropped_frames_are_those_of_the_measurement() -> None:
    before, now = {"frames": 100, "dropped": 40}, {"frames": 300, "dropped": 50}
    incomplete = {"frames": 110, "dropped": 90}
    pairs = ([before, now], [now, now], [before, incomplete])
    assert call_module(FIGURES, *(["droppedFrames", *pair] for pair in pairs)) == [
        {"dropped_frames_pct": 5},
        {},
        {"dropped_frames_pct": 100},
    ]


def test_retransmissions_are_no_returned_packets() -> None:
    reports = [
        {"type": "inbound-rtp", "kind": "audio", "packetsReceived": 400},
        {
            "type": "inbound-rtp",
            "kind": "video",
            "packetsReceived": 1_100,
            "retransmittedPacketsReceived": 100,
            "codecId": "C",
        },
        {"type": "outbound-rtp", "kind": "video", "packetsSent": 9_000},
        {"type": "codec", "id": "C", "mimeType": "video/VP8"},
        {"type": "transport", "selectedCandidatePairId": "P"},
        {"type": "candidate-pair", "id": "P", "localCandidateId": "L", "remoteCandidateId": "R"},
        {"type": "local-candidate", "id": "L", "candidateType": "relay", "address": "192.0.2.1"},
        {"type": "remote-candidate", "id": "R", "candidateType": "host"},
    ]
    details = {"candidates": {"local": "relay", "remote": "host"}, "codec": "VP8"}
    assert call_module(DETAILS, ["returnedPackets", reports], ["detailsFrom", reports]) == [1_400, details]
    assert call_module(DETAILS, ["detailsFrom", []], ["returnedPackets", []]) == [{}, 0]
