"""Taking a ticket without an appointment: where there is room, on standby, or because a host says so."""

from __future__ import annotations

from dataclasses import replace

from ...core.errors import FieldError, Invalid, NotFound
from ...offices.service import Office, OfficeService
from ..domain import admission
from ..domain.ticket import TicketKind, TicketState
from ..storage import ticket_rows
from .duplicate_tickets import already_waiting_error, person_keys
from .issue_ticket import issue_ticket, make_ticket
from .judging import assess_walk_in, standby_refusal
from .line_transaction import LockedLines
from .refusals import refusal_error
from .ticket_request import IssuedTicket, TicketRequest


def requested_service(office: Office, request: TicketRequest) -> OfficeService:
    """What somebody comes for; it need not be said where there is one thing only. Raises Invalid."""
    here = [one for one in office.services if one.walk_in and "in_person" in one.modes]
    if request.service is None and len(here) == 1:
        return here[0]
    if request.service is None:
        raise Invalid(FieldError("service", "required"))
    try:
        return office.service(request.service)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None


async def take_walk_in_ticket(locked: LockedLines, service: OfficeService, request: TicketRequest) -> IssuedTicket:
    """The ticket of somebody who comes without an appointment. Raises as `take_ticket`."""
    tx, office = locked.tx, locked.office
    keys = person_keys(office, request, str(locked.day))
    holds = await ticket_rows.active_ticket_for_person(
        tx.session, keys["device_key"], keys["email_key"], keys["phone_key"]
    )
    if holds is not None:
        raise already_waiting_error(tx.runtime, holds, request.device)
    judged = await assess_walk_in(locked, service)
    refusal = judged.refusal or standby_refusal(locked.lines[service.line_id])
    if request.standby and (refusal is None or refusal.code in admission.STANDBY_REFUSAL_CODES):
        refusal = None
    if refusal is not None and not _is_refusal_overridden(service, request):
        raise await refusal_error(tx.session, office, service, refusal, request.language, tx.now)
    line = locked.lines[service.line_id]
    ticket = make_ticket(
        locked, [service], TicketKind.WALK_IN, judged.expected_appointments, judged.latest, line.settings
    )
    if request.standby:
        return await issue_ticket(
            locked, replace(ticket, state=TicketState.STANDBY), request, None, name=request.name, **keys
        )
    return await issue_ticket(locked, ticket, request, judged.shown_range, name=request.name, **keys)


def _is_refusal_overridden(service: OfficeService, request: TicketRequest) -> bool:
    """Whether a host takes it upon them; nobody can be attended in person where that is not done at all."""
    return request.override is not None and "in_person" in service.modes
