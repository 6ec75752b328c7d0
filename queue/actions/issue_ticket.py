"""Making a ticket and writing it down, with its timers and what its person is told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ...appointments.service import length_of
from ...core.ids import new_id
from ...core.tokens import hash_token
from ...offices.service import Office, Service, hours
from ..domain import wait_estimate
from ..domain.line import Line, passes_at_issue
from ..domain.ticket import Kind, LineRules, State, Ticket
from ..domain.wait_estimate import Booked, Range
from ..notify import ticket_messages
from ..queries import office_state
from ..queries.ticket_json import range_json
from ..storage import store
from ..storage.store import LineDay, Record
from . import notification_subscriptions
from .judging import UNSURE
from .line_transaction import Locked, set_expiry, set_timers, tell
from .ticket_request import IssuedTicket, TicketRequest, digest

logger = logging.getLogger(__name__)


def new_ticket(
    locked: Locked,
    services: Sequence[Service],
    kind: Kind,
    coming: Sequence[Booked],
    latest: datetime,
    rules: LineRules,
) -> Ticket:
    """A visit waits in the line of its first service, and takes as long as all of them."""
    now, service = locked.tx.now, services[0]
    number = locked.days[service.line_id].issued + 1
    return Ticket(
        id=new_id(),
        line_id=service.line_id,
        number=number,
        code=f"{locked.named[service.line_id].letter}-{number:03d}",
        service=service.slug,
        kind=kind,
        issued_at=now,
        arrived_at=now,
        since=now,
        expected=length_of(services),
        more_services=tuple(one.slug for one in services[1:]),
        passes_left=passes_at_issue(wait_estimate.could_pass(coming, latest, now, rules), rules),
    )


async def issue(
    locked: Locked,
    ticket: Ticket,
    request: TicketRequest,
    shown: Range | None,
    *,
    name: str | None,
    **keys: str | None,
) -> IssuedTicket:
    """Write the ticket with what it was shown, its event, its timers and its letters; `keys`: as `again.keys_of`.

    Raises Collision when somebody else was faster.
    """
    tx, office = locked.tx, locked.office
    token = tx.runtime.tokens.derive("ticket", ticket.id)
    rules = locked.lines[ticket.line_id].rules
    expires_at = _closing(office, ticket, tx.now) + rules.expire_after_closing
    sms_phone = request.phone if request.sms else None
    browsers = await notification_subscriptions.inherit(tx, ticket, expires_at)
    ticket = replace(ticket, notify=bool(sms_phone or browsers))
    record = Record(
        ticket=ticket,
        office_id=office.id,
        issued_line_id=ticket.line_id,
        token_hash=hash_token(token),
        day=locked.day,
        language=request.language,
        expires_at=expires_at,
        name=name,
        email=request.email,
        phone=request.phone,
        preferential_requested=request.preferential_requested,
        device_hash=hash_token(request.device) if request.device else None,
        request_key=request.request_key,
        request_digest=digest(office, request),
        shown_earliest=shown.earliest if shown else None,
        shown_latest=shown.latest if shown else None,
        sms_phone=sms_phone,
        **keys,
    )
    await store.insert(tx.session, record)
    await _count(locked, ticket)
    details = {"kind": str(ticket.kind)} | ({"override": request.override} if request.override else {})
    await store.add_events(tx.session, [(ticket, None)], "issued", request.actor, tx.now, details)
    await set_timers(tx, ticket, rules)
    await set_expiry(tx, ticket.line_id, record.expires_at)
    line = locked.lines[ticket.line_id].with_tickets(ticket)
    await tell(locked, [line])
    if record.email is not None or ticket.notify:
        await _write_to(locked, record, line)
    logger.info("ticket_issued", extra={"ticket": ticket.id, "office": office.slug, "kind": str(ticket.kind)})
    return IssuedTicket(ticket, token)


async def _write_to(locked: Locked, record: Record, line: Line) -> None:
    """The letter, and the notices that were asked for with the ticket."""
    tx, office, ticket = locked.tx, locked.office, record.ticket
    outlook = (await office_state.floor(tx.session, office, tx.now, [line], locked.sessions)).outlook(line.id)
    if record.email is not None:
        kind = "ticket_standby" if ticket.state is State.STANDBY else "ticket_issued"
        ticket_messages.issued(tx, office, record, record.email, outlook.ranges.get(ticket.id), kind)
    if ticket.notify:
        ahead = outlook.order.index(ticket.id) if ticket.id in outlook.order else None
        seen = {"ahead": ahead, "eta": range_json(outlook.ranges.get(ticket.id), office)}
        await ticket_messages.tell_issued(tx, office, ticket, seen)


def _closing(office: Office, ticket: Ticket, now: datetime) -> datetime:
    """When this visit's opening ends. Who comes for an appointment may be there before the doors open."""
    return (
        hours.closing(office.hours, now)
        or hours.closing(office.hours, ticket.appointment_at or now)
        or (ticket.appointment_at or now) + UNSURE
    )


async def _count(locked: Locked, ticket: Ticket) -> None:
    before = locked.days[ticket.line_id]
    counted = LineDay(
        issued=before.issued + 1,
        walk_ins=before.walk_ins + (ticket.kind is Kind.WALK_IN and ticket.state is not State.STANDBY),
        last_calls=before.last_calls,
    )
    await store.save_line_day(locked.tx.session, ticket.line_id, locked.day, counted)
    locked.days[ticket.line_id] = counted
