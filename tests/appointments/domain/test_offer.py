"""To whom a freed place is offered, until when, and how long it rests. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.appointments.domain import offer
from office360.appointments.domain.offer import Wish
from office360.appointments.domain.slots import Slot

MADRID = ZoneInfo("Europe/Madrid")


def at(text: str) -> datetime:
    """`2026-11-27 9:00` on a wall in Madrid."""
    day, clock = text.split()
    hour, minute = clock.split(":")
    return datetime.fromisoformat(day).replace(hour=int(hour), minute=int(minute), tzinfo=MADRID).astimezone(UTC)


@pytest.mark.parametrize(
    ("ready", "goes_out"),
    [
        ("2026-11-25 8:00", "2026-11-25 8:00"),
        ("2026-11-25 21:59", "2026-11-25 21:59"),
        ("2026-11-25 22:00", "2026-11-26 8:00"),
        ("2026-11-26 0:30", "2026-11-26 8:00"),
        ("2026-11-26 7:59", "2026-11-26 8:00"),
        ("2026-10-24 23:00", "2026-10-25 8:00"),  # that night has 25 hours a day
        ("2026-10-25 2:30", "2026-10-25 8:00"),
        ("2027-03-27 23:30", "2027-03-28 8:00"),  # and that one 23
    ],
)
def test_an_offer_goes_out_by_day_only(ready: str, goes_out: str) -> None:
    assert offer.goes_out_at(at(ready), MADRID) == at(goes_out)


def test_the_night_of_the_change_is_an_hour_longer_or_shorter() -> None:
    autumn = offer.goes_out_at(at("2026-10-24 22:00"), MADRID) - at("2026-10-24 22:00")
    spring = offer.goes_out_at(at("2027-03-27 22:00"), MADRID) - at("2027-03-27 22:00")
    assert (autumn, spring) == (timedelta(hours=11), timedelta(hours=9))


@pytest.mark.parametrize(
    ("begins", "visit", "ends"),
    [
        ("2026-11-25 10:00", "2026-11-27 9:00", "2026-11-25 10:30"),
        ("2026-11-25 10:00", "2026-11-25 12:00", "2026-11-25 10:30"),
        ("2026-11-25 10:00", "2026-11-25 11:00", "2026-11-25 10:15"),  # the visit is near
        ("2026-11-25 10:00", "2026-11-25 10:40", "2026-11-25 10:10"),
        ("2026-11-25 21:29", "2026-11-27 9:00", "2026-11-25 21:59"),
        ("2026-11-25 21:31", "2026-11-27 9:00", "2026-11-26 8:30"),  # it would end in the night
        ("2026-11-25 21:50", "2026-11-26 9:00", "2026-11-26 8:30"),
        ("2026-11-25 21:50", "2026-11-26 8:45", "2026-11-25 22:20"),  # the morning is too short for that
        ("2026-10-24 21:50", "2026-10-26 9:00", "2026-10-25 8:30"),
        ("2027-03-27 21:50", "2027-03-29 9:00", "2027-03-28 8:30"),
    ],
)
def test_an_offer_lasts_half_an_hour_less_near_the_visit_and_over_the_night(
    begins: str, visit: str, ends: str
) -> None:
    assert offer.ends_at(at(begins), at(visit), MADRID) == at(ends)


MINUTES = st.integers(0, 60 * 24 * 420)


@given(MINUTES, st.integers(30, 60 * 24 * 60))
def test_an_offer_always_ends_after_it_begins_and_before_the_visit(minute: int, ahead: int) -> None:
    begins = offer.goes_out_at(datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=minute), MADRID)
    visit = begins + timedelta(minutes=ahead)
    end = offer.ends_at(begins, visit, MADRID)
    assert begins < end < visit
    assert end - begins <= timedelta(hours=12)


def test_an_offer_that_nobody_could_answer_in_time_is_not_made() -> None:
    now = at("2026-11-25 10:00")
    assert offer.is_worth_it(now, now + timedelta(minutes=20))
    assert not offer.is_worth_it(now, now + timedelta(minutes=19))


def test_a_place_rests_from_three_to_fifteen_minutes_the_same_for_the_same_place() -> None:
    now = at("2026-11-25 10:00")
    rests = [offer.rest_of(f"place {number}", now, now + timedelta(days=1)) for number in range(500)]
    assert rests == [offer.rest_of(f"place {number}", now, now + timedelta(days=1)) for number in range(500)]
    assert min(rests) >= timedelta(minutes=3)
    assert max(rests) <= timedelta(minutes=15)
    assert len(set(rests)) > 250  # nobody can set a clock by it


def test_a_place_of_a_visit_that_is_near_does_not_rest() -> None:
    now = at("2026-11-25 10:00")
    assert offer.rest_of("a", now, now + timedelta(minutes=119)) == timedelta()
    assert offer.rest_of("a", now, now + timedelta(hours=2)) > timedelta()


@pytest.mark.parametrize(
    ("wish", "moment", "suits"),
    [
        (Wish(), "2026-11-26 9:00", True),
        (Wish(not_before=date(2026, 11, 27)), "2026-11-26 18:00", False),
        (Wish(not_before=date(2026, 11, 27)), "2026-11-27 0:30", True),  # in UTC still the day before
        (Wish(part="morning"), "2026-11-27 13:45", True),
        (Wish(part="morning"), "2026-11-27 14:00", False),
        (Wish(part="afternoon"), "2026-11-27 14:00", True),
        (Wish(part="afternoon"), "2026-11-27 13:59", False),
    ],
)
def test_limits_are_meant_on_the_offices_wall(wish: Wish, moment: str, suits: bool) -> None:
    assert wish.suits(at(moment), MADRID) is suits


def test_come_in_now_is_for_calls_within_three_hours() -> None:
    now = at("2026-11-25 10:00")
    assert offer.may_come_now(now, now + timedelta(hours=3))
    assert not offer.may_come_now(now, now + timedelta(hours=3, seconds=1))
    assert not offer.may_come_now(now, now)


def test_a_place_for_the_cancelled_is_kept_a_day_or_until_it_can_no_longer_be_booked() -> None:
    now, lead = at("2026-11-25 10:00"), timedelta(minutes=30)
    assert offer.kept_until(now, now + timedelta(days=3), lead) == now + timedelta(days=1)
    assert offer.kept_until(now, now + timedelta(hours=4), lead) == now + timedelta(hours=3, minutes=30)


QUARTER = timedelta(minutes=15)


def slots(first: datetime, *lefts: int, step: timedelta = QUARTER, length: timedelta = QUARTER) -> list[Slot]:
    return [Slot(first + step * n, first + step * n + length, left) for n, left in enumerate(lefts) if left]


def test_each_of_the_cancelled_gets_the_nearest_place_that_no_other_has() -> None:
    first = at("2026-11-27 10:00")
    free = slots(first, 1, 0, 2, 1)
    shared = offer.share_out([first + QUARTER] * 5, free)
    assert [one and one.starts_at for one in shared] == [
        first,
        first + 2 * QUARTER,
        first + 2 * QUARTER,
        first + 3 * QUARTER,
        None,
    ]


@given(st.lists(st.integers(0, 12), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_no_more_places_are_shared_out_than_there_are(wanted: list[int], lefts: list[int]) -> None:
    first = at("2026-11-27 10:00")
    free = slots(first, *lefts, length=2 * QUARTER)  # starts closer than a visit is long, as some agendas have
    shared = [one for one in offer.share_out([first + QUARTER * n for n in wanted], free) if one is not None]
    for moment in (first + QUARTER * n for n in range(14)):
        at_once = sum(one.starts_at <= moment < one.ends_at for one in shared)
        assert at_once <= max((one.left for one in free if one.starts_at <= moment < one.ends_at), default=0)
