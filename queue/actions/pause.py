"""A host stops what goes on: all calls of an office, or the walk-ins of a line; and lets it go on.

While an office is paused nobody is called and no clock runs against anybody: whoever was called waits again with
the same place, and whoever missed a call has all the time to come back from the moment when the office goes on.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from ...core.auth import Principal, StaffRole, require_role
from ...core.runtime import Runtime, Transaction
from ...offices.service import (
    Office,
    OfficeLine,
    office_by_id,
    office_by_line_id,
    office_by_slug,
    set_line_stopped,
    set_office_paused,
)
from ..domain import ticket
from ..domain.line import Line
from ..domain.ticket import TicketState
from ..notify import ticket_messages
from ..storage import history_rows
from .line_transaction import LockedLines, commit_lines_and_resync, lock_office_lines, publish_lines

logger = logging.getLogger(__name__)


async def pause_office(
    runtime: Runtime, principal: Principal, office_slug: str, message: str | None = None
) -> Office:
    """Stop all calls, and tell every phone and screen why; again, with another message, is no fault.

    Raises NotFound, NotAllowed.
    """
    return await _set_paused(runtime, principal, office_slug, paused=True, message=message)


async def resume_office(
    runtime: Runtime, principal: Principal, office_slug: str, message: str | None = None
) -> Office:
    """Go on. `message` is for the audit. Raises NotFound, NotAllowed."""
    return await _set_paused(runtime, principal, office_slug, paused=False, message=message)


async def _set_paused(
    runtime: Runtime, principal: Principal, office_slug: str, *, paused: bool, message: str | None
) -> Office:
    async with runtime.transaction() as tx:
        office = await office_by_slug(tx.session, office_slug)
        require_role(principal, StaffRole.HOST, office.slug)
        locked = await lock_office_lines(tx, office, [line.id for line in office.lines])
        was, shown = locked.office, message if paused else None
        if (was.paused, was.pause_message) == (paused, shown):
            return was
        after = replace(was, paused=paused, pause_message=shown)
        await _write_pause(replace(locked, office=after), was, principal, message)
    logger.info("office_paused" if paused else "office_resumed", extra={"office": office.slug})
    return after


async def _write_pause(locked: LockedLines, was: Office, principal: Principal, message: str | None) -> None:
    tx, office, actor = locked.tx, locked.office, f"staff:{principal.id}"
    action = "paused" if office.paused else "resumed"
    await set_office_paused(tx.session, office.id, paused=office.paused, message=office.pause_message)
    history_rows.insert_office_event(tx.session, office.id, action, actor, tx.now, message=message)
    settle = _take_back_calls if office.paused else _restart_rejoin_periods
    await commit_lines_and_resync(locked, [settle(line, tx) for line in locked.lines.values()], action, actor)
    if office.paused != was.paused:
        await ticket_messages.notify_of_pause(tx, office, paused=office.paused, message=office.pause_message)


def _take_back_calls(line: Line, tx: Transaction) -> Line:
    """Nobody is to walk to a desk now."""
    called = [one for one in line.tickets if one.state is TicketState.CALLED]
    return line.with_tickets(*(ticket.take_back_call(one, tx.now) for one in called))


def _restart_rejoin_periods(line: Line, tx: Transaction) -> Line:
    return line.with_tickets(*(ticket.restart_rejoin_period(one, tx.now) for one in line.tickets))


# Walk-ins of a line


async def stop_walk_ins(
    runtime: Runtime, principal: Principal, line_id: str, reason: str | None = None
) -> OfficeLine:
    """Give no more turns without an appointment in this line. Raises NotFound, NotAllowed."""
    return await _set_walk_ins_stopped(runtime, principal, line_id, stopped=True, reason=reason)


async def reopen_walk_ins(
    runtime: Runtime, principal: Principal, line_id: str, reason: str | None = None
) -> OfficeLine:
    """Give turns without an appointment again; `reason` is for the audit. Raises NotFound, NotAllowed."""
    return await _set_walk_ins_stopped(runtime, principal, line_id, stopped=False, reason=reason)


async def _set_walk_ins_stopped(
    runtime: Runtime, principal: Principal, line_id: str, *, stopped: bool, reason: str | None
) -> OfficeLine:
    async with runtime.transaction() as tx:
        office = await office_by_line_id(tx.session, line_id)
        require_role(principal, StaffRole.HOST, office.slug)
        locked = await lock_office_lines(tx, office, [line_id])
        was = locked.office_lines[line_id]
        after = replace(was, stopped=stopped, stop_reason=reason if stopped else None)
        if after == was:
            return was
        await set_line_stopped(tx.session, office.id, line_id, stopped=stopped, reason=after.stop_reason)
        action, actor = "walk_ins_stopped" if stopped else "walk_ins_opened", f"staff:{principal.id}"
        history_rows.insert_office_event(
            tx.session, office.id, action, actor, tx.now, line_id=line_id, reason=reason
        )
        present = await office_by_id(tx.session, office.id)
        stopped_line = replace(locked, office=present, office_lines={line_id: after})
        await publish_lines(stopped_line, locked.lines.values(), must_resync=True)
    logger.info(action, extra={"office": office.slug, "line": after.slug})
    return after
