"""What a host does for whoever stands at the entrance: give a turn, check an appointment in at whatever time."""

from __future__ import annotations

from dataclasses import replace

from ...appointments.service import appointment_by_id
from ...core.auth import Principal, StaffRole, require_role
from ...core.runtime import Runtime
from ..domain.ticket import TicketPriority
from . import host
from .take_ticket import take_ticket
from .ticket_request import AppointmentById, IssuedTicket, TicketRequest

HOST_CHECK_IN_REASON = (
    "checked in by the host"  # why the time of an appointment does not matter any more, for the audit
)


async def give_ticket(
    runtime: Runtime,
    principal: Principal,
    office_slug: str,
    request: TicketRequest,
    *,
    preferential: bool = False,
) -> IssuedTicket:
    """A turn for somebody without a phone. With `override`, its reason, also past closing, pause, quota and stop.

    `preferential`: the host confirms it at once. Raises as `take_ticket`, and NotAllowed.
    """
    require_role(principal, StaffRole.HOST, office_slug)
    # The device is the host's own: it is not whose turn this is.
    asked = replace(request, device=None, actor=f"staff:{principal.id}")
    issued = await take_ticket(runtime, office_slug, asked)
    if preferential and issued.ticket.priority is not TicketPriority.PREFERENTIAL:
        after = await host.set_priority(runtime, principal, issued.ticket.id, TicketPriority.PREFERENTIAL)
        return replace(issued, ticket=after)
    return issued


async def check_in_appointment(runtime: Runtime, principal: Principal, appointment_id: str) -> IssuedTicket:
    """The person is here: also earlier or later than they could say so themselves. A second time, the same ticket.

    Raises NotFound, NotAllowed, Refused("appointment_over" | "appointment_is_video").
    """
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, appointment_id)
    require_role(principal, StaffRole.HOST, appointment.office_slug)
    request = TicketRequest(
        appointment=AppointmentById(appointment_id),
        language=appointment.language,
        email=appointment.email,
        actor=f"staff:{principal.id}",
        override=HOST_CHECK_IN_REASON,
    )
    return await take_ticket(runtime, appointment.office_slug, request)
