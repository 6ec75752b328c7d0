"""Calls of agents: attended, not answered, taken back, given up; and who may do so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from office360.appointments.actions.book import book_appointment
from office360.appointments.actions.telephone.phone_calls import (
    finish_call,
    report_no_answer,
    report_not_reached,
    start_call,
    withdraw_call,
)
from office360.appointments.actions.telephone.phone_number import change_phone_number
from office360.appointments.actions.timers import TIMERS
from office360.appointments.service import AgentCallChanged, Appointment, AppointmentState, forecast_phone_starts
from office360.appointments.storage.tables import PhoneCallRow, VisitNoteRow
from office360.core.auth import Principal, StaffRole
from office360.core.db import timers
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.errors import Invalid, NotAllowed, Refused
from office360.core.runtime import Runtime, Transaction
from office360.offices.service import Office
from office360.queue.actions.pause import evacuate_office, resume_office

from ....conftest import FakeClock
from ...support.database import appointment_link_token, load_outbox, load_rows, load_state
from ...support.phone_mode import AMINA_PHONE, allow_phone
from ...support.requesters import DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request
from ...support.staff import BORIS, CARMEN

OTHER_AGENT = Principal("fatima", "Fatima", StaffRole.AGENT, frozenset({"centro"}))
AGENT_ELSEWHERE = Principal("gael", "Gael", StaffRole.AGENT, frozenset({"norte"}))


async def book_call(runtime: Runtime, office: Office, clock: FakeClock) -> Appointment:
    """Book a certificate by telephone on Friday at nine, and let it become nine."""
    await allow_phone(runtime, office)
    booked = await book_appointment(runtime, "centro", make_booking_request(mode="phone", phone=AMINA_PHONE))
    clock.set(FRIDAY_AT_9)
    return booked


async def test_attended_call_is_stored_with_its_times(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_call(runtime, office, clock)
    clock.advance(minutes=2)
    await start_call(runtime, BORIS, booked.id)
    await start_call(runtime, BORIS, booked.id)
    assert await load_state(runtime, booked.id) is AppointmentState.CHECKED_IN
    clock.advance(minutes=9)
    await finish_call(runtime, BORIS, booked.id, outcome="resolved", note="Wants a paper copy.")
    assert await load_state(runtime, booked.id) is AppointmentState.SERVED
    (call,) = await load_rows(runtime, PhoneCallRow)
    assert (call.expected_at, call.called_at, call.ended_at) == (
        FRIDAY_AT_9,
        FRIDAY_AT_9 + timedelta(minutes=2),
        FRIDAY_AT_9 + timedelta(minutes=11),
    )
    assert (call.result, call.agent_id) == ("held", "boris")
    (note,) = await load_rows(runtime, VisitNoteRow)
    assert (note.kind, note.text) == ("call_ended", "Wants a paper copy.")
    audited = [one.action for one in await load_rows(runtime, AuditEntryRow)]
    assert audited == ["appointment.called", "appointment.served"]


@pytest.mark.parametrize("end", [finish_call, report_no_answer, withdraw_call, None])
async def test_call_occupies_its_agent_until_each_end(
    runtime: Runtime, office: Office, clock: FakeClock, end: Callable[..., Awaitable[object]] | None
) -> None:
    told: list[tuple[str, str | None]] = []

    async def note(_: Transaction, event: AgentCallChanged) -> None:
        told.append((event.agent_id, event.mode))

    runtime.events.register_handler(AgentCallChanged, note)
    booked = await book_call(runtime, office, clock)
    await start_call(runtime, BORIS, booked.id)
    assert told == [("boris", "phone")]
    if end is None:  # forgotten
        clock.set(booked.ends_at + timedelta(minutes=31))
        await timers.fire_due_timers(runtime, TIMERS)
    else:
        await end(runtime, BORIS, booked.id)
    assert told == [("boris", "phone"), ("boris", None)]


async def test_forgotten_call_ends_half_an_hour_after_its_end(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    booked = await book_call(runtime, office, clock)
    await start_call(runtime, BORIS, booked.id)
    clock.set(booked.ends_at + timedelta(minutes=29))
    await timers.fire_due_timers(runtime, TIMERS)
    assert await load_state(runtime, booked.id) is AppointmentState.CHECKED_IN
    clock.advance(minutes=1)
    await timers.fire_due_timers(runtime, TIMERS)
    assert await load_state(runtime, booked.id) is AppointmentState.SERVED
    (call,) = await load_rows(runtime, PhoneCallRow)
    assert (call.result, call.ended_at) == ("held", clock.now())
    (closed,) = [one for one in await load_rows(runtime, AuditEntryRow) if one.action == "appointment.call_closed"]
    assert (closed.actor_id, closed.actor_name, closed.after) == (None, "", {"state": "served"})
    with pytest.raises(Refused, match="no_call_under_way"):
        await finish_call(runtime, BORIS, booked.id)


async def test_unanswered_call_tells_the_citizen_and_can_be_repeated(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    booked = await book_call(runtime, office, clock)
    for _ in range(2):
        with pytest.raises(Refused, match="call_again_first"):
            await report_not_reached(runtime, BORIS, booked.id)
        await start_call(runtime, BORIS, booked.id)
        await report_no_answer(runtime, BORIS, booked.id)
        assert await load_state(runtime, booked.id) is AppointmentState.CONFIRMED
        clock.advance(minutes=6)
    await report_not_reached(runtime, BORIS, booked.id)
    assert await load_state(runtime, booked.id) is AppointmentState.NO_SHOW
    missed = [one for one in await load_outbox(runtime) if one.kind == "phone_call_missed"]
    assert [(one.channel, one.payload["attempts"]) for one in missed] == [("email", 1), ("email", 2)]


async def test_withdrawn_call_counts_for_nothing(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_call(runtime, office, clock)
    await start_call(runtime, BORIS, booked.id)
    await withdraw_call(runtime, BORIS, booked.id)
    assert await load_state(runtime, booked.id) is AppointmentState.CONFIRMED
    assert [one.kind for one in await load_outbox(runtime)] == ["appointment_confirmed"]
    with pytest.raises(Refused, match="call_again_first"):
        await report_not_reached(runtime, BORIS, booked.id)


async def test_two_agents_do_not_call_the_same_person(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_call(runtime, office, clock)
    await start_call(runtime, BORIS, booked.id)
    with pytest.raises(Refused, match="call_under_way"):
        await start_call(runtime, OTHER_AGENT, booked.id)
    with pytest.raises(Refused, match="call_of_colleague"):
        await finish_call(runtime, OTHER_AGENT, booked.id)
    await finish_call(runtime, CARMEN, booked.id)


async def test_agent_of_evacuated_office_does_not_call(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_call(runtime, office, clock)
    clock.set(FRIDAY_AT_9)
    await evacuate_office(runtime, CARMEN, "centro", lambda office: {"es": "Sal.", "en": "Leave."})
    with pytest.raises(Refused, match="evacuating"):
        await start_call(runtime, BORIS, booked.id)
    await resume_office(runtime, CARMEN, "centro")
    await start_call(runtime, BORIS, booked.id)


async def test_agent_calls_neither_too_early_nor_elsewhere(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    booked = await book_call(runtime, office, clock)
    with pytest.raises(NotAllowed):
        await start_call(runtime, AGENT_ELSEWHERE, booked.id)
    clock.set(FRIDAY_AT_9 - timedelta(minutes=11))
    with pytest.raises(Refused, match="too_early_to_call") as refused:
        await start_call(runtime, BORIS, booked.id)
    assert refused.value.details == {"time": "8:50"}
    video = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + 4 * QUARTER)
    )
    with pytest.raises(Refused, match="not_by_phone"):
        await start_call(runtime, BORIS, video.id)


async def test_number_is_required_and_changes_until_the_call(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    booked = await book_call(runtime, office, clock)
    with pytest.raises(Invalid) as missing:
        await book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="phone"))
    assert [(one.field, one.code) for one in missing.value.fields] == [("phone", "required")]
    token = appointment_link_token(runtime, booked)
    assert (await change_phone_number(runtime, token, "+34600999888")).phone == "+34600999888"
    await start_call(runtime, BORIS, booked.id)
    with pytest.raises(Refused, match="call_has_begun"):
        await change_phone_number(runtime, token, AMINA_PHONE)


async def test_call_that_runs_over_delays_the_next_one(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_call(runtime, office, clock)
    clock.set(FRIDAY_AT_9 - timedelta(days=1))
    following = await book_appointment(
        runtime,
        "centro",
        make_booking_request(DIEGO, mode="phone", phone="+34600333444", starts_at=FRIDAY_AT_9 + 2 * QUARTER),
    )
    clock.set(FRIDAY_AT_9)
    await start_call(runtime, BORIS, booked.id)
    clock.advance(minutes=31)
    async with runtime.read_session() as session:
        starts = await forecast_phone_starts(session, office, clock.now())
    assert starts[following.id] > following.starts_at
