"""A host stops what goes on: all calls of an office, or the walk-ins of a line; and lets it go on.

While an office is paused nobody is called and no clock runs against anybody: whoever was called waits again with
the same place, and whoever missed a call has all the time to come back from the moment when the office goes on.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from ...core.auth import Principal, Role, require
from ...core.runtime import Runtime, Transaction
from ...offices.service import Line as OfficeLine
from ...offices.service import Office, office_by_id, office_by_slug, office_of_line, set_paused, set_stopped
from ..domain import ticket
from ..domain.line import Line
from ..domain.ticket import State
from ..notify import ticket_messages
from ..storage import store
from .line_transaction import Locked, commit_floor, lock, tell

logger = logging.getLogger(__name__)


async def pause(runtime: Runtime, principal: Principal, office_slug: str, message: str | None = None) -> Office:
    """Stop all calls, and tell every phone and screen why; again, with another message, is no fault.

    Raises NotFound, NotAllowed.
    """
    return await _switch(runtime, principal, office_slug, paused=True, message=message)


async def resume(runtime: Runtime, principal: Principal, office_slug: str, message: str | None = None) -> Office:
    """Go on. `message` is for the audit. Raises NotFound, NotAllowed."""
    return await _switch(runtime, principal, office_slug, paused=False, message=message)


async def _switch(
    runtime: Runtime, principal: Principal, office_slug: str, *, paused: bool, message: str | None
) -> Office:
    async with runtime.transaction() as tx:
        office = await office_by_slug(tx.session, office_slug)
        require(principal, Role.HOST, office.slug)
        locked = await lock(tx, office, [line.id for line in office.lines])
        was, shown = locked.office, message if paused else None
        if (was.paused, was.pause_message) == (paused, shown):
            return was
        after = replace(was, paused=paused, pause_message=shown)
        await _write(replace(locked, office=after), was, principal, message)
    logger.info("office_paused" if paused else "office_resumed", extra={"office": office.slug})
    return after


async def _write(locked: Locked, was: Office, principal: Principal, message: str | None) -> None:
    tx, office, actor = locked.tx, locked.office, f"staff:{principal.id}"
    action = "paused" if office.paused else "resumed"
    await set_paused(tx.session, office.id, paused=office.paused, message=office.pause_message)
    store.add_office_event(tx.session, office.id, action, actor, tx.now, message=message)
    settle = _called_back if office.paused else _unhurried
    await commit_floor(locked, [settle(line, tx) for line in locked.lines.values()], action, actor)
    if office.paused != was.paused:
        await ticket_messages.tell_pause(tx, office, paused=office.paused, message=office.pause_message)


def _called_back(line: Line, tx: Transaction) -> Line:
    """Nobody is to walk to a desk now."""
    called = [one for one in line.tickets if one.state is State.CALLED]
    return line.with_tickets(*(ticket.put_back(one, tx.now) for one in called))


def _unhurried(line: Line, tx: Transaction) -> Line:
    return line.with_tickets(*(ticket.wait_anew(one, tx.now) for one in line.tickets))


# Walk-ins of a line


async def stop_line(runtime: Runtime, principal: Principal, line_id: str, reason: str | None = None) -> OfficeLine:
    """Give no more turns without an appointment in this line. Raises NotFound, NotAllowed."""
    return await _set_stopped(runtime, principal, line_id, stopped=True, reason=reason)


async def open_line(runtime: Runtime, principal: Principal, line_id: str, reason: str | None = None) -> OfficeLine:
    """Give turns without an appointment again; `reason` is for the audit. Raises NotFound, NotAllowed."""
    return await _set_stopped(runtime, principal, line_id, stopped=False, reason=reason)


async def _set_stopped(
    runtime: Runtime, principal: Principal, line_id: str, *, stopped: bool, reason: str | None
) -> OfficeLine:
    async with runtime.transaction() as tx:
        office = await office_of_line(tx.session, line_id)
        require(principal, Role.HOST, office.slug)
        locked = await lock(tx, office, [line_id])
        was = locked.named[line_id]
        after = replace(was, stopped=stopped, stop_reason=reason if stopped else None)
        if after == was:
            return was
        await set_stopped(tx.session, office.id, line_id, stopped=stopped, reason=after.stop_reason)
        action, actor = "walk_ins_stopped" if stopped else "walk_ins_opened", f"staff:{principal.id}"
        store.add_office_event(tx.session, office.id, action, actor, tx.now, line_id=line_id, reason=reason)
        present = await office_by_id(tx.session, office.id)
        stopped_line = replace(locked, office=present, named={line_id: after})
        await tell(stopped_line, locked.lines.values(), floor_changed=True)
    logger.info(action, extra={"office": office.slug, "line": after.slug})
    return after
