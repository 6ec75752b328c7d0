"""Of what moment each part of a test is: one that was left and gone on with says which part is older."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from office360.precheck.domain.measurement_times import Part, earlier, moments_of, newest

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_ages_become_moments_of_our_clock() -> None:
    found = moments_of({Part.VOICE: 60, Part.NETWORK: 0}, NOW)
    assert found == {Part.VOICE: NOW - timedelta(minutes=1), Part.NETWORK: NOW}


def test_a_test_is_of_its_last_part_and_of_now_when_nobody_says() -> None:
    assert newest(moments_of({Part.DEVICES: 600, Part.VOICE: 660}, NOW), NOW) == NOW - timedelta(minutes=10)
    assert newest({}, NOW) == NOW


def test_parts_of_one_visit_are_not_told_apart() -> None:
    assert earlier(moments_of({Part.DEVICES: 180, Part.VOICE: 90, Part.NETWORK: 0}, NOW)) == []
    assert earlier({}) == []


def test_a_part_of_another_moment_is_named_with_its_time() -> None:
    moments = moments_of({Part.NETWORK: 0, Part.VOICE: 420, Part.DEVICES: 5}, NOW)
    assert earlier(moments) == [(Part.VOICE, NOW - timedelta(minutes=7))]
