"""Transfer of the ticket at a desk to another service or desk. No SQL."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ...appointments.service import VisitNoteKind, visit_duration
from ...core.auth import Principal, StaffRole
from ...core.errors import FieldError, Invalid, NotAllowed, NotFound, Refused
from ...core.runtime import Runtime
from ...offices.service import Office, OfficeDesk, OfficeService
from ..domain import ticket
from ..domain.actors import staff_actor
from ..domain.call_order import overtaken_tickets
from ..domain.line import TRANSFERRED
from ..domain.ticket import Ticket
from ..storage import desk_rows
from .line_transaction import LockedLines, add_ticket_note, commit_lines, load_ticket_for_staff, lock_ticket
from .ticket_timers import schedule_expiry

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TransferDestination:
    """The service of a transfer, its desk, and the remaining services of the visit.

    `desk` is None for any desk of the service's line.
    """

    service: OfficeService
    desk: OfficeDesk | None
    more: tuple[OfficeService, ...] = ()


async def transfer_ticket(
    runtime: Runtime,
    principal: Principal,
    ticket_id: str,
    *,
    service: str | None = None,
    desk: str | None = None,
    note: str | None = None,
) -> Ticket:
    """Transfer the ticket at a desk.

    `service` is a slug, `desk` an id; at least one of them is required. `note`: for colleagues only.
    The ticket keeps its code and the time since which it waits; a named desk calls it first. Of a visit of several
    services, those before the new service are done, and those after it remain.
    Raises NotFound, NotAllowed("not_your_desk"), Invalid,
    Refused("illegal_transition" | "service_not_here" | "desk_not_for_service" | "desk_not_open"),
    Conflict("ticket_moved").
    """
    async with runtime.transaction() as tx:
        record, office = await load_ticket_for_staff(tx, principal, StaffRole.AGENT, ticket_id)
        to = _resolve_destination(office, record.ticket, service, desk)
        locked, found = await lock_ticket(tx, office, record.ticket, extra_line_ids=[to.service.line_id])
        await _check_transfer(locked, principal, found, to)
        after = ticket.move_to_line(
            found,
            to.service.line_id,
            to.service.slug,
            visit_duration((to.service, *to.more)),
            to.desk.id if to.desk else None,
            tx.now,
            more_services=tuple(more.slug for more in to.more),
        )
        schedule_expiry(tx, after.line_id, record.expires_at)
        await _commit_transfer(locked, principal, found, after)
        if note is not None:
            await add_ticket_note(locked, principal, found, VisitNoteKind.TRANSFERRED, note)
    logger.info("ticket_transferred", extra={"ticket": after.id, "line": after.line_id, "desk": after.returns_to})
    return after


def _resolve_destination(
    office: Office, sent: Ticket, service: str | None, desk: str | None
) -> TransferDestination:
    if service is None and desk is None:
        raise Invalid(FieldError("service", "required"))
    try:
        given = office.service(service or sent.service)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None
    try:
        at = office.desk(desk) if desk is not None else None
    except NotFound:
        raise Invalid(FieldError("desk", "not_a_choice")) from None
    if "in_person" not in given.modes:
        raise Refused("service_not_here")
    if at is not None and given.line_id not in at.line_ids:
        raise Refused("desk_not_for_service")
    return TransferDestination(given, at, _remaining_services(office, sent, given))


def _remaining_services(office: Office, sent: Ticket, to: OfficeService) -> tuple[OfficeService, ...]:
    """Return the services of the visit after the new one, if it is part of the visit."""
    if to.slug not in sent.services:
        return ()
    after = sent.services[sent.services.index(to.slug) + 1 :]
    return tuple(more for more in office.services_by_slugs(after) if "in_person" in more.modes)


async def _check_transfer(
    locked: LockedLines, principal: Principal, found: Ticket, to: TransferDestination
) -> None:
    if found.agent_id != principal.id and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_desk")
    if to.desk is None:
        return
    if to.desk.id not in await desk_rows.open_desk_sessions(locked.tx.session, [locked.office.id]):
        raise Refused("desk_not_open")  # the ticket would never be called


async def _commit_transfer(locked: LockedLines, principal: Principal, before: Ticket, after: Ticket) -> None:
    source, target = locked.lines[before.line_id], locked.lines[after.line_id]
    joined = target.with_tickets(after)
    overtaken = [
        passed for passed in overtaken_tickets(target, joined, TRANSFERRED, locked.tx.now) if passed.id != after.id
    ]
    changed = [joined.with_tickets(*overtaken)]
    if source.id != target.id:
        changed.append(source.without_ticket(after.id))
    slugs = {line_id: office_line.slug for line_id, office_line in locked.office_lines.items()}
    details = {"from": slugs[source.id], "to": slugs[target.id], "desk": after.returns_to}
    await commit_lines(locked, changed, "transferred", staff_actor(principal.id), **details)
