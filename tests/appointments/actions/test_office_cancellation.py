"""The office cancels one appointment or all of a day: everybody is told why, and has a place kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import time, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions import office_cancellation
from office360.appointments.actions.office_cancellation import Span, cancel_by_office, cancel_span
from office360.appointments.domain.requester import Asker, Limits
from office360.appointments.service import Appointment, AppointmentState, book
from office360.appointments.storage.tables import ClosedSpanRow, HoldRow, OfferRow
from office360.core.auth import Principal, Role
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due
from office360.core.errors import Invalid, NotAllowed, NotFound, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking

S = AppointmentState
CARMEN = Principal("carmen", "Carmen", Role.HOST, frozenset({"centro"}))
BORIS = Principal("boris", "Boris", Role.AGENT, frozenset({"centro"}))
FRIDAY = FRIDAY_AT_9.date()
QUARTER = timedelta(minutes=15)
SOMEBODY = Asker(address="wifi", device="phone", limits=Limits())
REASON = "El agente está de baja."


async def booked(runtime: Runtime, count: int, **more: Any) -> list[Appointment]:
    """So many people, one after the other from nine on Friday."""
    return [
        await book(
            runtime,
            "centro",
            asking(
                {"name": f"Persona {n}", "email": f"p{n}@example.org"}, starts_at=FRIDAY_AT_9 + n * QUARTER, **more
            ),
        )
        for n in range(count)
    ]


def person(number: int) -> dict[str, str]:
    return {"name": f"Persona {number}", "email": f"p{number}@example.org"}


def token(runtime: Runtime, appointment: Appointment) -> str:
    return service.token_of(runtime, appointment)


async def rows(runtime: Runtime, table: Any, **equal: Any) -> list[Any]:
    async with runtime.reading() as session:
        return list((await session.execute(select(table).filter_by(**equal).order_by(table.id))).scalars())


async def ways(runtime: Runtime, office: Office, appointment: Appointment) -> list[service.Way]:
    async with runtime.reading() as session:
        found = await service.appointment_by_id(session, appointment.id)
        certificate = office.service(found.service_slug)
        return await service.ways_to_rebook(session, office, certificate, found, runtime.now())


async def test_whoever_is_cancelled_is_told_why_and_has_the_nearest_place_kept(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    (amina,) = await booked(runtime, 1)
    gone = await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    assert (gone.state, gone.cancel_reason, gone.revision) == (S.CANCELLED_OFFICE, REASON, 1)
    (letter,) = await rows(runtime, OutboxRow, kind="appointment_office_cancelled")
    assert letter.payload["reason"] == REASON
    assert letter.payload["first_at"] == "2026-11-27T08:15:00+00:00", "not the time that was just taken back"
    found = await ways(runtime, office, gone)
    assert [(way.starts_at - FRIDAY_AT_9) // QUARTER for way in found] == [1, 2, 3]
    assert [way.kept_until for way in found] == [clock.now() + timedelta(hours=24), None, None]
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(DIEGO, starts_at=FRIDAY_AT_9 + QUARTER))


async def test_a_time_that_was_taken_back_is_nobodys_until_it_is_over(runtime: Runtime, office: Office) -> None:
    (amina,) = await booked(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    await fire_due(runtime, service.TIMERS)
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(DIEGO))


async def test_one_tap_books_the_kept_place_with_everything_that_is_known(
    runtime: Runtime, office: Office
) -> None:
    amina = await book(runtime, "centro", asking(phone="+34600000000", needs=("accompanied",), language="en"))
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    both = await asyncio.gather(
        *(service.rebook(runtime, token(runtime, amina), FRIDAY_AT_9 + QUARTER) for _ in range(2))
    )
    assert both[0] == both[1]
    new = both[0]
    kept = (new.name, new.email, new.phone, new.needs, new.language, new.starts_at)
    assert kept == (amina.name, amina.email, amina.phone, amina.needs, amina.language, FRIDAY_AT_9 + QUARTER)
    assert [one.purpose for one in await rows(runtime, HoldRow)] == ["rest"]
    assert await ways(runtime, office, amina) == []
    async with runtime.reading() as session:
        found = await service.appointment_by_locator(session, amina.locator, amina.email)
    assert found.id == new.id


async def test_another_of_the_times_frees_the_kept_one(runtime: Runtime, office: Office) -> None:
    (amina,) = await booked(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    new = await service.rebook(runtime, token(runtime, amina), FRIDAY_AT_9 + 3 * QUARTER)
    assert new.starts_at == FRIDAY_AT_9 + 3 * QUARTER
    assert [one.state for one in await rows(runtime, OfferRow)] == ["refused"]


async def test_a_kept_place_that_is_not_used_goes_to_others(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    (amina,) = await booked(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    clock.advance(hours=24)
    await fire_due(runtime, service.TIMERS)
    assert [one.state for one in await rows(runtime, OfferRow)] == ["expired"]
    clock.advance(minutes=15)
    new = await book(runtime, "centro", asking(DIEGO, starts_at=FRIDAY_AT_9 + QUARTER))
    assert new.state is S.CONFIRMED


async def test_where_nobody_understands_the_rules_no_time_is_shown_and_the_page_is(
    runtime: Runtime, office: Office
) -> None:
    (amina,) = await booked(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    broken = await set_agenda(runtime, office, lead="soon")
    assert await ways(runtime, broken, amina) == []


async def test_only_who_was_cancelled_by_the_office_books_again_so(runtime: Runtime, office: Office) -> None:
    (amina,) = await booked(runtime, 1)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.rebook(runtime, token(runtime, amina), FRIDAY_AT_9 + QUARTER)
    await service.cancel(runtime, token(runtime, amina))
    with pytest.raises(Refused, match="illegal_transition"):
        await service.rebook(runtime, token(runtime, amina), FRIDAY_AT_9 + QUARTER)


async def test_whoever_has_booked_anew_meanwhile_does_not_book_twice(runtime: Runtime, office: Office) -> None:
    (one,) = await booked(runtime, 1)
    await cancel_by_office(runtime, CARMEN, one.id, REASON)
    await book(
        runtime, "centro", asking({"name": one.name, "email": one.email}, starts_at=FRIDAY_AT_9 + 8 * QUARTER)
    )
    with pytest.raises(Refused, match="duplicate_appointment"):
        await service.rebook(runtime, token(runtime, one), FRIDAY_AT_9 + QUARTER)


async def test_a_morning_is_cancelled_with_a_place_apart_for_each(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_cancellation, "AT_ONCE", 3)
    people = await booked(runtime, 8)
    span = Span(FRIDAY, end=time(11), service="certificate", mode="video")
    gone = await cancel_span(runtime, CARMEN, "centro", span, REASON)
    assert [one.id for one in gone] == [one.id for one in people]
    kept = [(await ways(runtime, office, one)) for one in people]
    places = [way.starts_at for each in kept for way in each if way.kept_until is not None]
    assert len(set(places)) == 8
    assert all(not FRIDAY_AT_9 <= place < FRIDAY_AT_9 + 8 * QUARTER for place in places)
    assert len(await rows(runtime, OutboxRow, kind="appointment_office_cancelled")) == 8
    for one, place in zip(people, places, strict=True):
        assert (await service.rebook(runtime, token(runtime, one), place)).starts_at == place


async def test_cancelling_a_span_again_changes_nothing(runtime: Runtime, office: Office) -> None:
    await booked(runtime, 2)
    assert len(await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY), REASON)) == 2
    holds = len(await rows(runtime, HoldRow))
    assert len(await rows(runtime, ClosedSpanRow)) == 1
    assert await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY), REASON) == []
    assert len(await rows(runtime, HoldRow)) == holds
    assert len(await rows(runtime, ClosedSpanRow)) == 1
    assert len(await rows(runtime, OutboxRow, kind="appointment_office_cancelled")) == 2


async def test_the_free_times_of_a_span_are_closed_and_no_others(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    span = Span(FRIDAY, start=time(10), end=time(12), service="certificate", mode="video")
    await cancel_span(runtime, CARMEN, "centro", span, REASON)
    async with runtime.reading() as session:
        certificate = office.service("certificate")
        video = await service.free_times(session, office, certificate, "video", clock.now(), FRIDAY, 1)
        person = await service.free_times(session, office, certificate, "in_person", clock.now(), FRIDAY, 1)
    hours = {slot.starts_at.astimezone(office.timezone).hour for slot in video}
    assert hours == {9, 12, 13, 14, 15, 16, 17, 18}
    assert len(person) == 40


async def test_a_closed_span_is_opened_again_with_the_places_that_were_cancelled_and_no_others(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await booked(runtime, 2)
    await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY, end=time(12), mode="video"), REASON)
    other = await book(runtime, "centro", asking(DIEGO, starts_at=FRIDAY_AT_9, mode="in_person"))
    await cancel_by_office(runtime, CARMEN, other.id, REASON)
    async with runtime.reading() as session:
        (closed,) = await service.closed_to_come(session, office, clock.now())
    with pytest.raises(NotAllowed):
        await service.open_again(runtime, BORIS, "centro", closed.id)
    presses = (service.open_again(runtime, CARMEN, "centro", closed.id) for _ in range(2))
    done = await asyncio.gather(*presses, return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [NotFound]
    assert await rows(runtime, ClosedSpanRow) == []
    async with runtime.reading() as session:
        assert await service.closed_to_come(session, office, clock.now()) == []
    assert (await book(runtime, "centro", asking(person(9)))).starts_at == FRIDAY_AT_9
    resting = [one for one in await rows(runtime, HoldRow) if one.purpose == "rest"]
    assert [one.mode for one in resting] == ["in_person"]


async def test_a_span_is_closed_on_a_date_that_is_released_later(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    office = await set_agenda(runtime, office, release={"days": 1, "at": "09:00"})
    await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY, end=time(12)), REASON)
    clock.advance(days=1)  # Friday is released on Thursday at nine
    async with runtime.reading() as session:
        certificate = office.service("certificate")
        free = await service.free_times(session, office, certificate, "video", clock.now(), FRIDAY, 1)
    assert min(slot.starts_at.astimezone(office.timezone).time() for slot in free) == time(12)


async def test_staff_give_a_time_of_a_closed_span_with_a_reason_only(runtime: Runtime, office: Office) -> None:
    await set_agenda(runtime, office, internal={"video": 3})
    await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY), REASON)
    with pytest.raises(Refused, match="slot_taken"):
        await service.book_inside(runtime, CARMEN, "centro", asking())
    made = await service.book_inside(runtime, CARMEN, "centro", asking(override="Another agent comes."))
    assert made.state is S.CONFIRMED


async def test_a_visit_is_meant_when_any_of_its_services_is(runtime: Runtime, office: Office) -> None:
    both = await book(
        runtime, "centro", asking(service="documents", mode="in_person", more_services=("certificate",))
    )
    await book(runtime, "centro", asking(DIEGO, service="documents", mode="in_person"))
    gone = await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY, service="certificate"), REASON)
    assert [one.id for one in gone] == [both.id]
    with pytest.raises(Refused, match="slot_taken"):  # the certificate would be in the closed span
        await book(
            runtime,
            "centro",
            asking(
                starts_at=FRIDAY_AT_9 + timedelta(hours=2),
                service="documents",
                mode="in_person",
                more_services=("certificate",),
            ),
        )


async def test_a_span_of_a_service_that_the_office_does_not_give_is_not_closed(
    runtime: Runtime, office: Office
) -> None:
    with pytest.raises(Invalid) as refused:
        await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY, service="weddings"), REASON)
    assert [(one.field, one.code) for one in refused.value.fields] == [("service", "not_a_choice")]


async def test_whoever_needs_an_interpreter_has_a_place_kept_to_which_one_can_come_after_the_answer(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    diego = await book(runtime, "centro", asking(DIEGO))
    amina = await book(runtime, "centro", asking(AMINA, starts_at=FRIDAY_AT_9 + QUARTER, needs=("sign_language",)))
    clock.set(FRIDAY_AT_9 - timedelta(hours=1))
    await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY, end=time(11)), REASON)
    kept = [next(way for way in await ways(runtime, office, one) if way.kept_until) for one in (diego, amina)]
    assert kept[0].starts_at == FRIDAY_AT_9 + 8 * QUARTER
    assert kept[1].starts_at >= clock.now() + timedelta(hours=48)
    assert kept[1].kept_until == clock.now() + timedelta(hours=24)
    with pytest.raises(Refused, match="slot_taken"):
        await service.rebook(runtime, token(runtime, amina), FRIDAY_AT_9 + 12 * QUARTER)
    assert (await service.rebook(runtime, token(runtime, amina), kept[1].starts_at)).needs == amina.needs


async def test_what_has_begun_or_is_elsewhere_is_left_alone(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    people = await booked(runtime, 3)
    other = await book(runtime, "centro", asking(AMINA, mode="in_person"))
    clock.set(FRIDAY_AT_9 + timedelta(minutes=1))
    gone = await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY, mode="video"), REASON)
    assert [one.id for one in gone] == [one.id for one in people[1:]]
    async with runtime.reading() as session:
        assert (await service.appointment_by_id(session, other.id)).state is S.CONFIRMED


async def test_a_visit_whose_e_mail_is_not_verified_yet_is_cancelled_with_the_others(
    runtime: Runtime, office: Office
) -> None:
    made = await book(runtime, "centro", asking(), asker=SOMEBODY)
    assert made.state is S.PRECONFIRMED
    async with runtime.reading() as session:
        asked = await service.to_cancel(session, office, Span(FRIDAY), runtime.now())
    assert [one.id for one in asked] == [made.id]
    gone = await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY), REASON)
    assert [(one.id, one.state) for one in gone] == [(made.id, S.CANCELLED_OFFICE)]
    assert await rows(runtime, OfferRow) == []  # a place is kept for who has shown that they read their mailbox
    with pytest.raises(Refused, match="illegal_transition"):
        await service.rebook(runtime, service.token_of(runtime, made), FRIDAY_AT_9 + timedelta(days=3))


async def test_a_place_that_a_form_keeps_is_closed_with_its_span(runtime: Runtime, office: Office) -> None:
    kept = await service.hold(runtime, "centro", "certificate", "video", FRIDAY_AT_9, holder="device:a")
    await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY), REASON)
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(), hold=service.hold_token(runtime, kept))


async def test_a_place_that_is_being_offered_is_closed_with_its_span(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    (amina,) = await booked(runtime, 1)
    later = await book(runtime, "centro", asking(DIEGO, starts_at=FRIDAY_AT_9 + timedelta(days=3)))
    await service.want_earlier(runtime, token(runtime, later), service.Wish())
    await service.cancel(runtime, token(runtime, amina))
    await fire_due(runtime, service.TIMERS)
    (offer,) = await rows(runtime, OfferRow)
    await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY), REASON)
    with pytest.raises(Refused, match="offer_over"):
        await service.accept_earlier(runtime, token(runtime, later), offer.id)
    clock.advance(hours=1)
    await fire_due(runtime, service.TIMERS)
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(AMINA))


async def test_only_a_host_of_the_office_cancels_for_it(runtime: Runtime, office: Office) -> None:
    (amina,) = await booked(runtime, 1)
    stranger = Principal("diego", "Diego", Role.HOST, frozenset({"norte"}))
    for who, error in ((BORIS, NotAllowed), (stranger, NotAllowed), (None, Unauthenticated)):
        with pytest.raises(error):
            await cancel_by_office(runtime, who, amina.id, REASON)
        with pytest.raises(error):
            await cancel_span(runtime, who, "centro", Span(FRIDAY), REASON)
    with pytest.raises(NotFound):
        await cancel_by_office(runtime, CARMEN, "nobody", REASON)


async def test_a_full_day_is_cancelled_in_bounded_transactions_with_places_on_other_days(
    runtime: Runtime, office: Office
) -> None:
    async with runtime.transaction() as tx:
        for n in range(2 * 60):  # two at once, ten minutes each, from nine until seven
            at = FRIDAY_AT_9 + (n // 2) * timedelta(minutes=10)
            await service.enter(tx, office, asking(person(n), service="documents", mode="in_person", starts_at=at))
    gone = await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY), REASON)
    assert len(gone) == 2 * 60
    kept = Counter(one.starts_at for one in await rows(runtime, OfferRow, state="open"))
    assert kept.total() == 2 * 60
    assert max(kept.values()) == 2
    assert FRIDAY not in {moment.date() for moment in kept}
