"""Pausing the calls of an office, and stopping the walk-ins of a line. No SQL.

While an office is paused no ticket is called and no deadline runs: a called ticket waits again at its position,
and a missed ticket has the whole time to rejoin from the moment when the office resumes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound, Refused
from ...core.i18n.languages import LocalizedText, text_in_language
from ...core.runtime import Runtime, Transaction
from ...offices.service import (
    EVACUATION,
    Office,
    OfficeLine,
    office_by_id,
    office_by_line_id,
    office_by_slug,
    save_line_stop,
    save_office_pause,
)
from ..domain import ticket
from ..domain.actors import TIMER_ACTOR, staff_actor
from ..domain.line import Line
from ..domain.ticket import TicketState
from ..events import EvacuationCommitted, EvacuationEnded, OfficeEvacuated
from ..notify import ticket_messages
from ..storage import desk_rows, history_rows
from .line_transaction import (
    LockedLines,
    announce_evacuation,
    commit_lines_and_resync,
    lock_office_lines,
    publish_lines,
)
from .ticket_timers import EVACUATION_TIMER, TAKE_BACK_TIMER

logger = logging.getLogger(__name__)


TextsForOffice = Callable[[Office], LocalizedText]
"""Returns the texts of a chosen reason by language. May raise Invalid for an unknown reason."""


async def pause_office(
    runtime: Runtime,
    principal: Principal,
    office_slug: str,
    message: str | None = None,
    chosen: TextsForOffice | None = None,
) -> Office:
    """Stop all calls of an office, with a message for phones and displays.

    `chosen`: the texts of a reason, in place of `message`. A second call changes the message.
    Raises NotFound, NotAllowed, Invalid for an unknown reason, Refused("evacuating"): a pause must not hide that
    everyone has to leave.
    """
    return await _set_paused(runtime, principal, office_slug, paused=True, message=message, chosen=chosen)


async def resume_office(
    runtime: Runtime, principal: Principal, office_slug: str, message: str | None = None
) -> Office:
    """Resume the calls of an office, also after an evacuation.

    `message` is for the audit. Raises NotFound, NotAllowed.
    """
    return await _set_paused(runtime, principal, office_slug, paused=False, message=message)


async def _set_paused(
    runtime: Runtime,
    principal: Principal,
    office_slug: str,
    *,
    paused: bool,
    message: str | None,
    chosen: TextsForOffice | None = None,
) -> Office:
    async with runtime.transaction() as tx:
        office = await office_by_slug(tx.session, office_slug)
        require_role(principal, StaffRole.HOST, office.slug)
        locked = await lock_office_lines(tx, office, [line.id for line in office.lines])
        before = locked.office
        if paused and before.is_evacuating:
            raise Refused("evacuating")
        texts = chosen(before) if chosen else None
        message = text_in_language(texts, runtime.languages.required) if texts else message
        after = replace(
            before,
            paused=paused,
            pause_message=message if paused else None,
            pause_texts=texts,
            pause_reason=None,
        )
        if after == before:
            return before
        await _write_pause(replace(locked, office=after), before, principal, message)
    logger.info("office_paused" if paused else "office_resumed", extra={"office": office.slug})
    return after


async def _write_pause(locked: LockedLines, before: Office, principal: Principal, message: str | None) -> None:
    tx, office, actor = locked.tx, locked.office, staff_actor(principal.id)
    action = "paused" if office.paused else "resumed"
    if not await save_office_pause(tx.session, office, before):
        raise Refused("evacuating")  # committed since `before` was read: it waits for no line
    reason = {"reason": EVACUATION} if before.is_evacuating else {}
    history_rows.insert_office_event(tx.session, office.id, action, actor, tx.now, message=message, **reason)
    change_line = _take_back_calls if office.paused else _restart_rejoin_periods
    changed = [change_line(line, tx) for line in locked.lines.values()]
    await commit_lines_and_resync(locked, changed, action, actor)
    if before.is_evacuating:
        await ticket_messages.notify_of_evacuation_end(tx, office)
        await tx.emit(EvacuationEnded(office))
    elif office.paused != before.paused:
        await ticket_messages.notify_of_pause(tx, office)


def _take_back_calls(line: Line, tx: Transaction) -> Line:
    called = [found for found in line.tickets if found.state is TicketState.CALLED]
    return line.with_tickets(*(ticket.take_back_call(found, tx.now) for found in called))


def _restart_rejoin_periods(line: Line, tx: Transaction) -> Line:
    return line.with_tickets(*(ticket.restart_rejoin_period(found, tx.now) for found in line.tickets))


# Evacuation: a pause with a reason of its own (docs/decisions/0045)


async def evacuate_office(
    runtime: Runtime, principal: Principal, office_slug: str, chosen: TextsForOffice
) -> Office:
    """Tell everyone to leave an office. `chosen`: what they read. A second call changes it.

    Waits for no line, because a transaction that holds one must not delay the warning. What may wait follows, by
    the caller or by timers: `announce_evacuation_to_agents`, `take_back_calls`.

    Raises NotFound, NotAllowed, Invalid.
    """
    async with runtime.transaction() as tx:
        before = await office_by_slug(tx.session, office_slug)
        require_role(principal, StaffRole.HOST, before.slug)
        texts = chosen(before)
        message = text_in_language(texts, runtime.languages.required)
        after = replace(before, paused=True, pause_message=message, pause_texts=texts, pause_reason=EVACUATION)
        if after == before:
            return before
        await save_office_pause(tx.session, after)
        actor = staff_actor(principal.id)
        history_rows.insert_office_event(
            tx.session, after.id, "paused", actor, tx.now, message=message, reason=EVACUATION
        )
        for kind in (EVACUATION_TIMER, TAKE_BACK_TIMER):
            await tx.schedule_timer(kind, subject=after.id, due_at=tx.now)
        if not before.is_evacuating:
            await ticket_messages.notify_of_evacuation(tx, after)
            await tx.emit(OfficeEvacuated(after))
        announce_evacuation(tx, after)
    logger.info("office_evacuated", extra={"office": after.slug})
    return after


async def announce_evacuation_to_agents(tx: Transaction, office_id: str) -> None:
    """Emit `EvacuationCommitted` while the office is evacuated.

    The handler of EVACUATION_TIMER, which does not fire again after the caller's own step.
    """
    await tx.cancel_timers(office_id, [EVACUATION_TIMER])
    try:
        office = await office_by_id(tx.session, office_id)
    except NotFound:  # the office was deleted
        return
    if office.is_evacuating:
        sessions = await desk_rows.open_desk_sessions(tx.session, [office_id])
        agent_ids = frozenset(session.agent_id for session in sessions.values())
        await tx.emit(EvacuationCommitted(office, agent_ids))


def _reopen_help_requests(line: Line) -> Line:
    """Ask again for help that a host has promised: these citizens may need it to get out."""
    return line.with_tickets(*(ticket.reopen_help_request(found) for found in line.tickets))


async def take_back_calls(tx: Transaction, office_id: str) -> None:
    """Take back the calls of a paused office. Idempotent.

    The handler of TAKE_BACK_TIMER, which does not fire again after the caller's own step.
    """
    await tx.cancel_timers(office_id, [TAKE_BACK_TIMER])  # before the lines: holds no lock while it waits
    try:
        office = await office_by_id(tx.session, office_id)
    except NotFound:  # the office was deleted
        return
    locked = await lock_office_lines(tx, office, [line.id for line in office.lines])
    if not locked.office.paused:
        return
    changed = [_take_back_calls(line, tx) for line in locked.lines.values()]
    if locked.office.is_evacuating:
        changed = [_reopen_help_requests(line) for line in changed]
    await commit_lines_and_resync(locked, changed, "paused", TIMER_ACTOR)


# Walk-ins of a line


async def stop_walk_ins(
    runtime: Runtime,
    principal: Principal,
    line_id: str,
    reason: str | None = None,
    chosen: TextsForOffice | None = None,
) -> OfficeLine:
    """Stop tickets without an appointment in this line. A second call changes the reason.

    `chosen`: the texts of a reason, in place of `reason`. Raises NotFound, NotAllowed, Invalid for an unknown one.
    """
    return await _set_walk_ins_stopped(runtime, principal, line_id, stopped=True, reason=reason, chosen=chosen)


async def reopen_walk_ins(
    runtime: Runtime,
    principal: Principal,
    line_id: str,
    reason: str | None = None,
    chosen: TextsForOffice | None = None,
) -> OfficeLine:
    """Allow tickets without an appointment in this line again. The reason is for the audit.

    Raises NotFound, NotAllowed, Invalid for an unknown choice.
    """
    return await _set_walk_ins_stopped(runtime, principal, line_id, stopped=False, reason=reason, chosen=chosen)


async def _set_walk_ins_stopped(
    runtime: Runtime,
    principal: Principal,
    line_id: str,
    *,
    stopped: bool,
    reason: str | None,
    chosen: TextsForOffice | None = None,
) -> OfficeLine:
    async with runtime.transaction() as tx:
        office = await office_by_line_id(tx.session, line_id)
        require_role(principal, StaffRole.HOST, office.slug)
        locked = await lock_office_lines(tx, office, [line_id])
        before = locked.office_lines[line_id]
        texts = chosen(office) if chosen else None
        reason = text_in_language(texts, runtime.languages.required) if texts else reason
        after = replace(before, stopped=stopped, stop_reason=reason, stop_texts=texts)
        if not stopped:
            after = replace(after, stop_reason=None, stop_texts=None)
        if after == before:
            return before
        await save_line_stop(tx.session, office.id, after)
        action, actor = "walk_ins_stopped" if stopped else "walk_ins_opened", staff_actor(principal.id)
        history_rows.insert_office_event(
            tx.session, office.id, action, actor, tx.now, line_id=line_id, reason=reason
        )
        present = await office_by_id(tx.session, office.id)
        stopped_line = replace(locked, office=present, office_lines={line_id: after})
        await publish_lines(stopped_line, locked.lines.values(), must_resync=True)
    logger.info(action, extra={"office": office.slug, "line": after.slug})
    return after
