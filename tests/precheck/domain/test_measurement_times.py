"""Times of the parts of a test: a resumed test tells which parts are older."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from office360.precheck.domain.measurement_times import Part, earlier_parts, latest_time, times_from_ages

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_ages_are_converted_to_server_times() -> None:
    found = times_from_ages({Part.VOICE: 60, Part.NETWORK: 0}, NOW)
    assert found == {Part.VOICE: NOW - timedelta(minutes=1), Part.NETWORK: NOW}


def test_measurement_time_is_latest_part_or_default() -> None:
    assert latest_time(times_from_ages({Part.DEVICES: 600, Part.VOICE: 660}, NOW), NOW) == NOW - timedelta(
        minutes=10
    )
    assert latest_time({}, NOW) == NOW


def test_parts_of_one_run_are_not_earlier_parts() -> None:
    assert earlier_parts(times_from_ages({Part.DEVICES: 180, Part.VOICE: 90, Part.NETWORK: 0}, NOW)) == []
    assert earlier_parts({}) == []


def test_part_of_an_earlier_run_is_listed_with_its_time() -> None:
    moments = times_from_ages({Part.NETWORK: 0, Part.VOICE: 420, Part.DEVICES: 5}, NOW)
    assert earlier_parts(moments) == [(Part.VOICE, NOW - timedelta(minutes=7))]
