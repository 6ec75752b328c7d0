"""Taking a ticket: with an appointment or without one, once per person, or with the reason why not."""

from __future__ import annotations

from ...appointments.service import (
    Appointment,
    additional_services,
    appointment_by_id,
    appointment_by_token,
    look_up_appointment,
)
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_slug
from ..storage.ticket_rows import TicketCollision
from .duplicate_tickets import find_repeated_request
from .line_transaction import lock_office_lines
from .ticket_request import AppointmentById, AppointmentByLocator, IssuedTicket, TicketRequest
from .walk_in import requested_service, take_walk_in_ticket
from .with_appointment import booked_service, check_appointment_office, take_appointment_ticket

MAX_TAKE_ATTEMPTS = 3  # two requests of one person in the same moment: the second look finds what the first wrote


async def take_ticket(runtime: Runtime, office_slug: str, request: TicketRequest) -> IssuedTicket:
    """Issue a ticket. The same request key gives the same ticket again.

    Raises Refused("closed" | "paused" | "walk_ins_stopped" | "quota_reached" | "no_capacity" |
    "appointment_only", alternatives=[...]), Refused("already_waiting" | "too_early" | "too_late_for_turn" |
    "appointment_is_video" | "appointment_elsewhere" | "appointment_over" |
    "not_confirmed" | "service_gone"), NotFound, RateLimited, Invalid.
    """
    appointment = await _find_appointment(runtime, request)
    for attempt in range(1, MAX_TAKE_ATTEMPTS + 1):
        try:
            async with runtime.transaction() as tx:
                return await _take_in_transaction(tx, office_slug, request, appointment)
        except TicketCollision:
            if attempt == MAX_TAKE_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def _find_appointment(runtime: Runtime, request: TicketRequest) -> Appointment | None:
    if isinstance(request.appointment, AppointmentByLocator):
        named = request.appointment
        return await look_up_appointment(runtime, named.locator, named.contact, named.address)
    if request.appointment is None:
        return None
    async with runtime.read_session() as session:
        if isinstance(request.appointment, AppointmentById):
            return await appointment_by_id(session, request.appointment.id)
        return await appointment_by_token(session, request.appointment)


async def _take_in_transaction(
    tx: Transaction, office_slug: str, request: TicketRequest, appointment: Appointment | None
) -> IssuedTicket:
    office = await office_by_slug(tx.session, office_slug)
    if appointment is not None:
        check_appointment_office(appointment, office, tx)
    service = booked_service(office, appointment) if appointment else requested_service(office, request)
    more = additional_services(office, appointment) if appointment else ()
    locked = await lock_office_lines(tx, office, [service.line_id])
    earlier = await find_repeated_request(tx, office, request)
    if earlier is not None:
        return earlier
    if appointment is None:
        return await take_walk_in_ticket(locked, service, request)
    return await take_appointment_ticket(locked, (service, *more), request, appointment.id)
