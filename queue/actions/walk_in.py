"""Taking a ticket without an appointment: where there is room, on standby, or because a host says so."""

from __future__ import annotations

from dataclasses import replace

from ...core.errors import FieldError, Invalid, NotFound
from ...offices.service import Office, Service
from ..domain import admission
from ..domain.ticket import Kind, State
from ..storage import store
from .duplicate_tickets import already_waiting, keys_of
from .issue_ticket import issue, new_ticket
from .judging import behind_standby, judge
from .line_transaction import Locked
from .refusals import refused
from .ticket_request import IssuedTicket, TicketRequest


def walk_in_service(office: Office, request: TicketRequest) -> Service:
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


async def walk_in(locked: Locked, service: Service, request: TicketRequest) -> IssuedTicket:
    """The ticket of somebody who comes without an appointment. Raises as `take_ticket`."""
    tx, office = locked.tx, locked.office
    keys = keys_of(office, request, str(locked.day))
    holds = await store.active_of_person(tx.session, keys["device_key"], keys["email_key"], keys["phone_key"])
    if holds is not None:
        raise already_waiting(tx.runtime, holds, request.device)
    judged = await judge(locked, service)
    refusal = judged.refusal or behind_standby(locked.lines[service.line_id])
    if request.standby and (refusal is None or refusal.code in admission.STANDBY_HELPS):
        refusal = None
    if refusal is not None and not _is_overridden(service, request):
        raise await refused(tx.session, office, service, refusal, request.language, tx.now)
    line = locked.lines[service.line_id]
    ticket = new_ticket(locked, [service], Kind.WALK_IN, judged.coming, judged.latest, line.rules)
    if request.standby:
        return await issue(locked, replace(ticket, state=State.STANDBY), request, None, name=request.name, **keys)
    return await issue(locked, ticket, request, judged.shown, name=request.name, **keys)


def _is_overridden(service: Service, request: TicketRequest) -> bool:
    """Whether a host takes it upon them; nobody can be attended in person where that is not done at all."""
    return request.override is not None and "in_person" in service.modes
