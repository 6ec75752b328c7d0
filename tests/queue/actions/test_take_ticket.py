"""Tickets and the actions of their citizens, on both databases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from office360.appointments import service as appointments
from office360.core.db.outbox import OutboxRow
from office360.core.db.session_hooks import is_read_only
from office360.core.errors import Invalid, NotFound, RateLimited, Refused
from office360.core.i18n.dates import format_optional_rfc3339
from office360.core.runtime import Runtime
from office360.offices.service import bump_office_versions, office_by_slug
from office360.offices.storage.tables import LineRow, OfficeRow, ServiceRow
from office360.queue import service
from office360.queue.actions import refusals
from office360.queue.actions.agent import record_no_show
from office360.queue.actions.citizen import postpone_call, rejoin_line
from office360.queue.actions.host import check_in_appointment
from office360.queue.actions.ticket_request import AppointmentByLocator, IssuedTicket
from office360.queue.domain import call_order, wait_estimate
from office360.queue.queries.office_state import load_office_state
from office360.queue.queries.staff_board import staff_board
from office360.queue.queries.walk_in_admission import walk_in_options
from office360.queue.service import TicketRequest, TicketState
from office360.queue.storage.tables import SegmentRow, TicketEventRow, TicketRow
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...conftest import MORNING, FakeClock
from ...notifications.support.channels import SMS_OFFERS, sms_offers
from ...support.office_fixture import build_office
from ..conftest import AT_11, BORIS, CARMEN, OfficeDriver


async def _update_rows(runtime: Runtime, table: Any, **values: Any) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(update(table).values(**values))


# Walk-ins


async def test_kept_call_range_is_the_told_one(driver: OfficeDriver, clock: FakeClock) -> None:
    await driver.open_desk()
    clock.advance(minutes=2)
    issued = await driver.take_ticket()
    told = (await driver.ticket_json(issued))["eta"]
    async with driver.runtime.read_session() as session:
        row = await session.get_one(TicketRow, issued.ticket.id)
    zone = driver.office.timezone
    assert told == {
        "earliest": format_optional_rfc3339(row.shown_earliest, zone),
        "latest": format_optional_rfc3339(row.shown_latest, zone),
    }


async def test_ticket_codes_have_letter_and_consecutive_numbers(driver: OfficeDriver) -> None:
    codes = [(await driver.take_ticket()).ticket.code for _ in range(3)]
    assert codes == ["A-001", "A-002", "A-003"]
    assert (await driver.take_ticket("certificate")).ticket.code == "B-001"


async def test_refused_ticket_uses_no_number(driver: OfficeDriver) -> None:
    await driver.take_ticket(device="phone-1")
    with pytest.raises(Refused, match="already_waiting"):
        await driver.take_ticket(device="phone-1")
    assert (await driver.take_ticket()).ticket.number == 2


async def test_ticket_numbers_restart_each_day(driver: OfficeDriver, clock: FakeClock) -> None:
    await driver.take_ticket()
    clock.advance(days=1)
    assert (await driver.take_ticket()).ticket.number == 1


async def test_ticket_shows_position_and_range(driver: OfficeDriver) -> None:
    await driver.open_desk()
    first, second = await driver.take_ticket(), await driver.take_ticket()
    seen = await driver.ticket_json(second)
    assert (seen["ahead"], seen["desks_open"], seen["state"]) == (1, 1, "waiting")
    assert seen["eta"] == {"earliest": "2026-11-25T10:30:00+01:00", "latest": "2026-11-25T10:50:00+01:00"}
    assert (await driver.ticket_json(first))["ahead"] == 0


async def test_ticket_without_open_desk_has_no_range(driver: OfficeDriver) -> None:
    seen = await driver.ticket_json(await driver.take_ticket())
    assert (seen["ahead"], seen["eta"], seen["desks_open"]) == (0, None, 0)


async def test_overtaking_limit_counts_expected_appointments(driver: OfficeDriver) -> None:
    await driver.book_appointment(AT_11)
    await driver.book_appointment(AT_11, "Elena")
    await driver.open_desk()
    early = await driver.take_ticket()
    assert (await driver.ticket_json(early))["at_most_overtaken_by"] == 2  # called long before 11:00
    for _ in range(4):
        await driver.take_ticket()
    assert (await driver.ticket_json(await driver.take_ticket()))["at_most_overtaken_by"] == 4


async def test_appointment_only_service_offers_appointments(driver: OfficeDriver) -> None:
    with pytest.raises(Refused, match="appointment_only") as refused:
        await driver.take_ticket("complaints")
    assert [alternative["kind"] for alternative in refused.value.details["alternatives"]] == ["video"]


async def test_unknown_service_is_invalid_and_office_not_found(driver: OfficeDriver) -> None:
    for asked in ("nothing", None):
        with pytest.raises(Invalid):
            await service.take_ticket(driver.runtime, "centro", TicketRequest(service=asked))
    with pytest.raises(NotFound):
        await service.take_ticket(driver.runtime, "nowhere", TicketRequest(service="documents"))


async def test_closed_office_names_opening_and_open_alternatives(driver: OfficeDriver, clock: FakeClock) -> None:
    await build_office(driver.runtime, slug="norte", name="Oficina Norte", position=1)
    clock.set(MORNING + timedelta(hours=10))
    with pytest.raises(Refused, match="closed") as refused:
        await driver.take_ticket()
    details = refused.value.details
    assert details["opens_at"] == "2026-11-26T09:00:00+01:00"
    assert details["opens"] == "mañana, 9:00"
    assert {alternative["kind"] for alternative in details["alternatives"]} == {
        "appointment"
    }  # the other office is closed too


async def test_alternatives_are_simulated_without_locks(
    driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = []
    find = refusals.find_alternatives

    async def find_and_record(session: AsyncSession, *more: Any) -> list[dict[str, Any]]:
        sessions.append(session)
        return await find(session, *more)

    monkeypatch.setattr(refusals, "find_alternatives", find_and_record)
    await _update_rows(driver.runtime, LineRow, stopped=True)
    with pytest.raises(Refused, match="walk_ins_stopped"):
        await driver.take_ticket()
    with pytest.raises(Refused, match="too_early"):
        await driver.check_in(await driver.book_appointment(AT_11 + timedelta(hours=1)))
    assert [is_read_only(session) for session in sessions] == [True, True]


async def test_services_of_a_line_share_one_simulation(
    driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driver.runtime.transaction() as tx:
        line = driver.office.service("documents").line_id
        walk_in = {"line_id": line, "walk_in": True, "modes": ["in_person"]}
        await tx.session.execute(update(ServiceRow).values(**walk_in))
        await bump_office_versions(tx.session, [driver.office.id])
    await driver.open_desk()
    simulate = Mock(wraps=call_order.simulate_desks)
    monkeypatch.setattr(wait_estimate, "simulate_desks", simulate)
    async with driver.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        state = await load_office_state(session, office, driver.runtime.now())
        options = walk_in_options(state, "es")
    assert [option.refusal for option in options] == [None] * 3
    assert simulate.call_count == 1


async def test_entrance_counts_the_people_whom_the_ticket_then_counts(
    driver: OfficeDriver, clock: FakeClock
) -> None:
    for slug in ("certificate", "certificate", "documents"):
        await driver.take_ticket(slug)
    await driver.open_desk()
    clock.advance(minutes=1)
    async with driver.runtime.read_session() as session:
        state = await load_office_state(session, driver.office, driver.runtime.now())
        waits = {option.service.slug: option.wait for option in walk_in_options(state, "es")}
    assert (waits["documents"].waiting, waits["documents"].ahead) == (1, 3)
    assert (await driver.ticket_json(await driver.take_ticket()))["ahead"] == 3


async def test_refusal_offers_standby_office_and_appointments(
    driver: OfficeDriver,
) -> None:
    await build_office(driver.runtime, slug="norte", name="Oficina Norte", position=1)
    await _update_rows(driver.runtime, LineRow, stopped=True)
    async with driver.runtime.transaction() as tx:
        norte = select(OfficeRow.id).where(OfficeRow.slug == "norte").scalar_subquery()
        await tx.session.execute(update(LineRow).where(LineRow.office_id == norte).values(stopped=False))
    with pytest.raises(Refused, match="walk_ins_stopped") as refused:
        await driver.take_ticket("certificate")
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
async def test_pause_stop_or_quota_refuses_walk_in(
    driver: OfficeDriver, table: Any, values: Any, code: str
) -> None:
    await driver.take_ticket()
    await _update_rows(driver.runtime, table, **values)
    with pytest.raises(Refused, match=code):
        await driver.take_ticket()


async def test_ticket_is_refused_if_visit_ends_after_closing(driver: OfficeDriver, clock: FakeClock) -> None:
    clock.set(MORNING + timedelta(hours=8, minutes=5))  # 18:35, closing at 19:00
    await driver.open_desk()
    await driver.take_ticket()
    with pytest.raises(Refused, match="no_capacity"):
        await driver.take_ticket()


async def test_device_has_one_active_ticket(driver: OfficeDriver) -> None:
    mine = await driver.take_ticket(device="phone-1", email="Amina@example.org", phone="+34600000000")
    with pytest.raises(Refused, match="already_waiting") as refused:
        await driver.take_ticket("certificate", device="phone-1")
    assert refused.value.details["token"] == mine.token
    assert refused.value.details["links"]["page"].endswith(f"/t/{mine.token}")
    await service.leave_line(driver.runtime, mine.token)
    await driver.take_ticket(device="phone-1", email="amina@example.org", phone="+34600000000")


async def sent_links(driver: OfficeDriver) -> list[tuple[str, str, str]]:
    async with driver.runtime.read_session() as session:
        rows = (await session.execute(select(OutboxRow).where(OutboxRow.kind == "ticket_link"))).scalars()
        return [(row.channel, row.recipient, row.payload["code"]) for row in rows]


async def test_known_contact_is_told_and_its_typist_is_not(driver: OfficeDriver) -> None:
    mine = await driver.take_ticket(device="phone-1", email="Amina@example.org", phone="+34600000000", sms=True)
    for again in (
        {"device": "phone-2", "email": "amina@EXAMPLE.org"},
        {"email": "amina@example.org"},
        {"phone": "+34600000000", "service_slug": "certificate"},
    ):
        assert (await driver.take_ticket(**again)).ticket.code != mine.ticket.code
    assert sorted(await sent_links(driver)) == [
        ("email", "Amina@example.org", mine.ticket.code),
        ("sms", "+34600000000", mine.ticket.code),
    ]


async def test_unknown_contact_gets_no_link(driver: OfficeDriver) -> None:
    await driver.take_ticket(device="phone-1", email="amina@example.org", phone="+34600000000")
    await driver.take_ticket(device="phone-2", email="diego@example.org")
    await driver.take_ticket(device="phone-3", phone="+34600000000")  # a ticket without notifications by SMS
    assert await sent_links(driver) == []


async def test_concurrent_tickets_of_a_contact_are_all_issued(driver: OfficeDriver) -> None:
    asked = [
        driver.take_ticket(slug, device=f"phone-{number}", email="amina@example.org")
        for number, slug in enumerate(("documents", "certificate") * 3)
    ]
    assert len({issued.ticket.id for issued in await asyncio.gather(*asked)}) == 6


async def test_exempt_integration_takes_several_tickets(driver: OfficeDriver) -> None:
    for _ in range(2):
        await driver.take_ticket(device="kiosk", email="info@example.org", exempt=True)


async def test_ticket_email_is_sent_only_with_address(driver: OfficeDriver) -> None:
    await driver.open_desk()
    await driver.take_ticket()
    mine = await driver.take_ticket(email="amina@example.org", language="en")
    async with driver.runtime.read_session() as session:
        (letter,) = (await session.execute(select(OutboxRow))).scalars()
    assert (letter.kind, letter.recipient, letter.language) == ("ticket_issued", "amina@example.org", "en")
    assert letter.subject == f"ticket:{mine.ticket.id}"
    assert letter.payload["code"] == "A-002"
    assert letter.payload["service"] == "Registering documents"
    assert letter.payload["eta_earliest"] == "2026-11-25T10:30:00+01:00"
    assert mine.token not in str(letter.payload)


async def test_repeated_request_key_returns_same_ticket(driver: OfficeDriver) -> None:
    mine = await driver.take_ticket(request_key="k1", device="phone-1")
    again = await driver.take_ticket(request_key="k1", device="phone-1")
    assert (again.ticket.id, again.token, again.is_repeat) == (mine.ticket.id, mine.token, True)
    with pytest.raises(Invalid) as invalid:
        await driver.take_ticket("certificate", request_key="k1", device="phone-1")
    assert invalid.value.code == "idempotency_mismatch"


async def test_repeated_check_in_with_booked_phone_is_same_ticket(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11, phone="+34600000000")
    clock.set(AT_11)
    request = {"request_key": "k1", "device": "phone-1", "offers": SMS_OFFERS}
    mine = await driver.check_in(appointment, **request)
    again = await driver.check_in(appointment, **request)
    assert (again.ticket.id, again.token, again.is_repeat) == (mine.ticket.id, mine.token, True)
    assert mine.ticket.notify


async def test_request_key_expires_after_a_day(driver: OfficeDriver, clock: FakeClock) -> None:
    mine = await driver.take_ticket(request_key="k1")
    clock.advance(days=1)
    assert (await driver.take_ticket(request_key="k1")).ticket.id != mine.ticket.id


async def test_concurrent_same_request_key_issues_one_ticket(driver: OfficeDriver) -> None:
    taps = await asyncio.gather(*(driver.take_ticket(request_key="k1", device="phone-1") for _ in range(6)))
    assert len({tap.ticket.id for tap in taps}) == 1
    assert (await driver.take_ticket()).ticket.number == 2


async def test_concurrent_requests_of_device_issue_one_ticket(driver: OfficeDriver) -> None:
    asked = [driver.take_ticket(slug, device="phone-1") for slug in ("documents", "certificate") * 3]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    issued = [answer for answer in answers if isinstance(answer, IssuedTicket)]
    assert len(issued) == 1
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert {refusal.code for refusal in refused} == {"already_waiting"}
    assert len(refused) == 5


async def test_concurrent_tickets_get_consecutive_numbers(driver: OfficeDriver) -> None:
    issued = await asyncio.gather(*(driver.take_ticket() for _ in range(20)))
    assert sorted(answer.ticket.number for answer in issued) == list(range(1, 21))


# Appointments


async def test_due_appointment_is_called_before_walk_in(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    await driver.open_desk()
    clock.set(AT_11 - timedelta(minutes=10))
    await driver.take_ticket()
    mine = await driver.check_in(appointment)
    assert mine.ticket.kind == "appointment"
    assert await driver.appointment_state(appointment) == "checked_in"
    clock.set(AT_11 - timedelta(minutes=2))
    called = await driver.call_next()
    assert called is not None
    assert called.id == mine.ticket.id


async def test_early_check_in_is_refused_with_opening_time(driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(AT_11)
    with pytest.raises(Refused, match="too_early") as refused:
        await driver.check_in(appointment)
    assert refused.value.details["opens_at"] == "2026-11-25T10:45:00+01:00"
    assert refused.value.details["opens"] == "10:45"
    assert await driver.appointment_state(appointment) == "confirmed"


async def test_late_check_in_is_refused_with_new_appointment(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11 + timedelta(minutes=30))
    with pytest.raises(Refused, match="too_late_for_turn") as refused:
        await driver.check_in(appointment)
    assert refused.value.details["alternatives"][0]["kind"] == "appointment"


async def test_concurrent_check_ins_issue_one_ticket(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    answers = await asyncio.gather(*(driver.check_in(appointment) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(answer, IssuedTicket) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"already_waiting"}


async def test_locator_and_contact_check_in_appointment(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    named = AppointmentByLocator(appointment.locator, "amina@example.org", "127.0.0.1")
    issued = await service.take_ticket(driver.runtime, "centro", TicketRequest(appointment=named))
    assert issued.ticket.appointment_id == appointment.id


async def test_locator_guesses_are_rate_limited(driver: OfficeDriver) -> None:
    guess = TicketRequest(appointment=AppointmentByLocator("AAAAAAAA", "amina@example.org", "127.0.0.1"))
    for _ in range(5):
        with pytest.raises(NotFound):
            await service.take_ticket(driver.runtime, "centro", guess)
    with pytest.raises(RateLimited):
        await service.take_ticket(driver.runtime, "centro", guess)


async def test_video_or_other_office_appointment_is_refused(driver: OfficeDriver) -> None:
    await build_office(driver.runtime, slug="norte", name="Oficina Norte", position=1)
    appointment = await driver.book_appointment(AT_11)
    token = appointments.appointment_token(driver.runtime, appointment)
    with pytest.raises(Refused, match="appointment_elsewhere"):
        await service.take_ticket(driver.runtime, "norte", TicketRequest(appointment=token))
    booking = appointments.BookingRequest(
        service="certificate", mode="video", starts_at=AT_11, name="Elena", email="elena@example.org"
    )
    video = await appointments.book_appointment(driver.runtime, "centro", booking, request_key=None)
    with pytest.raises(Refused, match="appointment_is_video"):
        await driver.check_in(video)


async def test_refusal_links_appointment_for_its_owner_only(driver: OfficeDriver) -> None:
    booking = appointments.BookingRequest(
        service="certificate", mode="video", starts_at=AT_11, name="Elena", email="elena@example.org"
    )
    video = await appointments.book_appointment(driver.runtime, "centro", booking, request_key=None)
    with pytest.raises(Refused) as to_host:
        await check_in_appointment(driver.runtime, CARMEN, video.id)
    assert to_host.value.details["links"] == {}
    with pytest.raises(Refused) as to_citizen:
        await driver.check_in(video)
    token = appointments.appointment_token(driver.runtime, video)
    assert to_citizen.value.details["links"]["appointment"].endswith(f"/a/{token}")


async def test_cancelled_appointment_gets_no_ticket(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    await appointments.cancel_appointment(
        driver.runtime, appointments.appointment_token(driver.runtime, appointment)
    )
    clock.set(AT_11)
    with pytest.raises(Refused, match="appointment_over"):
        await driver.check_in(appointment)


async def test_left_appointment_can_be_checked_in_again(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    mine = await driver.check_in(appointment)
    await service.leave_line(driver.runtime, mine.token)
    assert await driver.appointment_state(appointment) == "confirmed"
    await driver.check_in(appointment)


async def test_link_of_moved_appointment_takes_ticket_for_the_new_time(
    driver: OfficeDriver, clock: FakeClock
) -> None:
    old = await driver.book_appointment(AT_11 + timedelta(hours=2))
    token = appointments.appointment_token(driver.runtime, old)
    new = await appointments.reschedule_appointment(driver.runtime, token, AT_11)
    clock.set(AT_11)
    issued = await driver.check_in(old)
    assert (issued.ticket.appointment_id, issued.ticket.appointment_at) == (new.id, AT_11)


async def test_appointment_state_follows_its_ticket(driver: OfficeDriver, clock: FakeClock) -> None:
    served, missed = await driver.book_appointment(AT_11), await driver.book_appointment(AT_11, "Elena")
    clock.set(AT_11)
    await driver.open_desk()
    first = await driver.check_in(served)
    await driver.call_next()
    await service.start_service(driver.runtime, BORIS, first.ticket.id)
    await service.finish_service(driver.runtime, BORIS, first.ticket.id, outcome="resolved", note="All done")
    second = await driver.check_in(missed)
    await driver.call_next()
    await record_no_show(driver.runtime, BORIS, second.ticket.id)
    clock.advance(minutes=20)
    await driver.fire_due_timers()
    assert await driver.appointment_state(served) == "served"
    assert await driver.appointment_state(missed) == "no_show"


async def test_expiry_marks_appointments_served_or_no_show(driver: OfficeDriver, clock: FakeClock) -> None:
    at_the_desk, in_the_room = await driver.book_appointment(AT_11), await driver.book_appointment(AT_11, "Elena")
    clock.set(AT_11)
    await driver.open_desk()
    first = await driver.check_in(at_the_desk)
    await driver.call_next()
    await service.start_service(driver.runtime, BORIS, first.ticket.id)
    second = await driver.check_in(in_the_room)
    clock.set(MORNING + timedelta(hours=9))  # 19:30, half an hour after closing
    await driver.fire_due_timers()
    assert (await driver.ticket_state(first), await driver.ticket_state(second)) == ("finished", "expired")
    assert await driver.appointment_state(at_the_desk) == "served"
    assert await driver.appointment_state(in_the_room) == "no_show"


async def test_leaving_moves_later_tickets_up(driver: OfficeDriver) -> None:
    first, second = await driver.take_ticket(), await driver.take_ticket()
    await service.leave_line(driver.runtime, first.token)
    assert (await driver.ticket_json(second))["ahead"] == 0
    assert await driver.ticket_state(first) == "left"
    assert (await service.leave_line(driver.runtime, first.token)).state is TicketState.LEFT  # idempotent


# Actions of citizens


async def test_postponed_ticket_lets_others_go_first(driver: OfficeDriver, clock: FakeClock) -> None:
    first, second = await driver.take_ticket(), await driver.take_ticket()
    await driver.open_desk()
    await postpone_call(driver.runtime, first.token)
    seen = await driver.ticket_json(first)
    assert (seen["ahead"], seen["until"], seen["may"]) == (1, "2026-11-25T10:40:00+01:00", ["leave"])
    called = await driver.call_next()
    assert called is not None
    assert called.id == second.ticket.id
    with pytest.raises(Refused, match="postpone_used"):
        await postpone_call(driver.runtime, first.token)


async def test_more_time_counts_from_the_estimate_as_the_page_says(driver: OfficeDriver) -> None:
    issued = [await driver.take_ticket() for _ in range(4)][-1]
    no_desk = await driver.ticket_json(issued)
    assert no_desk["postpone"] == {"minutes": 10, "until": None}
    await driver.open_desk()
    before = await driver.ticket_json(issued)
    assert isinstance(before["eta"], dict)
    promised = datetime.fromisoformat(before["eta"]["earliest"]) + timedelta(minutes=10)
    assert promised > driver.runtime.now() + timedelta(minutes=15)
    assert before["postpone"] == {"minutes": 10, "until": promised.isoformat()}
    await postpone_call(driver.runtime, issued.token)
    seen = await driver.ticket_json(issued)
    assert (seen["until"], seen["postpone"]) == (promised.isoformat(), None)


async def test_postponing_called_ticket_frees_the_desk(driver: OfficeDriver) -> None:
    issued, _ = await driver.call_new_ticket()
    await postpone_call(driver.runtime, issued.token)
    assert await driver.ticket_state(issued) == "waiting"
    assert await driver.call_next() is None  # the desk is free, but the ticket is postponed


async def test_line_settings_apply_to_its_tickets(
    driver: OfficeDriver, runtime: Runtime, clock: FakeClock
) -> None:
    await _update_rows(runtime, LineRow, rules={"check_in_opens": 3600, "postpones": 0, "postpone_by": 300})
    booked = await driver.book_appointment(AT_11 + timedelta(minutes=20))  # in 50 minutes
    issued = await driver.check_in(booked)
    assert (await driver.ticket_json(issued))["may"] == ["leave"]
    with pytest.raises(Refused, match="postpone_used"):
        await postpone_call(runtime, issued.token)


async def test_help_request_is_shown_on_staff_board(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await service.ask_for_help(driver.runtime, issued.token)
    async with driver.runtime.read_session() as session:
        board = await staff_board(session, driver.office, driver.runtime.now(), "es")
    assert [ticket["help"] for ticket in board["tickets"]] == [True]
    await service.leave_line(driver.runtime, issued.token)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.ask_for_help(driver.runtime, issued.token)


async def test_citizen_actions_with_unknown_token_are_not_found(driver: OfficeDriver) -> None:
    for act in (service.leave_line, rejoin_line, postpone_call, service.ask_for_help):
        with pytest.raises(NotFound):
            await act(driver.runtime, "nothing")


# History


async def test_visit_leaves_segments_and_events(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, called = await driver.call_new_ticket()
    clock.advance(minutes=1)
    await service.start_service(driver.runtime, BORIS, called.id)
    clock.advance(minutes=9)
    await service.finish_service(driver.runtime, BORIS, called.id)
    async with driver.runtime.read_session() as session:
        segments = list((await session.execute(select(SegmentRow).order_by(SegmentRow.ended_at))).scalars())
        events = list((await session.execute(select(TicketEventRow))).scalars())
    assert [(segment.state, segment.ended_at - segment.started_at) for segment in segments] == [
        ("waiting", timedelta()),
        ("called", timedelta(minutes=1)),
        ("serving", timedelta(minutes=9)),
    ]
    assert {(event.action, event.actor, event.before, event.after) for event in events} == {
        ("issued", "citizen", None, "waiting"),
        ("called", "staff:boris", "waiting", "called"),
        ("started", "staff:boris", "called", "serving"),
        ("finished", "staff:boris", "serving", "finished"),
    }
    assert issued.ticket.id == called.id


@pytest.mark.parametrize(("country", "told"), [("34", True), ("351", False)])
async def test_booked_phone_gets_sms_of_the_ticket(
    driver: OfficeDriver, clock: FakeClock, country: str, told: bool
) -> None:
    appointment = await driver.book_appointment(AT_11, phone="+34612345678")
    clock.set(AT_11)
    issued = await driver.check_in(appointment, offers=sms_offers(country))
    async with driver.runtime.read_session() as session:
        rows = await session.execute(select(OutboxRow.kind, OutboxRow.recipient).where(OutboxRow.channel == "sms"))
        sent = [tuple(row) for row in rows]
    assert sent == ([("turn_issued", "+34612345678")] if told else [])
    assert issued.ticket.notify is told
