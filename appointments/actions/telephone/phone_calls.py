"""Calls of agents to citizens with an appointment by telephone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ....core.auth import Principal, StaffRole, require_role
from ....core.db.audit_entries import TIMER_ACTOR, AuditActor
from ....core.errors import NotFound, Refused
from ....core.i18n.dates import format_time
from ....core.ids import new_id
from ....core.runtime import Runtime, Transaction
from ....offices.service import office_by_id, office_topic
from ...domain.appointment import Appointment, AppointmentState
from ...domain.phone_call import (
    PhoneCall,
    PhoneCallResult,
    call_opens_at,
    check_no_show,
    forgotten_call_ends_at,
    open_call,
)
from ...domain.visit_note import VisitNoteKind, VisitPerson
from ...events import AgentCallChanged
from ...notify import appointment_messages
from ...queries.lookup import appointment_by_id
from ...storage import appointment_rows, phone_call_rows
from ...storage.audit_rows import audit_appointment
from ...storage.visit_note_rows import insert_visit_note
from ..attendance import check_in, mark_no_show, mark_served, undo_check_in

logger = logging.getLogger(__name__)

FORGOTTEN_CALL_TIMER = "phone_call.end"  # subject: the id of the appointment; stored


@dataclass(frozen=True, slots=True)
class _CallChange:
    """An appointment by telephone with its calls, locked for a change by this agent."""

    tx: Transaction
    appointment: Appointment
    calls: Sequence[PhoneCall]
    principal: Principal

    @property
    def agent(self) -> AuditActor:
        return AuditActor.from_principal(self.principal)

    def audit(self, verb: str) -> None:
        """Record a step of the call."""
        audit_appointment(self.tx, self.agent, verb, self.appointment)

    def require_own_call(self) -> PhoneCall:
        """Return the call that lasts. Raises Refused("no_call_under_way" | "call_of_colleague")."""
        call = open_call(self.calls)
        if call is None:
            raise Refused("no_call_under_way")
        if call.agent_id != self.principal.id and not self.principal.has_role(StaffRole.HOST):
            raise Refused("call_of_colleague")
        return call


async def start_call(runtime: Runtime, principal: Principal | None, appointment_id: str) -> Appointment:
    """Record that the agent calls the citizen now. Idempotent while the call lasts.

    Raises NotAllowed, NotFound, Refused("not_by_phone" | "too_early_to_call" | "call_under_way" |
    "illegal_transition" | "evacuating").
    """
    async with runtime.transaction() as tx:
        change = await _lock_for_call(tx, principal, appointment_id)
        lasting = open_call(change.calls)
        if lasting is not None and lasting.agent_id != change.principal.id:
            raise Refused("call_under_way")
        if lasting is not None:
            return change.appointment
        opens = call_opens_at(change.appointment)
        office = await office_by_id(tx.session, change.appointment.office_id)
        if office.is_evacuating:
            raise Refused("evacuating")
        if tx.now < opens:
            raise Refused("too_early_to_call", time=format_time(opens, office.timezone))
        checked_in = await check_in(tx, appointment_id)
        call = PhoneCall(new_id(), appointment_id, change.principal.id, tx.now)
        await phone_call_rows.insert_phone_call(tx.session, call, change.appointment)
        due_at = forgotten_call_ends_at(change.appointment, call)
        await tx.schedule_timer(FORGOTTEN_CALL_TIMER, subject=appointment_id, due_at=due_at)
        await tx.emit(AgentCallChanged(change.appointment, call.agent_id, "phone"))
        change.audit("called")
        tx.log_after_commit(logger, "phone_call_started", appointment=appointment_id)
        return checked_in


async def finish_call(
    runtime: Runtime,
    principal: Principal | None,
    appointment_id: str,
    *,
    outcome: str | None = None,
    note: str | None = None,
) -> Appointment:
    """Record that the citizen was attended. `note` is for colleagues only.

    Raises NotAllowed, NotFound, Refused("not_by_phone" | "no_call_under_way" | "call_of_colleague").
    """
    async with runtime.transaction() as tx:
        change = await _lock_for_call(tx, principal, appointment_id)
        await _end_call(change, PhoneCallResult.HELD)
        served = await mark_served(tx, appointment_id, staff=change.agent)
        person = VisitPerson(appointment_id=appointment_id)
        await insert_visit_note(
            tx, served.office_id, change.agent, VisitNoteKind.CALL_ENDED, person, note, outcome=outcome
        )
        return served


async def report_no_answer(runtime: Runtime, principal: Principal | None, appointment_id: str) -> Appointment:
    """Record a call without an answer, and tell the citizen that the office called.

    Raises as `finish_call`.
    """
    async with runtime.transaction() as tx:
        change = await _lock_for_call(tx, principal, appointment_id)
        ended = await _end_call(change, PhoneCallResult.NO_ANSWER)
        change.audit("not_answered")
        expected = await undo_check_in(tx, appointment_id)
        office = await office_by_id(tx.session, expected.office_id)
        # these calls were read before the present call ended, so it is added to their count
        missed = [call for call in change.calls if call.result is PhoneCallResult.NO_ANSWER]
        await appointment_messages.send_missed_call(tx, office, expected, ended, attempts=len(missed) + 1)
        return expected


async def withdraw_call(runtime: Runtime, principal: Principal | None, appointment_id: str) -> Appointment:
    """Take back a call that was begun by mistake; it is no attempt. Raises as `finish_call`."""
    async with runtime.transaction() as tx:
        change = await _lock_for_call(tx, principal, appointment_id)
        await _end_call(change, PhoneCallResult.WITHDRAWN)
        change.audit("call_withdrawn")
        return await undo_check_in(tx, appointment_id)


async def report_not_reached(runtime: Runtime, principal: Principal | None, appointment_id: str) -> Appointment:
    """Record that the citizen was not reached, after several attempts. Idempotent.

    Raises NotAllowed, NotFound, Refused("not_by_phone" | "call_again_first" | "call_under_way" |
    "illegal_transition").
    """
    async with runtime.transaction() as tx:
        change = await _lock_for_call(tx, principal, appointment_id)
        if change.appointment.state is AppointmentState.NO_SHOW:
            return change.appointment
        if open_call(change.calls) is not None:
            raise Refused("call_under_way")
        # a second call at once finds the phone in the same bag (docs/decisions/0033)
        check_no_show(change.calls)
        return await mark_no_show(tx, appointment_id, staff=change.agent)


async def end_forgotten_call(tx: Transaction, appointment_id: str) -> None:
    """End a call that its agent left open, as held. Timer handler."""
    appointment = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if appointment is None:
        return
    calls = (await phone_call_rows.load_calls(tx.session, [appointment_id]))[appointment_id]
    call = open_call(calls)
    if call is None or appointment.state is not AppointmentState.CHECKED_IN:
        return
    ends_at = forgotten_call_ends_at(appointment, call)
    if tx.now < ends_at:  # the appointment was delayed after this timer had been scheduled
        await tx.schedule_timer(FORGOTTEN_CALL_TIMER, subject=appointment_id, due_at=ends_at)
        return
    await phone_call_rows.end_phone_call(tx.session, call.id, PhoneCallResult.HELD, tx.now)
    await tx.emit(AgentCallChanged(appointment, call.agent_id, None))
    await mark_served(tx, appointment_id)
    states = {"before": {"state": str(appointment.state)}, "after": {"state": str(AppointmentState.SERVED)}}
    audit_appointment(tx, TIMER_ACTOR, "call_closed", appointment, **states)
    tx.publish_latest(office_topic(appointment.office_slug), {})
    tx.log_after_commit(logger, "phone_call_forgotten", appointment=appointment_id)


async def _lock_for_call(tx: Transaction, principal: Principal | None, appointment_id: str) -> _CallChange:
    """Lock the appointment for an agent of its office. Raises NotAllowed, NotFound, Refused."""
    found = await appointment_by_id(tx.session, appointment_id)
    agent = require_role(principal, StaffRole.AGENT, found.office_slug)
    appointment = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if appointment is None:
        raise NotFound
    if appointment.mode != "phone":
        raise Refused("not_by_phone")
    calls = (await phone_call_rows.load_calls(tx.session, [appointment_id]))[appointment_id]
    tx.publish_latest(office_topic(appointment.office_slug), {})
    return _CallChange(tx, appointment, calls, agent)


async def _end_call(change: _CallChange, result: PhoneCallResult) -> PhoneCall:
    call = change.require_own_call()
    await phone_call_rows.end_phone_call(change.tx.session, call.id, result, change.tx.now)
    await change.tx.emit(AgentCallChanged(change.appointment, call.agent_id, None))
    change.tx.log_after_commit(logger, f"phone_call_{result}", appointment=change.appointment.id)
    return call
