"""Taking a ticket with an appointment, which is checked in by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...appointments.service import Appointment, AppointmentState, appointment_by_id, check_in, first_service_now
from ...core.errors import Refused
from ...core.runtime import Transaction
from ...offices.service import Office, OfficeService
from ..domain import admission
from ..domain.actors import CITIZEN_ACTOR
from ..domain.ticket import TicketKind
from ..queries import office_state
from ..storage import ticket_rows
from .duplicate_tickets import already_waiting_error, derive_ticket_token
from .issue_ticket import issue_ticket, make_ticket
from .line_transaction import LockedLines
from .refusals import refusal_error
from .ticket_request import IssuedTicket, TicketRequest


def booked_service(office: Office, appointment: Appointment) -> OfficeService:
    """Raises Refused("service_gone"): nobody knows in which line they would wait."""
    service = first_service_now(office, appointment)
    if service is None:
        raise Refused("service_gone")
    return service


def check_appointment_office(appointment: Appointment, office: Office, tx: Transaction) -> None:
    """Raises Refused("appointment_is_video" | "appointment_elsewhere")."""
    if appointment.mode == "video":
        raise Refused("appointment_is_video")
    if appointment.office_id != office.id:
        link = f"{tx.runtime.public_url}/o/{appointment.office_slug}"
        raise Refused("appointment_elsewhere", office=appointment.office_slug, links={"page": link})


async def take_appointment_ticket(
    locked: LockedLines, services: Sequence[OfficeService], request: TicketRequest, appointment_id: str
) -> IssuedTicket:
    """The ticket of somebody who comes for their appointment; its first service says the line. Raises as
    `take_ticket`."""
    tx, service = locked.tx, services[0]
    holds = await ticket_rows.active_ticket_for_appointment(tx.session, appointment_id)
    if holds is not None and request.actor != CITIZEN_ACTOR:  # two hosts at once, or one who presses twice
        return IssuedTicket(holds.ticket, derive_ticket_token(tx.runtime, holds), is_repeat=True)
    if holds is not None:
        raise already_waiting_error(tx.runtime, holds, request.device)
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state == AppointmentState.PRECONFIRMED:
        raise Refused("not_confirmed")
    if appointment.state != AppointmentState.CONFIRMED:
        raise Refused("appointment_over")
    line = locked.lines[service.line_id]
    refusal = admission.check_appointment(
        appointment.starts_at,
        tx.now,
        paused=locked.office.paused,
        settings=line.settings,
        told_at=appointment.latest_told_at,
    )
    if refusal is not None and request.override is None:
        raise await refusal_error(tx.session, locked.office, service, refusal, request.language, tx.now)
    await check_in(tx, appointment.id)
    floor = await office_state.load_office_state(tx.session, locked.office, tx.now, [line], locked.sessions)
    latest = max(tx.now, appointment.starts_at)
    ticket = replace(
        make_ticket(
            locked, services, TicketKind.APPOINTMENT, floor.appointments_by_line[line.id], latest, line.settings
        ),
        appointment_id=appointment.id,
        appointment_at=appointment.starts_at,
        told_at=appointment.latest_told_at,
    )
    shown = floor.with_ticket(ticket).call_schedule(line.id).ranges.get(ticket.id)
    return await issue_ticket(locked, ticket, request, shown, name=appointment.name)
