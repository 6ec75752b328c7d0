"""An agent sends a person on: to another service, or to one desk. The same ticket, with its place in time."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ...appointments.service import visit_duration
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import FieldError, Invalid, NotAllowed, NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeDesk, OfficeService, office_by_id
from ..domain import ticket
from ..domain.call_order import overtaken_tickets
from ..domain.ticket import Ticket
from ..storage import desk_rows, ticket_rows
from ..storage.ticket_rows import TicketRecord
from .line_transaction import LockedLines, commit_lines, lock_ticket, schedule_expiry

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TransferDestination:
    """Where a person is sent. `desk` None: to any desk of the service's line. `more`: what else is done there."""

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
) -> Ticket:
    """Send whoever is being served on; `service` is a slug, `desk` an id, one of them at least.

    The ticket keeps its code and the time from which it waits; at a named desk it comes first. Of a visit
    of several services what stands before that one is done, and what comes after it goes along.
    Raises NotFound, NotAllowed("not_your_desk"), Invalid,
    Refused("illegal_transition" | "service_not_here" | "desk_not_for_service" | "desk_not_open"),
    Conflict("ticket_moved").
    """
    async with runtime.transaction() as tx:
        record, office = await _load_record(tx, principal, ticket_id)
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
            more_services=tuple(one.slug for one in to.more),
        )
        await schedule_expiry(tx, after.line_id, record.expires_at)
        await _commit_transfer(locked, principal, found, after)
    logger.info("ticket_transferred", extra={"ticket": after.id, "line": after.line_id, "desk": after.returns_to})
    return after


async def _load_record(tx: Transaction, principal: Principal, ticket_id: str) -> tuple[TicketRecord, Office]:
    record = await ticket_rows.ticket_record_by_id(tx.session, ticket_id)
    if record is None:
        raise NotFound
    office = await office_by_id(tx.session, record.office_id)
    require_role(principal, StaffRole.AGENT, office.slug)
    return record, office


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
    """What of a visit follows the service to which somebody is sent; nothing where that is none of the visit's."""
    if to.slug not in sent.services:
        return ()
    after = sent.services[sent.services.index(to.slug) + 1 :]
    return tuple(one for one in office.services_by_slugs(after) if "in_person" in one.modes)


async def _check_transfer(
    locked: LockedLines, principal: Principal, found: Ticket, to: TransferDestination
) -> None:
    if found.agent_id != principal.id and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_desk")
    if to.desk is None:
        return
    if to.desk.id not in await desk_rows.open_desk_sessions(locked.tx.session, locked.office.id):
        raise Refused("desk_not_open")  # nobody would ever call from there


async def _commit_transfer(locked: LockedLines, principal: Principal, before: Ticket, after: Ticket) -> None:
    source, target = locked.lines[before.line_id], locked.lines[after.line_id]
    joined = target.with_tickets(after)
    behind = [one for one in overtaken_tickets(target, joined, "transfer", locked.tx.now) if one.id != after.id]
    changed = [joined.with_tickets(*behind)]
    if source.id != target.id:
        changed.append(source.without_ticket(after.id))
    names = {line_id: named.slug for line_id, named in locked.office_lines.items()}
    details = {"from": names[source.id], "to": names[target.id], "desk": after.returns_to}
    await commit_lines(locked, changed, "transferred", f"staff:{principal.id}", **details)
