"""Taking a ticket and what a person does with it, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Invalid, NotFound, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.tables import LineRow, OfficeRow
from office360.queue import service
from office360.queue.service import ByLocator, IssuedTicket, State, TicketRequest
from office360.queue.storage.tables import SegmentRow, TicketEventRow
from sqlalchemy import select, update

from ...conftest import MORNING, FakeClock
from ...support.office_fixture import build_office
from ..conftest import AT_11, BORIS, Hall


async def _set(runtime: Runtime, table: Any, **values: Any) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(update(table).values(**values))


# Without an appointment


async def test_numbers_of_a_line_have_no_gap_and_carry_its_letter(hall: Hall) -> None:
    codes = [(await hall.take()).ticket.code for _ in range(3)]
    assert codes == ["A-001", "A-002", "A-003"]
    assert (await hall.take("certificate")).ticket.code == "B-001"


async def test_a_refused_ticket_uses_no_number(hall: Hall) -> None:
    await hall.take(email="amina@example.org")
    with pytest.raises(Refused, match="already_waiting"):
        await hall.take(email="amina@example.org")
    assert (await hall.take()).ticket.number == 2


async def test_numbers_begin_again_each_day(hall: Hall, clock: FakeClock) -> None:
    await hall.take()
    clock.advance(days=1)
    assert (await hall.take()).ticket.number == 1


async def test_a_phone_is_told_how_many_are_ahead_and_a_range_of_time(hall: Hall) -> None:
    await hall.open()
    first, second = await hall.take(), await hall.take()
    seen = await hall.seen(second)
    assert (seen["ahead"], seen["desks_open"], seen["state"]) == (1, 1, "waiting")
    assert seen["eta"] == {"earliest": "2026-11-25T10:30:00+01:00", "latest": "2026-11-25T10:50:00+01:00"}
    assert (await hall.seen(first))["ahead"] == 0


async def test_without_an_open_desk_nobody_is_told_a_time(hall: Hall) -> None:
    seen = await hall.seen(await hall.take())
    assert (seen["ahead"], seen["eta"], seen["desks_open"]) == (0, None, 0)


async def test_the_promise_counts_the_appointments_that_could_still_come(hall: Hall) -> None:
    await hall.book(AT_11)
    await hall.book(AT_11, "Elena")
    await hall.open()
    early = await hall.take()
    assert (await hall.seen(early))["at_most_overtaken_by"] == 2  # called long before eleven
    for _ in range(4):
        await hall.take()
    assert (await hall.seen(await hall.take()))["at_most_overtaken_by"] == 4


async def test_a_service_that_admits_no_walk_ins_says_so_and_offers_an_appointment(hall: Hall) -> None:
    with pytest.raises(Refused, match="appointment_only") as refused:
        await hall.take("complaints")
    assert [one["kind"] for one in refused.value.details["alternatives"]] == ["video"]


async def test_an_unknown_or_missing_service_is_invalid(hall: Hall) -> None:
    for asked in ("nothing", None):
        with pytest.raises(Invalid):
            await service.take_ticket(hall.runtime, "centro", TicketRequest(service=asked))
    with pytest.raises(NotFound):
        await service.take_ticket(hall.runtime, "nowhere", TicketRequest(service="documents"))


async def test_a_closed_office_says_when_it_opens_and_which_other_is_open(hall: Hall, clock: FakeClock) -> None:
    await build_office(hall.runtime, slug="norte", name="Oficina Norte", position=1)
    clock.set(MORNING + timedelta(hours=10))
    with pytest.raises(Refused, match="closed") as refused:
        await hall.take()
    details = refused.value.details
    assert details["opens_at"] == "2026-11-26T09:00:00+01:00"
    assert details["opens"] == "mañana, 9:00"
    assert {one["kind"] for one in details["alternatives"]} == {"appointment"}  # the other is closed too


async def test_the_alternatives_exist_another_office_now_or_the_next_free_appointment(hall: Hall) -> None:
    await build_office(hall.runtime, slug="norte", name="Oficina Norte", position=1)
    await _set(hall.runtime, LineRow, stopped=True)
    async with hall.runtime.transaction() as tx:
        norte = select(OfficeRow.id).where(OfficeRow.slug == "norte").scalar_subquery()
        await tx.session.execute(update(LineRow).where(LineRow.office_id == norte).values(stopped=False))
    with pytest.raises(Refused, match="walk_ins_stopped") as refused:
        await hall.take("certificate")
    standby, office, appointment, video = refused.value.details["alternatives"]
    assert (standby["kind"], standby["waiting"]) == ("standby", 0)
    assert (office["kind"], office["office"], office["waiting"]) == ("office", "norte", 0)
    assert office["link"] == "/o/norte?service=certificate"
    assert appointment["link"] == "/appointments/new?office=centro&service=certificate&mode=in_person"
    assert video["mode"] == "video"


@pytest.mark.parametrize(
    ("table", "values", "code"),
    [
        (OfficeRow, {"paused": True}, "paused"),
        (LineRow, {"stopped": True}, "walk_ins_stopped"),
        (LineRow, {"daily_quota": 1}, "quota_reached"),
    ],
)
async def test_staff_can_stop_the_line(hall: Hall, table: Any, values: Any, code: str) -> None:
    await hall.take()
    await _set(hall.runtime, table, **values)
    with pytest.raises(Refused, match=code):
        await hall.take()


async def test_nobody_gets_a_ticket_that_would_not_be_served_before_closing(hall: Hall, clock: FakeClock) -> None:
    clock.set(MORNING + timedelta(hours=8, minutes=5))  # 18:35, closing at 19:00
    await hall.open()
    await hall.take()
    with pytest.raises(Refused, match="no_capacity"):
        await hall.take()


async def test_one_person_has_one_ticket_by_device_or_contact(hall: Hall) -> None:
    mine = await hall.take(device="phone-1", email="Amina@example.org", phone="+34600000000")
    for again in (
        {"device": "phone-1"},
        {"email": "amina@EXAMPLE.org"},
        {"phone": "+34600000000", "service_slug": "certificate"},
    ):
        with pytest.raises(Refused, match="already_waiting"):
            await hall.take(**again)
    await service.leave(hall.runtime, mine.token)
    await hall.take(device="phone-1", email="amina@example.org", phone="+34600000000")


async def test_only_the_device_that_took_the_ticket_gets_its_token_back(hall: Hall) -> None:
    mine = await hall.take(device="phone-1", email="amina@example.org")
    with pytest.raises(Refused) as same:
        await hall.take(device="phone-1")
    with pytest.raises(Refused) as other:
        await hall.take(device="phone-2", email="amina@example.org")
    assert same.value.details["token"] == mine.token
    assert same.value.details["links"]["page"].endswith(f"/t/{mine.token}")
    assert "token" not in other.value.details


async def test_a_program_of_the_office_takes_tickets_for_many(hall: Hall) -> None:
    for _ in range(2):
        await hall.take(device="kiosk", email="info@example.org", exempt=True)


async def test_an_e_mail_is_written_only_if_an_address_was_given(hall: Hall) -> None:
    await hall.open()
    await hall.take()
    mine = await hall.take(email="amina@example.org", language="en")
    async with hall.runtime.reading() as session:
        (letter,) = (await session.execute(select(OutboxRow))).scalars()
    assert (letter.kind, letter.recipient, letter.language) == ("ticket_issued", "amina@example.org", "en")
    assert letter.subject == f"ticket:{mine.ticket.id}"
    assert letter.payload["code"] == "A-002"
    assert letter.payload["service"] == "Registering documents"
    assert letter.payload["eta_earliest"] == "2026-11-25T10:30:00+01:00"
    assert mine.token not in str(letter.payload)


async def test_the_same_request_again_is_the_same_ticket(hall: Hall) -> None:
    mine = await hall.take(request_key="k1", device="phone-1")
    again = await hall.take(request_key="k1", device="phone-1")
    assert (again.ticket.id, again.token, again.again) == (mine.ticket.id, mine.token, True)
    with pytest.raises(Invalid) as invalid:
        await hall.take("certificate", request_key="k1", device="phone-1")
    assert invalid.value.code == "idempotency_mismatch"


async def test_a_requests_key_is_kept_for_a_day(hall: Hall, clock: FakeClock) -> None:
    mine = await hall.take(request_key="k1")
    clock.advance(days=1)
    assert (await hall.take(request_key="k1")).ticket.id != mine.ticket.id


async def test_a_double_tap_is_one_ticket(hall: Hall) -> None:
    taps = await asyncio.gather(*(hall.take(request_key="k1", device="phone-1") for _ in range(6)))
    assert len({tap.ticket.id for tap in taps}) == 1
    assert (await hall.take()).ticket.number == 2


async def test_two_requests_of_one_device_at_once_are_one_ticket(hall: Hall) -> None:
    asked = [hall.take(slug, device="phone-1") for slug in ("documents", "certificate") * 3]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    issued = [one for one in answers if isinstance(one, IssuedTicket)]
    assert len(issued) == 1
    refused = [one for one in answers if isinstance(one, Refused)]
    assert {one.code for one in refused} == {"already_waiting"}
    assert len(refused) == 5


async def test_many_people_at_once_get_numbers_without_a_gap(hall: Hall) -> None:
    issued = await asyncio.gather(*(hall.take() for _ in range(20)))
    assert sorted(one.ticket.number for one in issued) == list(range(1, 21))


# With an appointment


async def test_an_appointment_is_checked_in_and_goes_first_when_due(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    await hall.open()
    clock.set(AT_11 - timedelta(minutes=10))
    await hall.take()
    mine = await hall.check_in(appointment)
    assert mine.ticket.kind == "appointment"
    assert await hall.appointment_state(appointment) == "checked_in"
    clock.set(AT_11 - timedelta(minutes=2))
    called = await hall.call()
    assert called is not None
    assert called.id == mine.ticket.id


async def test_too_early_says_from_when(hall: Hall) -> None:
    appointment = await hall.book(AT_11)
    with pytest.raises(Refused, match="too_early") as refused:
        await hall.check_in(appointment)
    assert refused.value.details["opens_at"] == "2026-11-25T10:45:00+01:00"
    assert refused.value.details["opens"] == "10:45"
    assert await hall.appointment_state(appointment) == "confirmed"


async def test_half_an_hour_late_rebooking_is_offered(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11 + timedelta(minutes=30))
    with pytest.raises(Refused, match="too_late_for_turn") as refused:
        await hall.check_in(appointment)
    assert refused.value.details["alternatives"][0]["kind"] == "appointment"


async def test_an_appointment_has_one_ticket_however_often_it_is_asked_for(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    answers = await asyncio.gather(*(hall.check_in(appointment) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(one, IssuedTicket) for one in answers) == 1
    assert {one.code for one in answers if isinstance(one, Refused)} == {"already_waiting"}


async def test_by_locator_and_contact_one_gets_the_same_as_by_the_link(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    named = ByLocator(appointment.locator, "amina@example.org", "127.0.0.1")
    issued = await service.take_ticket(hall.runtime, "centro", TicketRequest(appointment=named))
    assert issued.ticket.appointment_id == appointment.id


async def test_guessing_locators_is_stopped(hall: Hall) -> None:
    guess = TicketRequest(appointment=ByLocator("AAAAAAAA", "amina@example.org", "127.0.0.1"))
    for _ in range(5):
        with pytest.raises(NotFound):
            await service.take_ticket(hall.runtime, "centro", guess)
    with pytest.raises(RateLimited):
        await service.take_ticket(hall.runtime, "centro", guess)


async def test_an_appointment_by_video_or_elsewhere_needs_no_turn_here(hall: Hall) -> None:
    await build_office(hall.runtime, slug="norte", name="Oficina Norte", position=1)
    appointment = await hall.book(AT_11)
    token = appointments.token_of(hall.runtime, appointment)
    with pytest.raises(Refused, match="appointment_elsewhere"):
        await service.take_ticket(hall.runtime, "norte", TicketRequest(appointment=token))
    booking = appointments.BookingRequest(
        service="certificate", mode="video", starts_at=AT_11, name="Elena", email="elena@example.org"
    )
    video = await appointments.book(hall.runtime, "centro", booking, request_key=None)
    with pytest.raises(Refused, match="appointment_is_video"):
        await hall.check_in(video)


async def test_a_cancelled_appointment_gives_no_turn(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    await appointments.cancel(hall.runtime, appointments.token_of(hall.runtime, appointment))
    clock.set(AT_11)
    with pytest.raises(Refused, match="appointment_over"):
        await hall.check_in(appointment)


async def test_whoever_leaves_an_appointments_turn_can_take_it_again(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    mine = await hall.check_in(appointment)
    await service.leave(hall.runtime, mine.token)
    assert await hall.appointment_state(appointment) == "confirmed"
    await hall.check_in(appointment)


async def test_an_appointment_is_served_or_a_no_show_with_its_ticket(hall: Hall, clock: FakeClock) -> None:
    served, missed = await hall.book(AT_11), await hall.book(AT_11, "Elena")
    clock.set(AT_11)
    await hall.open()
    first = await hall.check_in(served)
    await hall.call()
    await service.start(hall.runtime, BORIS, first.ticket.id)
    await service.finish(hall.runtime, BORIS, first.ticket.id, outcome="resolved", note="All done")
    second = await hall.check_in(missed)
    await hall.call()
    await service.no_show(hall.runtime, BORIS, second.ticket.id)
    assert await hall.appointment_state(served) == "served"
    assert await hall.appointment_state(missed) == "no_show"


async def test_when_the_day_is_over_an_appointment_was_served_or_is_a_no_show(
    hall: Hall, clock: FakeClock
) -> None:
    at_the_desk, in_the_room = await hall.book(AT_11), await hall.book(AT_11, "Elena")
    clock.set(AT_11)
    await hall.open()
    first = await hall.check_in(at_the_desk)
    await hall.call()
    await service.start(hall.runtime, BORIS, first.ticket.id)
    second = await hall.check_in(in_the_room)
    clock.set(MORNING + timedelta(hours=9))  # 19:30, half an hour after closing
    await hall.timers()
    assert (await hall.state(first), await hall.state(second)) == ("finished", "expired")
    assert await hall.appointment_state(at_the_desk) == "served"
    assert await hall.appointment_state(in_the_room) == "no_show"


async def test_when_a_ticket_is_left_the_others_move_up(hall: Hall) -> None:
    first, second = await hall.take(), await hall.take()
    await service.leave(hall.runtime, first.token)
    assert (await hall.seen(second))["ahead"] == 0
    assert await hall.state(first) == "left"
    assert (await service.leave(hall.runtime, first.token)).state is State.LEFT  # a second press is no fault


# What a person does


async def test_ten_more_minutes_let_the_others_go_first(hall: Hall, clock: FakeClock) -> None:
    first, second = await hall.take(), await hall.take()
    await hall.open()
    await service.postpone(hall.runtime, first.token)
    seen = await hall.seen(first)
    assert (seen["ahead"], seen["until"], seen["may"]) == (1, "2026-11-25T10:40:00+01:00", ["leave"])
    called = await hall.call()
    assert called is not None
    assert called.id == second.ticket.id
    with pytest.raises(Refused, match="postpone_used"):
        await service.postpone(hall.runtime, first.token)


async def test_ten_more_minutes_take_a_call_back_and_free_the_desk(hall: Hall) -> None:
    issued, _ = await hall.called()
    await service.postpone(hall.runtime, issued.token)
    assert await hall.state(issued) == "waiting"
    assert await hall.call() is None  # free again, and nobody there yet


async def test_a_line_has_its_own_numbers(hall: Hall, runtime: Runtime, clock: FakeClock) -> None:
    await _set(runtime, LineRow, rules={"check_in_opens": 3600, "postpones": 0, "postpone_by": 300})
    booked = await hall.book(AT_11 + timedelta(minutes=20))  # in 50 minutes
    issued = await hall.check_in(booked)
    assert (await hall.seen(issued))["may"] == ["leave"]
    with pytest.raises(Refused, match="postpone_used"):
        await service.postpone(runtime, issued.token)


async def test_help_is_shown_on_the_board(hall: Hall) -> None:
    issued = await hall.take()
    await service.ask_help(hall.runtime, issued.token)
    async with hall.runtime.reading() as session:
        board = await service.board(session, hall.office, hall.runtime.now(), "es")
    assert [one["help"] for one in board["tickets"]] == [True]
    await service.leave(hall.runtime, issued.token)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.ask_help(hall.runtime, issued.token)


async def test_an_unknown_token_is_not_found(hall: Hall) -> None:
    for act in (service.leave, service.rejoin, service.postpone, service.ask_help):
        with pytest.raises(NotFound):
            await act(hall.runtime, "nothing")


# The past


async def test_every_state_leaves_its_stretch_and_every_action_its_trace(hall: Hall, clock: FakeClock) -> None:
    issued, called = await hall.called()
    clock.advance(minutes=1)
    await service.start(hall.runtime, BORIS, called.id)
    clock.advance(minutes=9)
    await service.finish(hall.runtime, BORIS, called.id)
    async with hall.runtime.reading() as session:
        segments = list((await session.execute(select(SegmentRow).order_by(SegmentRow.ended_at))).scalars())
        events = list((await session.execute(select(TicketEventRow))).scalars())
    assert [(one.state, one.ended_at - one.started_at) for one in segments] == [
        ("waiting", timedelta()),
        ("called", timedelta(minutes=1)),
        ("serving", timedelta(minutes=9)),
    ]
    assert {(one.action, one.actor, one.before, one.after) for one in events} == {
        ("issued", "citizen", None, "waiting"),
        ("called", "staff:boris", "waiting", "called"),
        ("started", "staff:boris", "called", "serving"),
        ("finished", "staff:boris", "serving", "finished"),
    }
    assert issued.ticket.id == called.id
