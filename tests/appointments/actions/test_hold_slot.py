"""A place that is kept while a form is filled in, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments.domain.agenda_settings import LEAD
from office360.appointments.domain.hold import HOLD
from office360.appointments.domain.requester import Asker, Limits
from office360.appointments.service import Hold, book, free_times, hold, hold_of, hold_token
from office360.core.errors import RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...conftest import FakeClock
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking

QUARTER = timedelta(minutes=15)


async def keep(runtime: Runtime, holder: str = "amina", at: datetime = FRIDAY_AT_9, **options: Any) -> Hold:
    return await hold(runtime, "centro", "certificate", "video", at, holder=holder, **options)


async def is_free(runtime: Runtime, office: Office, at: datetime = FRIDAY_AT_9) -> bool:
    async with runtime.reading() as session:
        slots = await free_times(
            session, office, office.service("certificate"), "video", runtime.now(), at.date(), 1
        )
    return any(slot.starts_at == at for slot in slots)


async def test_a_place_that_is_kept_is_nobody_elses(runtime: Runtime, office: Office) -> None:
    await keep(runtime)
    assert not await is_free(runtime, office)
    with pytest.raises(Refused, match="slot_taken") as refused:
        await book(runtime, "centro", asking(DIEGO))
    assert refused.value.details["nearest"]
    with pytest.raises(Refused, match="slot_taken"):
        await keep(runtime, "diego")


async def test_whoever_keeps_a_place_is_given_it_and_keeps_no_more(runtime: Runtime, office: Office) -> None:
    kept = await keep(runtime)
    assert (await book(runtime, "centro", asking(), hold=hold_token(runtime, kept))).starts_at == FRIDAY_AT_9
    async with runtime.reading() as session:
        assert await hold_of(session, "amina") is None


async def test_a_hold_ends_by_itself(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    kept = await keep(runtime)
    assert kept.expires_at == clock.now() + HOLD
    clock.set(kept.expires_at)
    assert await is_free(runtime, office)
    assert (await book(runtime, "centro", asking(DIEGO))).email == DIEGO["email"]
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(), hold=hold_token(runtime, kept))


async def test_a_hold_that_ran_out_costs_nothing_while_the_place_is_free(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    kept = await keep(runtime)
    clock.advance(hours=1)
    assert (await book(runtime, "centro", asking(), hold=hold_token(runtime, kept))).starts_at == FRIDAY_AT_9


async def test_a_hold_that_nobody_knows_costs_nothing(runtime: Runtime, office: Office) -> None:
    assert (await book(runtime, "centro", asking(), hold="unknown")).starts_at == FRIDAY_AT_9


async def test_a_hold_of_another_time_gives_no_right_to_this_one(runtime: Runtime, office: Office) -> None:
    other = await keep(runtime, at=FRIDAY_AT_9 + QUARTER)
    await keep(runtime, "diego")
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(), hold=hold_token(runtime, other))
    assert not await is_free(runtime, office, FRIDAY_AT_9 + QUARTER)  # still kept: nothing was booked


async def test_a_kept_place_is_given_even_when_it_begins_too_soon_for_others(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    soon = clock.now() + LEAD
    kept = await keep(runtime, at=soon)
    clock.advance(minutes=5)
    assert (
        await book(runtime, "centro", asking(starts_at=soon), hold=hold_token(runtime, kept))
    ).starts_at == soon


async def test_a_holder_keeps_one_place_at_a_time(runtime: Runtime, office: Office) -> None:
    await keep(runtime)
    await keep(runtime, at=FRIDAY_AT_9 + QUARTER)
    assert await is_free(runtime, office)
    assert not await is_free(runtime, office, FRIDAY_AT_9 + QUARTER)


async def test_the_same_place_again_is_the_same_hold_with_the_same_end(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    first = await keep(runtime)
    clock.advance(minutes=9)
    assert await keep(runtime) == first


async def test_an_address_keeps_so_many_places_and_no_more(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    here = Asker(address="wifi", limits=Limits(holds=2))
    await keep(runtime, "amina", asker=here)
    await keep(runtime, "diego", FRIDAY_AT_9 + QUARTER, asker=here)
    with pytest.raises(RateLimited) as refused:
        await keep(runtime, "elena", FRIDAY_AT_9 + 2 * QUARTER, asker=here)
    assert (refused.value.code, refused.value.retry_after_s) == ("too_many_holds", HOLD.total_seconds())
    await keep(runtime, "amina", FRIDAY_AT_9 + 2 * QUARTER, asker=here)  # instead of the first one
    await keep(runtime, "elena", asker=replace(here, address="elsewhere"))
    clock.advance(minutes=10)
    await keep(runtime, "farid", FRIDAY_AT_9 + 3 * QUARTER, asker=here)


async def test_a_hold_of_long_ago_is_forgotten(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await keep(runtime)
    clock.advance(hours=25)
    await keep(runtime, "diego")
    async with runtime.reading() as session:
        assert await hold_of(session, "amina") is None


async def test_a_person_with_a_hold_may_still_be_a_duplicate(runtime: Runtime, office: Office) -> None:
    await book(runtime, "centro", asking(AMINA))
    kept = await keep(runtime, at=FRIDAY_AT_9 + QUARTER)
    again = asking(AMINA, starts_at=FRIDAY_AT_9 + QUARTER)
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book(runtime, "centro", again, hold=hold_token(runtime, kept))
