"""The place of a visit of several services, given back: whole to whoever wants as much, or part by part."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.domain.appointment import MoreService
from office360.appointments.domain.freed_slot import Share, first_fit, left_of, shares_of
from office360.appointments.domain.slots import Slot
from office360.appointments.service import Appointment, cancel, reschedule
from office360.appointments.storage.tables import HoldRow, OfferRow
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Invalid, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_offices
from office360.offices.tables import ServiceRow
from sqlalchemy import update

from ...conftest import FakeClock
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking
from .test_earlier_slot import BORIS, CARMEN, accept, offer_to, rows, token, worker
from .test_waitlist import NOBODY_ELSE, offered, waits

BOTH: dict[str, Any] = {"service": "documents", "more_services": ("certificate",)}
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def after(minutes: int) -> datetime:
    """So many minutes after nine on Friday."""
    return FRIDAY_AT_9 + timedelta(minutes=minutes)


async def visit(runtime: Runtime, person: dict[str, str], minutes: int = 0, **asked: Any) -> Appointment:
    """In person, so many minutes after nine."""
    wanted = asking(person, mode="in_person", starts_at=after(minutes), **asked)
    return await service.book(runtime, "centro", wanted)


async def wants(runtime: Runtime, person: dict[str, str], minutes: int, **asked: Any) -> Appointment:
    later = await visit(runtime, person, minutes, **asked)
    return await service.want_earlier(runtime, token(runtime, later), service.Wish())


async def waits_on(runtime: Runtime, email: str, **asked: Any) -> str:
    """The token of somebody of the waiting list who was told of what anybody can book, and let it pass."""
    found = await waits(runtime, email, mode="in_person", **asked)
    await worker(runtime)
    told = await offered(runtime, found)
    assert told is not None
    await service.refuse_waiting(runtime, found, told.id)
    await worker(runtime)
    return found


async def places(runtime: Runtime) -> list[tuple[str, int, int, int]]:
    """What is kept: why, from and until how many minutes after nine, how many services after the first."""
    found = [
        (
            one.purpose,
            (one.starts_at - FRIDAY_AT_9) // timedelta(minutes=1),
            (one.ends_at - FRIDAY_AT_9) // timedelta(minutes=1),
            len(one.more_services),
        )
        for one in await rows(runtime, HoldRow)
    ]
    return sorted(found, key=lambda one: one[1])


async def freed(runtime: Runtime, gone: Appointment) -> None:
    await cancel(runtime, token(runtime, gone))
    await worker(runtime)


async def test_whoever_wants_as_much_is_offered_the_whole_of_it(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await visit(runtime, AMINA, **BOTH), await wants(runtime, DIEGO, 180, **BOTH)
    await freed(runtime, amina)
    offer = await offer_to(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, after(25))
    with pytest.raises(Refused, match="slot_taken"):
        await visit(runtime, CARMEN, 15)  # the certificate's part is kept too
    moved = await accept(runtime, diego)
    assert (moved.starts_at, moved.service_slugs) == (FRIDAY_AT_9, ("documents", "certificate"))
    await worker(runtime)
    assert await places(runtime) == [("rest", 180, 205, 1)]


async def test_who_asked_first_takes_a_part_and_the_rest_goes_on(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, boris = await visit(runtime, AMINA, **BOTH), await wants(runtime, BORIS, 120, service="documents")
    carmen = await waits_on(runtime, CARMEN["email"])
    await freed(runtime, amina)
    offer = await offer_to(runtime, boris)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, after(10))
    assert ("offer", 0, 25, 1) in await places(runtime), "it stays whole until he answers"
    assert await offered(runtime, carmen) is None
    assert (await accept(runtime, boris)).starts_at == FRIDAY_AT_9
    await worker(runtime)
    left = await offered(runtime, carmen)
    assert left is not None
    assert (left.starts_at, left.ends_at) == (after(15), after(30)), "where the certificate's own times begin"


async def test_whoever_wants_the_whole_comes_after_a_refusal_of_a_part(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, boris = await visit(runtime, AMINA, **BOTH), await wants(runtime, BORIS, 120, service="documents")
    clock.advance(seconds=1)
    diego = await wants(runtime, DIEGO, 180, **BOTH)
    await freed(runtime, amina)
    offer = await offer_to(runtime, boris)
    assert offer is not None
    await service.refuse_earlier(runtime, token(runtime, boris), offer.id)
    await worker(runtime)
    whole = await offer_to(runtime, diego)
    assert whole is not None
    assert whole.ends_at - whole.starts_at == timedelta(minutes=25)
    assert (await accept(runtime, diego)).starts_at == FRIDAY_AT_9


async def test_whoever_is_on_the_list_has_the_form_of_their_part_only(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await visit(runtime, AMINA, **BOTH)
    diego = await waits_on(runtime, DIEGO["email"], service="documents")
    await freed(runtime, amina)
    offer = await offered(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, after(10))
    await service.accept_waiting(runtime, diego, offer.id, NOBODY_ELSE)
    await worker(runtime)
    assert await places(runtime) == [("booking", 0, 10, 0), ("rest", 15, 30, 0)]
    async with runtime.reading() as session:
        kept = await service.hold_of(session, NOBODY_ELSE)
    assert kept is not None
    assert kept.keeps((office.service("documents").id,), "in_person", FRIDAY_AT_9, clock.now())


async def test_whoever_waits_for_several_services_is_offered_room_for_all_of_them(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, carmen = await visit(runtime, AMINA, **BOTH), await visit(runtime, CARMEN, 30, service="documents")
    await visit(runtime, BORIS, 30)  # so there is no room for a certificate after Carmen's documents
    diego = await waits_on(runtime, DIEGO["email"], **BOTH)
    (told,) = await rows(runtime, OfferRow)
    assert told.ends_at - told.starts_at == timedelta(minutes=25)
    await freed(runtime, carmen)
    assert await offered(runtime, diego) is None
    await freed(runtime, amina)
    offer = await offered(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, after(25))
    await service.accept_waiting(runtime, diego, offer.id, NOBODY_ELSE)
    assert ("booking", 0, 25, 1) in await places(runtime)
    both = tuple(office.service(slug).id for slug in ("documents", "certificate"))
    async with runtime.reading() as session:
        kept = await service.hold_of(session, NOBODY_ELSE)
    assert kept is not None
    assert kept.keeps(both, "in_person", FRIDAY_AT_9, clock.now())
    letter = next(one for one in await rows(runtime, OutboxRow) if one.kind == "waiting_offer")
    assert letter.payload["service"] == "Registro de documentos, Certificado digital"


@sqlite_only
async def test_one_waits_only_for_what_can_be_done_in_one_visit(runtime: Runtime, office: Office) -> None:
    for more in (("complaints",), ("documents",), ("unknown",)):
        with pytest.raises(Invalid) as caught:
            await waits(runtime, DIEGO["email"], service="documents", more_services=more, mode="in_person")
        assert [(one.field, one.code) for one in caught.value.fields] == [("more_services", "not_a_choice")]


async def test_a_long_place_that_nobody_wants_rests_in_one_piece(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await freed(runtime, await visit(runtime, AMINA, **BOTH))
    (place,) = await rows(runtime, HoldRow)
    assert await places(runtime) == [("rest", 0, 25, 1)]
    clock.set(place.expires_at)
    await worker(runtime)
    assert (await visit(runtime, DIEGO, **BOTH)).ends_at == after(25)


async def test_what_can_still_be_booked_of_a_long_place_is_kept(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await visit(runtime, AMINA, **BOTH)
    await cancel(runtime, token(runtime, amina))
    async with runtime.transaction() as tx:  # nobody gives certificates in person any more
        row = update(ServiceRow).where(ServiceRow.slug == "certificate")
        await tx.session.execute(row.values(capacity={"video": 1}))
        await bump_offices(tx.session, [office.id])
    for _ in range(2):
        await worker(runtime)
    assert await places(runtime) == [("rest", 0, 10, 0)]


@sqlite_only
async def test_whoever_moved_a_long_visit_away_comes_back_with_all_of_it(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await visit(runtime, AMINA, **BOTH)
    moved = await reschedule(runtime, token(runtime, amina), after(60))
    await worker(runtime)
    back = await reschedule(runtime, token(runtime, moved), FRIDAY_AT_9)
    assert (back.starts_at, back.service_slugs) == (FRIDAY_AT_9, ("documents", "certificate"))


@sqlite_only
async def test_whoever_takes_back_a_part_of_what_they_gave_up_leaves_the_rest(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await freed(runtime, await visit(runtime, AMINA, **BOTH))
    again = await visit(runtime, AMINA, 60, service="documents")
    assert (await reschedule(runtime, token(runtime, again), FRIDAY_AT_9)).ends_at == after(10)
    await worker(runtime)
    assert await places(runtime) == [("rest", 15, 30, 0), ("rest", 60, 70, 0)]


# Pure


def shares(*minutes: int) -> tuple[Share, ...]:
    more = [MoreService(f"s{number}", f"s{number}", one) for number, one in enumerate(minutes)][1:]
    return shares_of("s0", FRIDAY_AT_9, after(sum(minutes)), more)


def test_each_service_has_its_share_of_a_place() -> None:
    found = [(one.service_id, one.starts_at, one.ends_at) for one in shares(10, 15, 5)]
    assert found == [("s0", after(0), after(10)), ("s1", after(10), after(25)), ("s2", after(25), after(30))]


def test_a_visit_has_the_first_time_within_the_share_of_its_service() -> None:
    free = [Slot(after(at), after(at + 15), 1) for at in (0, 15, 20, 30)]
    assert first_fit(shares(10, 15), free, "s1") == free[1]
    assert first_fit(shares(10, 5), free, "s1") is None
    assert first_fit(shares(10, 5), free, "other") is None


@pytest.mark.parametrize(
    ("begins", "ends", "left"),
    [
        (0, 10, [("s1", "s2")]),
        (10, 25, [("s0",), ("s2",)]),
        (15, 30, [("s0",)]),
        (0, 30, []),
        (25, 30, [("s0", "s1")]),
    ],
)
def test_what_a_visit_does_not_touch_is_left_in_one_piece(
    begins: int, ends: int, left: list[tuple[str, ...]]
) -> None:
    runs = left_of(shares(10, 15, 5), after(begins), after(ends))
    assert [tuple(one.service_id for one in run) for run in runs] == left
