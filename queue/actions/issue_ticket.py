"""Issue of a ticket: row, event, timers and messages. Does not decide on admission."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ...appointments.service import VisitNoteKind, VisitPerson, insert_visit_note, visit_duration
from ...core.contact.chosen_channels import ChosenChannel
from ...core.ids import new_id
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, hours
from ..domain import wait_estimate
from ..domain.line import Line, overtaking_limit_at_issue
from ..domain.line_settings import LineSettings
from ..domain.ticket import Ticket, TicketKind, TicketState
from ..domain.wait_estimate import ExpectedAppointment, ForecastRange
from ..notify import ticket_messages
from ..queries import office_state
from ..queries.ticket_json import range_json
from ..storage import desk_rows, history_rows, ticket_rows
from ..storage.desk_rows import LineDay
from ..storage.ticket_rows import TicketRecord
from . import notification_subscriptions
from .assess_walk_in import UNKNOWN_WAIT_HORIZON
from .line_transaction import LockedLines, publish_lines
from .ticket_request import IssuedTicket, TicketRequest, compute_request_digest
from .ticket_timers import schedule_expiry, schedule_ticket_timers

logger = logging.getLogger(__name__)


def make_ticket(
    locked: LockedLines,
    services: Sequence[OfficeService],
    kind: TicketKind,
    expected_appointments: Sequence[ExpectedAppointment],
    latest: datetime,
    settings: LineSettings,
) -> Ticket:
    """Make the next ticket of a line.

    A visit waits in the line of its first service, and takes as long as all its services.
    """
    now, service = locked.tx.now, services[0]
    number = locked.line_days[service.line_id].issued + 1
    return Ticket(
        id=new_id(),
        line_id=service.line_id,
        number=number,
        code=f"{locked.office_lines[service.line_id].letter}-{number:03d}",
        service=service.slug,
        kind=kind,
        issued_at=now,
        arrived_at=now,
        since=now,
        expected=visit_duration(services),
        more_services=tuple(more.slug for more in services[1:]),
        overtakings_left=overtaking_limit_at_issue(
            wait_estimate.count_possible_overtakers(expected_appointments, latest, now, settings), settings
        ),
    )


async def issue_ticket(
    locked: LockedLines,
    ticket: Ticket,
    request: TicketRequest,
    shown_range: ForecastRange | None,
    *,
    name: str | None,
    booked_channels: Sequence[ChosenChannel],
    **keys: str | None,
) -> IssuedTicket:
    """Write the ticket with the shown range, its event, its timers and its messages.

    `booked_channels`: those of the appointment that get the notifications; the request stays as it came, because
    its digest names a repeated request. `keys`: the result of `claim_person_keys`.
    Raises WriteConflict if the person got a ticket at the same time.
    """
    tx, office = locked.tx, locked.office
    token = tx.runtime.tokens.derive("ticket", ticket.id)
    settings = locked.lines[ticket.line_id].settings
    expires_at = _opening_ends_at(office, ticket, tx.now) + settings.expire_after_closing
    channels = (*booked_channels, *request.channels)
    booked_phone = next((chosen.address for chosen in booked_channels if chosen.is_number), None)
    browsers = await notification_subscriptions.inherit_appointment_browsers(tx, ticket, expires_at)
    ticket = replace(ticket, notify=bool(channels or browsers))
    record = TicketRecord(
        ticket=ticket,
        office_id=office.id,
        issued_line_id=ticket.line_id,
        token_hash=hash_token(token),
        day=locked.day,
        language=request.language,
        expires_at=expires_at,
        name=name,
        email=request.email,
        phone=booked_phone or request.phone,
        preferential_requested=request.preferential_requested,
        device_hash=hash_token(request.device) if request.device else None,
        request_key=request.request_key,
        request_digest=compute_request_digest(office, request),
        shown_earliest=shown_range.earliest if shown_range else None,
        shown_latest=shown_range.latest if shown_range else None,
        channels=channels,
        **keys,
    )
    ticket_rows.insert_ticket(tx.writes, record)
    _count_issued_ticket(locked, ticket)
    details = {"kind": str(ticket.kind)} | ({"override": request.override} if request.override else {})
    history_rows.insert_ticket_events(tx.writes, [(ticket, None)], "issued", request.actor, tx.now, details)
    if request.staff is not None and request.override is not None and request.appointment is None:
        person = VisitPerson(ticket.id, email=record.email, phone=record.phone)
        await insert_visit_note(tx, office.id, request.staff, VisitNoteKind.ISSUED, person, request.override)
    schedule_ticket_timers(tx, ticket, settings)
    schedule_expiry(tx, ticket.line_id, record.expires_at)
    line = locked.lines[ticket.line_id].with_tickets(ticket)
    await publish_lines(locked, [line])
    if record.email is not None or ticket.notify:
        await _send_issued_messages(locked, record, line)
    logger.info("ticket_issued", extra={"ticket": ticket.id, "office": office.slug, "kind": str(ticket.kind)})
    return IssuedTicket(ticket, token)


async def _send_issued_messages(locked: LockedLines, record: TicketRecord, line: Line) -> None:
    """Enqueue the e-mail of the ticket, and the notifications that were requested with it."""
    tx, office, ticket = locked.tx, locked.office, record.ticket
    state = await office_state.load_office_state(tx.session, office, tx.now, [line], locked.sessions)
    schedule = state.call_schedule(line.id)
    shown_range = schedule.ranges.get(ticket.id)
    if record.email is not None:
        kind = "ticket_standby" if ticket.state is TicketState.STANDBY else "ticket_issued"
        ticket_messages.enqueue_ticket_email(tx, office, record, record.email, shown_range, kind)
    if ticket.notify:
        seen = {"ahead": schedule.people_ahead().all.get(ticket.id), "eta": range_json(shown_range, office)}
        await ticket_messages.notify_of_issue(tx, office, ticket, seen)


def _opening_ends_at(office: Office, ticket: Ticket, now: datetime) -> datetime:
    """Return the closing time of the opening in which the visit falls.

    A check-in may come before the office opens.
    """
    return (
        hours.closing_time(office.hours, now)
        or hours.closing_time(office.hours, ticket.appointment_at or now)
        or (ticket.appointment_at or now) + UNKNOWN_WAIT_HORIZON
    )


def _count_issued_ticket(locked: LockedLines, ticket: Ticket) -> None:
    before = locked.line_days[ticket.line_id]
    counted = LineDay(
        issued=before.issued + 1,
        walk_ins=before.walk_ins + (ticket.kind is TicketKind.WALK_IN and ticket.state is not TicketState.STANDBY),
        last_calls=before.last_calls,
    )
    desk_rows.save_line_day(locked.tx.writes, ticket.line_id, locked.day, counted)
    locked.line_days[ticket.line_id] = counted
