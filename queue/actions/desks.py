"""Opening, pausing and closing of desks, and the calls of their agents. No SQL."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import AgentCallChanged
from ...core.auth import Principal, StaffRole, require_role
from ...core.db.write_conflicts import WriteConflict
from ...core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import OfficeDesk, has_choice, office_and_desk_by_id
from ..domain.actors import staff_actor
from ..domain.desk_activity import MAX_PAUSE, PAUSE, DeskActivity, OtherWork
from ..domain.line import Line
from ..domain.ticket import release_from_desk
from ..storage import desk_rows, history_rows, ticket_rows
from ..storage.desk_rows import DeskSession
from .line_transaction import LockedLines, commit_lines_and_resync, lock_office_lines, publish_lines
from .ticket_timers import ACTIVITY_TIMER

logger = logging.getLogger(__name__)

_KIND_BY_MODE = {"video": DeskActivity.VIDEO_CALL, "phone": DeskActivity.PHONE_CALL}


async def open_desk(runtime: Runtime, principal: Principal, desk_id: str) -> None:
    """Open a desk for this agent, and close the desk that the agent had open. Idempotent.

    Raises NotFound, NotAllowed, Conflict("desk_taken"), Refused("desk_busy") if the other desk has a ticket.
    """
    async with runtime.read_session() as session:
        office, _ = await office_and_desk_by_id(session, desk_id)
        require_role(principal, StaffRole.AGENT, office.slug)
        previous = await desk_rows.desk_session_for_agent(session, principal.id)
    if previous is not None and previous.desk_id != desk_id:
        await close_desk(runtime, principal, previous.desk_id)
    try:
        await _open_desk_session(runtime, principal, desk_id)
    except WriteConflict:
        raise Conflict("desk_taken") from None


async def _open_desk_session(runtime: Runtime, principal: Principal, desk_id: str) -> None:
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        locked = await lock_office_lines(tx, office, desk.line_ids)
        present = await desk_session_at(locked, desk)
        if present is not None:
            if present.agent_id != principal.id:
                raise Conflict("desk_taken")
            return
        opened = DeskSession(desk_id, principal.id, principal.name, tx.now)
        await desk_rows.insert_desk_session(tx.session, office.id, opened)
        actor = staff_actor(principal.id)
        history_rows.insert_office_event(tx.session, office.id, "desk_opened", actor, tx.now, desk=desk_id)
        await commit_lines_and_resync(locked, locked.lines.values(), "desk_opened", actor)
    logger.info("desk_opened", extra={"desk": desk_id, "agent": principal.id})


async def close_desk(runtime: Runtime, principal: Principal, desk_id: str) -> None:
    """Close a desk. Idempotent.

    Tickets that were to return to it may be called by any desk of their line afterwards.
    Raises NotFound, NotAllowed("not_your_desk") unless a host closes it, Refused("desk_busy") with a ticket at it.
    """
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        require_role(principal, StaffRole.AGENT)
        locked = await lock_office_lines(tx, office, desk.line_ids)
        present = await desk_session_at(locked, desk)
        if present is None or present.agent_id != principal.id:
            # An agent may close their own desk even after losing access to its office.
            require_role(principal, StaffRole.AGENT, office.slug)
        if present is None:
            return
        check_own_desk(principal, present)
        if desk_id in await ticket_rows.busy_desk_ids(tx.session, office.id):
            raise Refused("desk_busy")
        await desk_rows.close_desk_session(tx.session, desk_id, tx.now)
        await desk_rows.end_work(tx.session, present.agent_id, PAUSE, tx.now)
        released = [_release_bound_tickets(line, desk_id, locked) for line in locked.lines.values()]
        actor = staff_actor(principal.id)
        history_rows.insert_office_event(tx.session, office.id, "desk_closed", actor, tx.now, desk=desk_id)
        await commit_lines_and_resync(locked, released, "desk_closed", actor)
    logger.info("desk_closed", extra={"desk": desk_id, "agent": principal.id})


async def desk_session_at(locked: LockedLines, desk: OfficeDesk) -> DeskSession | None:
    """Return the open session of a desk; from SQL for a desk without lines to lock."""
    if desk.line_ids:
        return locked.sessions.get(desk.id)
    return (await desk_rows.open_desk_sessions(locked.tx.session, [locked.office.id])).get(desk.id)


async def desk_id_for_agent(session: AsyncSession, agent_id: str) -> str | None:
    """Return the desk that this agent has open."""
    present = await desk_rows.desk_session_for_agent(session, agent_id)
    return present.desk_id if present else None


def check_own_desk(principal: Principal, desk_session: DeskSession | None) -> None:
    """Raise NotAllowed("not_your_desk") for another agent's desk, except to a host."""
    is_own = desk_session is not None and desk_session.agent_id == principal.id
    if not is_own and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_desk")


def _release_bound_tickets(line: Line, desk_id: str, locked: LockedLines) -> Line:
    bound = [ticket for ticket in line.tickets if ticket.returns_to == desk_id]
    return line.with_tickets(*(release_from_desk(ticket, locked.tx.now) for ticket in bound))


# Work beside tickets


async def note_agent_call(tx: Transaction, event: AgentCallChanged) -> None:
    """Record a call of an agent that began, changed its mode or ended.

    The lines of the agent's desk are locked later, by ACTIVITY_TIMER: this transaction holds the lock
    of the appointment or room, which come after lines.
    """
    appointment, agent_id = event.appointment, event.agent_id
    works = (await desk_rows.present_works(tx.session, [agent_id])).get(agent_id, ())
    lasting = next((work for work in works if work.subject == appointment.id), None)
    await desk_rows.end_work(tx.session, agent_id, appointment.id, tx.now)
    if event.mode is not None:
        until = lasting.until if lasting else tx.now + (appointment.ends_at - appointment.starts_at)
        work = OtherWork(_KIND_BY_MODE[event.mode], tx.now, until, appointment.id)
        await desk_rows.insert_work(tx.session, appointment.office_id, agent_id, work)
    await tx.schedule_timer(ACTIVITY_TIMER, subject=agent_id, due_at=tx.now)


async def publish_activity(tx: Transaction, agent_id: str) -> None:
    """Give the lines of an agent's desk a new version, because forecasts depend on it.

    The handler of ACTIVITY_TIMER, which also fires when the expected end of the work has passed.
    """
    present = await desk_rows.desk_session_for_agent(tx.session, agent_id)
    if present is None:
        return
    try:
        office, desk = await office_and_desk_by_id(tx.session, present.desk_id)
    except NotFound:  # the desk was deleted
        return
    locked = await lock_office_lines(tx, office, desk.line_ids)
    await publish_lines(locked, locked.lines.values(), must_resync=True)
    works = (await desk_rows.present_works(tx.session, [agent_id])).get(agent_id, ())
    if ends := [work.until for work in works if work.until > tx.now]:
        await tx.schedule_timer(ACTIVITY_TIMER, subject=agent_id, due_at=min(ends))


async def pause_desk(
    runtime: Runtime, principal: Principal, desk_id: str, reason: str, lasts: timedelta
) -> datetime:
    """Pause the agent's own desk, and return until when.

    A second call changes reason and time. With a ticket at the desk the pause follows it. `reason`: a key of the
    office's list. Raises NotFound, NotAllowed("not_your_desk"), Invalid for an unknown reason.
    """
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        require_role(principal, StaffRole.AGENT, office.slug)
        if not has_choice(office, "desk_pauses", reason):
            raise Invalid(FieldError("reason", "not_a_choice"))
        locked = await lock_office_lines(tx, office, desk.line_ids)
        present = await desk_session_at(locked, desk)
        if present is None or present.agent_id != principal.id:
            raise NotAllowed("not_your_desk")
        until = tx.now + min(lasts, MAX_PAUSE)
        await desk_rows.end_work(tx.session, principal.id, PAUSE, tx.now)
        work = OtherWork(DeskActivity.PAUSED, tx.now, until, PAUSE, reason)
        await desk_rows.insert_work(tx.session, office.id, principal.id, work)
        await tx.schedule_timer(ACTIVITY_TIMER, subject=principal.id, due_at=until)
        actor = staff_actor(principal.id)
        history_rows.insert_office_event(
            tx.session, office.id, "desk_paused", actor, tx.now, desk=desk_id, reason=reason
        )
        await publish_lines(locked, locked.lines.values(), must_resync=True)
    logger.info("desk_paused", extra={"desk": desk_id, "agent": principal.id})
    return until


async def resume_desk(runtime: Runtime, principal: Principal, desk_id: str) -> None:
    """End the pause of a desk. Idempotent.

    Raises NotFound, NotAllowed("not_your_desk") unless a host ends it.
    """
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        require_role(principal, StaffRole.AGENT, office.slug)
        locked = await lock_office_lines(tx, office, desk.line_ids)
        present = await desk_session_at(locked, desk)
        if present is None:
            return
        check_own_desk(principal, present)
        if not await desk_rows.end_work(tx.session, present.agent_id, PAUSE, tx.now):
            return
        actor = staff_actor(principal.id)
        history_rows.insert_office_event(tx.session, office.id, "desk_resumed", actor, tx.now, desk=desk_id)
        await publish_lines(locked, locked.lines.values(), must_resync=True)
    logger.info("desk_resumed", extra={"desk": desk_id, "agent": principal.id})
