"""Offers of freed slots: send time, expiry, cool-down, replacements."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.appointments.domain import offer
from office360.appointments.domain.offer import EarlierSlotRequest
from office360.appointments.domain.slots import FreeSlot

MADRID = ZoneInfo("Europe/Madrid")


def at(text: str) -> datetime:
    """Return the instant of a local time in Madrid, such as `2026-11-27 9:00`."""
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
        ("2026-10-24 23:00", "2026-10-25 8:00"),  # the clocks go back in this night
        ("2026-10-25 2:30", "2026-10-25 8:00"),
        ("2027-03-27 23:30", "2027-03-28 8:00"),  # the clocks go forward in this night
    ],
)
def test_offer_is_sent_in_daytime_only(ready: str, goes_out: str) -> None:
    assert offer.earliest_send_time(at(ready), MADRID) == at(goes_out)


def test_night_of_clock_change_shifts_send_time_by_one_hour() -> None:
    autumn = offer.earliest_send_time(at("2026-10-24 22:00"), MADRID) - at("2026-10-24 22:00")
    spring = offer.earliest_send_time(at("2027-03-27 22:00"), MADRID) - at("2027-03-27 22:00")
    assert (autumn, spring) == (timedelta(hours=11), timedelta(hours=9))


@pytest.mark.parametrize(
    ("begins", "visit", "ends"),
    [
        ("2026-11-25 10:00", "2026-11-27 9:00", "2026-11-25 10:30"),
        ("2026-11-25 10:00", "2026-11-25 12:00", "2026-11-25 10:30"),
        ("2026-11-25 10:00", "2026-11-25 11:00", "2026-11-25 10:15"),  # the visit is near
        ("2026-11-25 10:00", "2026-11-25 10:40", "2026-11-25 10:10"),
        ("2026-11-25 21:29", "2026-11-27 9:00", "2026-11-25 21:59"),
        ("2026-11-25 21:31", "2026-11-27 9:00", "2026-11-26 8:30"),  # it would expire at night
        ("2026-11-25 21:50", "2026-11-26 9:00", "2026-11-26 8:30"),
        ("2026-11-25 21:50", "2026-11-26 8:45", "2026-11-25 22:20"),  # the visit starts too early in the morning
        ("2026-10-24 21:50", "2026-10-26 9:00", "2026-10-25 8:30"),
        ("2027-03-27 21:50", "2027-03-29 9:00", "2027-03-28 8:30"),
    ],
)
def test_offer_expiry_near_start_and_overnight(begins: str, visit: str, ends: str) -> None:
    assert offer.offer_expires_at(at(begins), at(visit), MADRID) == at(ends)


MINUTES = st.integers(0, 60 * 24 * 420)


@given(MINUTES, st.integers(30, 60 * 24 * 60))
def test_offer_expires_after_sending_and_before_start(minute: int, ahead: int) -> None:
    begins = offer.earliest_send_time(datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=minute), MADRID)
    visit = begins + timedelta(minutes=ahead)
    end = offer.offer_expires_at(begins, visit, MADRID)
    assert begins < end < visit
    assert end - begins <= timedelta(hours=12)


def test_offer_needs_enough_time_to_answer() -> None:
    now = at("2026-11-25 10:00")
    assert offer.has_time_to_answer(now, now + timedelta(minutes=20))
    assert not offer.has_time_to_answer(now, now + timedelta(minutes=19))


def test_cooldown_is_stable_and_three_to_fifteen_minutes() -> None:
    now = at("2026-11-25 10:00")
    cooldowns = [offer.cooldown(f"hold {number}", now, now + timedelta(days=1)) for number in range(500)]
    assert cooldowns == [offer.cooldown(f"hold {number}", now, now + timedelta(days=1)) for number in range(500)]
    assert min(cooldowns) >= timedelta(minutes=3)
    assert max(cooldowns) <= timedelta(minutes=15)
    assert len(set(cooldowns)) > 250  # the cool-down cannot be predicted


def test_slot_close_to_start_has_no_cooldown() -> None:
    now = at("2026-11-25 10:00")
    assert offer.cooldown("a", now, now + timedelta(minutes=119)) == timedelta()
    assert offer.cooldown("a", now, now + timedelta(hours=2)) > timedelta()


@pytest.mark.parametrize(
    ("limits", "moment", "accepted"),
    [
        (EarlierSlotRequest(), "2026-11-26 9:00", True),
        (EarlierSlotRequest(not_before=date(2026, 11, 27)), "2026-11-26 18:00", False),
        (
            EarlierSlotRequest(not_before=date(2026, 11, 27)),
            "2026-11-27 0:30",
            True,
        ),  # still the day before in UTC
        (EarlierSlotRequest(part="morning"), "2026-11-27 13:45", True),
        (EarlierSlotRequest(part="morning"), "2026-11-27 14:00", False),
        (EarlierSlotRequest(part="afternoon"), "2026-11-27 14:00", True),
        (EarlierSlotRequest(part="afternoon"), "2026-11-27 13:59", False),
    ],
)
def test_limitslimits_use_the_office_time_zone(limits: EarlierSlotRequest, moment: str, accepted: bool) -> None:
    assert limits.accepts(at(moment), MADRID) is accepted


def test_early_start_is_for_calls_within_three_hours() -> None:
    now = at("2026-11-25 10:00")
    assert offer.can_start_early(now, now + timedelta(hours=3))
    assert not offer.can_start_early(now, now + timedelta(hours=3, seconds=1))
    assert not offer.can_start_early(now, now)


def test_replacement_is_held_a_day_or_until_lead_time() -> None:
    now, lead = at("2026-11-25 10:00"), timedelta(minutes=30)
    assert offer.replacement_kept_until(now, now + timedelta(days=3), lead) == now + timedelta(days=1)
    assert offer.replacement_kept_until(now, now + timedelta(hours=4), lead) == now + timedelta(
        hours=3, minutes=30
    )


QUARTER = timedelta(minutes=15)


def make_slots(
    first: datetime, *lefts: int, step: timedelta = QUARTER, length: timedelta = QUARTER
) -> list[FreeSlot]:
    return [FreeSlot(first + step * n, first + step * n + length, left) for n, left in enumerate(lefts) if left]


def test_each_cancelled_time_gets_nearest_distinct_slot() -> None:
    first = at("2026-11-27 10:00")
    free = make_slots(first, 1, 0, 2, 1)
    shared = offer.assign_nearest_slots([first + QUARTER] * 5, free)
    assert [slot and slot.starts_at for slot in shared] == [
        first,
        first + 2 * QUARTER,
        first + 2 * QUARTER,
        first + 3 * QUARTER,
        None,
    ]


@given(st.lists(st.integers(0, 12), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_assigned_slots_never_exceed_free_places(wanted: list[int], lefts: list[int]) -> None:
    first = at("2026-11-27 10:00")
    free = make_slots(first, *lefts, length=2 * QUARTER)  # a step that is shorter than the visit
    shared = [
        slot
        for slot in offer.assign_nearest_slots([first + QUARTER * n for n in wanted], free)
        if slot is not None
    ]
    for moment in (first + QUARTER * n for n in range(14)):
        at_once = sum(slot.starts_at <= moment < slot.ends_at for slot in shared)
        assert at_once <= max((slot.left for slot in free if slot.starts_at <= moment < slot.ends_at), default=0)
