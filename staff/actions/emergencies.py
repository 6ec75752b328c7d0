"""Use cases of the emergency button: press, answer, end. No SQL."""

from __future__ import annotations

import logging
from datetime import datetime

from ...appointments.service import appointment_by_id
from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.rate_limits import record_guess
from ...core.db.write_conflicts import retry_on_conflict
from ...core.errors import NotAllowed, NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, office_and_desk_by_id, office_by_id, office_by_slug, office_topic
from ...queue.service import desk_id_for_agent
from ..domain.emergency import MAX_EMERGENCIES, Emergency, answer_emergency, check_may_end
from ..notify.staff_pushes import enqueue_emergency_pushes
from ..storage import alert_rows, emergency_rows

logger = logging.getLogger(__name__)


async def press_at_desk(runtime: Runtime, principal: Principal, desk_id: str) -> tuple[Office, Emergency]:
    """Start an emergency at the person's desk; a host may press for any desk.

    Idempotent while it is open.

    Raises NotFound, NotAllowed, NotAllowed("not_your_desk"), RateLimited.
    """
    async with runtime.read_session() as session:
        office, desk = await office_and_desk_by_id(session, desk_id)
        require_role(principal, StaffRole.AGENT, office.slug)
        own_desk = await desk_id_for_agent(session, principal.id)
    if own_desk != desk_id and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_desk")
    return office, await _start(runtime, principal, office, desk_id=desk_id, desk=desk.name)


async def press_in_call(runtime: Runtime, principal: Principal, appointment_id: str) -> tuple[Office, Emergency]:
    """Start an emergency in a call by video or telephone, at the person's open desk.

    Idempotent while it is open.

    Raises NotFound, NotAllowed, RateLimited.
    """
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, appointment_id)
        require_role(principal, StaffRole.AGENT, appointment.office_slug)
        office = await office_by_id(session, appointment.office_id)
    return office, await _start_at_own_desk(runtime, principal, office, appointment_id)


async def press_at_entrance(runtime: Runtime, principal: Principal, office_slug: str) -> tuple[Office, Emergency]:
    """Start an emergency at the person's open desk in the office, else at its entrance.

    Idempotent while it is open.

    Raises NotFound, NotAllowed, RateLimited.
    """
    require_role(principal, StaffRole.AGENT, office_slug)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, office_slug)
    return office, await _start_at_own_desk(runtime, principal, office)


async def _start_at_own_desk(
    runtime: Runtime, principal: Principal, office: Office, appointment_id: str | None = None
) -> Emergency:
    async with runtime.read_session() as session:
        desk_id = await desk_id_for_agent(session, principal.id)
    desk = next((desk for desk in office.desks if desk.id == desk_id), None)
    return await _start(
        runtime,
        principal,
        office,
        desk_id=desk.id if desk else None,
        desk=desk.name if desk else "",
        appointment_id=appointment_id,
    )


async def _start(
    runtime: Runtime,
    principal: Principal,
    office: Office,
    *,
    desk_id: str | None,
    desk: str,
    appointment_id: str | None = None,
) -> Emergency:
    async with runtime.read_session() as session:
        known = await emergency_rows.started_emergency(session, principal.id)
    if known is not None:
        return known
    # A second press while the emergency is open is not counted: it returned above.
    await record_guess(runtime, f"emergency:{principal.id}", guesses=MAX_EMERGENCIES)

    async def attempt() -> Emergency:
        async with runtime.transaction() as tx:
            # Another press may have committed since the first look; a unique index refuses a second row.
            if (known := await emergency_rows.started_emergency(tx.session, principal.id)) is not None:
                return known
            emergency = Emergency(
                id=new_id(),
                office_id=office.id,
                desk_id=desk_id,
                appointment_id=appointment_id,
                desk=desk,
                starter_id=principal.id,
                starter=principal.name,
                started_at=tx.now,
            )
            await emergency_rows.insert_emergency(tx.session, emergency)
            recipients = await alert_rows.push_recipients(tx.session, office.slug, tx.now)
            await enqueue_emergency_pushes(tx.session, office, emergency, recipients, tx.now)
            _record(tx, principal, office, emergency, "emergency.started")
            return emergency

    return await retry_on_conflict(attempt)


async def answer(runtime: Runtime, principal: Principal, emergency_id: str) -> tuple[Office, Emergency]:
    """Tell the desk that this person comes. Idempotent. Raises NotFound, NotAllowed."""
    async with runtime.transaction() as tx:
        office, emergency = await _lock(tx, principal, emergency_id)
        answered = answer_emergency(emergency, principal, tx.now)
        if answered is not emergency:
            await emergency_rows.save_answers(tx.session, answered)
            _record(tx, principal, office, answered, "emergency.answered")
        return office, answered


async def end(
    runtime: Runtime, principal: Principal, emergency_id: str, *, note: str | None, false_alarm: bool
) -> tuple[Office, Emergency]:
    """End an emergency, with a note for the office. Idempotent.

    Raises NotFound, NotAllowed, NotAllowed("not_your_emergency") for other agents.
    """
    async with runtime.transaction() as tx:
        office, emergency = await _lock(tx, principal, emergency_id)
        check_may_end(emergency, principal)
        if emergency.ended_at is not None:
            return office, emergency
        await emergency_rows.end_emergency(
            tx.session, emergency_id, principal.id, tx.now, note=note, false_alarm=false_alarm
        )
        _record(tx, principal, office, emergency, "emergency.ended", false_alarm=false_alarm)
        return office, emergency


async def erase_old_emergencies(runtime: Runtime, before: datetime) -> None:
    """Delete notes and names of emergencies that ended before this time, for data retention."""
    async with runtime.transaction() as tx:
        await emergency_rows.erase_old_emergencies(tx.session, before)


async def _lock(tx: Transaction, principal: Principal, emergency_id: str) -> tuple[Office, Emergency]:
    emergency = await emergency_rows.lock_emergency(tx.session, emergency_id)
    if emergency is None:
        raise NotFound
    office = await office_by_id(tx.session, emergency.office_id)
    require_role(principal, StaffRole.AGENT, office.slug)
    return office, emergency


def _record(
    tx: Transaction, principal: Principal, office: Office, emergency: Emergency, action: str, **after: object
) -> None:
    """Audit the step, and make all boards of the office load again.

    The bus message has no contents.
    """
    add_audit_entry(
        tx.session,
        tx.now,
        AuditActor.from_principal(principal),
        action,
        ("emergency", emergency.id, emergency.label),
        office=office.slug,
        after={"desk": emergency.desk, **after},
    )
    tx.publish_latest(office_topic(office.slug), {})
    tx.log_after_commit(logger, action.replace(".", "_"), emergency=emergency.id, office=office.slug)
