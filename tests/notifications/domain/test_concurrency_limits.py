"""Who gets a place: nobody takes all of them, and who wants to be left alone is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from office360.notifications.domain.concurrency_limits import Places
from office360.notifications.domain.send_results import Deferred
from office360.notifications.email.connection_pool import Lanes
from office360.notifications.push.retry_after import after_s

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_one_host_gets_its_share_and_the_others_what_is_left() -> None:
    places = Places(4, 2)
    assert places.room(NOW).picked(["a", "a", "a", "b"], places.free(NOW)) == [0, 1, 3]
    for host in ("a", "a", "b"):
        places.take(host)
    assert (places.free(NOW), places.closed_to(NOW)) == (1, frozenset({"a"}))
    assert places.room(NOW).picked(["a", "b", "c"], places.free(NOW)) == [1]
    places.give("a")
    assert places.room(NOW).picked(["a", "a", "b"], places.free(NOW)) == [0, 2]


def test_a_host_that_wants_to_be_left_alone_is_and_the_others_go_on() -> None:
    places = Places(4, 2)
    places.rest("a", NOW + timedelta(seconds=30))
    places.rest("a", NOW + timedelta(seconds=10))  # two answers that crossed
    assert places.room(NOW).picked(["a", "b"], 4) == [1]
    assert places.closed_to(NOW + timedelta(seconds=29)) == {"a"}
    assert places.closed_to(NOW + timedelta(seconds=30)) == frozenset()
    assert places.resting(NOW) == set()  # whoever has rested is not remembered: hosts are as many as people


def test_a_channel_that_wants_to_be_left_alone_has_no_place() -> None:
    places = Places(4, 2)
    places.rest(None, NOW + timedelta(seconds=30))
    assert places.free(NOW) == 0
    assert places.free(NOW + timedelta(seconds=30)) == 4


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", None),
        ("Wed, 25 Nov 2026 09:31:00 GMT", 60),
        ("Wed, 25 Nov 2026 09:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_both_ways_to_write_retry_after_are_read(header: str | None, seconds: float | None) -> None:
    assert after_s(header, NOW) == seconds


async def test_whoever_stops_waiting_for_a_lane_keeps_none() -> None:
    lanes = Lanes(1, 0, 0.01)
    async with lanes.taken("a"):
        with pytest.raises(Deferred):
            async with lanes.taken("b"):
                raise AssertionError
        waiting = asyncio.create_task(lanes.taken("c").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with lanes.taken("a"):
        pass


async def test_a_server_that_takes_fewer_connections_gets_fewer() -> None:
    lanes = Lanes(3, 1, 0.01)
    for _ in range(5):
        lanes.narrow(2)
    async with lanes.taken("a"), lanes.taken("b"):
        with pytest.raises(Deferred):
            async with lanes.taken("c"):
                raise AssertionError
