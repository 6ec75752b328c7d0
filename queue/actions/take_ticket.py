"""Taking a ticket: with an appointment or without one, once per person, or with the reason why not."""

from __future__ import annotations

from ...appointments.service import Appointment, also_given, appointment_by_id, appointment_by_token, find
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_slug
from ..storage.store import Collision
from .duplicate_tickets import answered_before
from .line_transaction import lock
from .ticket_request import ById, ByLocator, IssuedTicket, TicketRequest
from .walk_in import walk_in, walk_in_service
from .with_appointment import booked_service, check_is_for_here, with_appointment

ATTEMPTS = 3  # two requests of one person in the same moment: the second look finds what the first wrote


async def take_ticket(runtime: Runtime, office_slug: str, request: TicketRequest) -> IssuedTicket:
    """Issue a ticket. The same request key gives the same ticket again.

    Raises Refused("closed" | "paused" | "walk_ins_stopped" | "quota_reached" | "no_capacity" |
    "appointment_only", alternatives=[...]), Refused("already_waiting" | "too_early" | "too_late_for_turn" |
    "appointment_is_video" | "appointment_elsewhere" | "appointment_over" |
    "not_confirmed" | "service_gone"), NotFound, RateLimited, Invalid.
    """
    appointment = await _appointment(runtime, request)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with runtime.transaction() as tx:
                return await _take(tx, office_slug, request, appointment)
        except Collision:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def _appointment(runtime: Runtime, request: TicketRequest) -> Appointment | None:
    if isinstance(request.appointment, ByLocator):
        named = request.appointment
        return await find(runtime, named.locator, named.contact, named.address)
    if request.appointment is None:
        return None
    async with runtime.reading() as session:
        if isinstance(request.appointment, ById):
            return await appointment_by_id(session, request.appointment.id)
        return await appointment_by_token(session, request.appointment)


async def _take(
    tx: Transaction, office_slug: str, request: TicketRequest, appointment: Appointment | None
) -> IssuedTicket:
    office = await office_by_slug(tx.session, office_slug)
    if appointment is not None:
        check_is_for_here(appointment, office, tx)
    service = booked_service(office, appointment) if appointment else walk_in_service(office, request)
    more = also_given(office, appointment) if appointment else ()
    locked = await lock(tx, office, [service.line_id])
    earlier = await answered_before(tx, office, request)
    if earlier is not None:
        return earlier
    if appointment is None:
        return await walk_in(locked, service, request)
    return await with_appointment(locked, (service, *more), request, appointment.id)
