"""Taking a ticket with an appointment, which is checked in by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...appointments.service import Appointment, AppointmentState, appointment_by_id, check_in, present_service
from ...core.errors import Refused
from ...core.runtime import Transaction
from ...offices.service import Office, Service
from ..domain import admission
from ..domain.ticket import Kind
from ..domain.ticket_notifications import CITIZEN
from ..queries import office_state
from ..storage import store
from .duplicate_tickets import already_waiting, token_of
from .issue_ticket import issue, new_ticket
from .line_transaction import Locked
from .refusals import refused
from .ticket_request import IssuedTicket, TicketRequest


def booked_service(office: Office, appointment: Appointment) -> Service:
    """Raises Refused("service_gone"): nobody knows in which line they would wait."""
    service = present_service(office, appointment)
    if service is None:
        raise Refused("service_gone")
    return service


def check_is_for_here(appointment: Appointment, office: Office, tx: Transaction) -> None:
    """Raises Refused("appointment_is_video" | "appointment_elsewhere")."""
    if appointment.mode == "video":
        raise Refused("appointment_is_video")
    if appointment.office_id != office.id:
        link = f"{tx.runtime.public_url}/o/{appointment.office_slug}"
        raise Refused("appointment_elsewhere", office=appointment.office_slug, links={"page": link})


async def with_appointment(
    locked: Locked, services: Sequence[Service], request: TicketRequest, appointment_id: str
) -> IssuedTicket:
    """The ticket of somebody who comes for their appointment; its first service says the line. Raises as
    `take_ticket`."""
    tx, service = locked.tx, services[0]
    holds = await store.active_of_appointment(tx.session, appointment_id)
    if holds is not None and request.actor != CITIZEN:  # two hosts at once, or one who presses twice
        return IssuedTicket(holds.ticket, token_of(tx.runtime, holds), again=True)
    if holds is not None:
        raise already_waiting(tx.runtime, holds, request.device)
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state == AppointmentState.PRECONFIRMED:
        raise Refused("not_confirmed")
    if appointment.state != AppointmentState.CONFIRMED:
        raise Refused("appointment_over")
    line = locked.lines[service.line_id]
    refusal = admission.appointment(
        appointment.starts_at,
        tx.now,
        paused=locked.office.paused,
        rules=line.rules,
        told_at=appointment.latest_told_at,
    )
    if refusal is not None and request.override is None:
        raise await refused(tx.session, locked.office, service, refusal, request.language, tx.now)
    await check_in(tx, appointment.id)
    floor = await office_state.floor(tx.session, locked.office, tx.now, [line], locked.sessions)
    latest = max(tx.now, appointment.starts_at)
    ticket = replace(
        new_ticket(locked, services, Kind.APPOINTMENT, floor.coming[line.id], latest, line.rules),
        appointment_id=appointment.id,
        appointment_at=appointment.starts_at,
        told_at=appointment.latest_told_at,
    )
    shown = floor.joined_by(ticket).outlook(line.id).ranges.get(ticket.id)
    return await issue(locked, ticket, request, shown, name=appointment.name)
