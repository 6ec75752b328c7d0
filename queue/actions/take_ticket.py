"""Taking a ticket, with an appointment or as a walk-in. No SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from ...appointments.service import (
    Appointment,
    AppointmentState,
    additional_services,
    appointment_by_id,
    appointment_by_token,
    appointment_token,
    check_in,
    current_appointment,
    first_service_now,
    look_up_appointment,
)
from ...core.contact.channel_offers import offers_for_given_number
from ...core.contact.chosen_channels import ChosenChannel
from ...core.db.rate_limits import delete_guess
from ...core.db.write_conflicts import retry_on_conflict
from ...core.errors import FieldError, Invalid, NotFound, Office360Error, Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService, office_by_id, office_by_slug
from ..domain import admission
from ..domain.actors import CITIZEN_ACTOR
from ..domain.ticket import TicketKind, TicketState
from ..queries import office_state
from ..queries.ticket_lookup import derive_ticket_token
from ..storage import ticket_rows
from .assess_walk_in import assess_walk_in
from .issue_ticket import issue_ticket, make_ticket
from .line_transaction import LockedLines, lock_office_lines
from .refusals import TicketRefused, refusal_error
from .requester_checks import (
    already_waiting_error,
    check_address_limit,
    claim_person_keys,
    find_repeated_request,
    lock_address,
    record_channel_number,
    save_ticket_address,
)
from .ticket_request import AppointmentById, AppointmentByLocator, IssuedTicket, TicketRequest

TakeTicketUseCase = Callable[[Runtime, str, TicketRequest], Awaitable[IssuedTicket]]


async def take_ticket(runtime: Runtime, office_slug: str, request: TicketRequest) -> IssuedTicket:
    """Issue a ticket. A repeated request key returns the same ticket.

    Raises Refused("closed" | "paused" | "walk_ins_stopped" | "quota_reached" | "no_capacity" |
    "appointment_only", alternatives=[...]), Refused("already_waiting" | "too_early" | "too_late_for_turn" |
    "appointment_is_video" | "appointment_elsewhere" | "appointment_over" |
    "not_confirmed" | "service_gone" | "too_many_turns" | "proof_required"), NotFound, RateLimited, Invalid.
    """
    appointment = await _find_appointment(runtime, request)
    counted = None
    if request.phone and any(chosen.is_number for chosen in request.channels):
        counted = await record_channel_number(runtime, request.requester, request.phone)
    try:
        return await _take_and_explain(runtime, office_slug, request, appointment)
    except Office360Error:
        if counted is not None:  # no message is sent
            await delete_guess(runtime, counted)
        raise


async def _take_and_explain(
    runtime: Runtime, office_slug: str, request: TicketRequest, appointment: Appointment | None
) -> IssuedTicket:
    """Take the ticket, and find the alternatives of a refusal after its lines are unlocked."""

    async def attempt() -> IssuedTicket:
        async with runtime.transaction() as tx:
            return await _take_in_transaction(tx, office_slug, request, appointment)

    # Two requests of a person at the same time conflict; the second attempt finds the ticket of the first.
    try:
        return await retry_on_conflict(attempt)
    except TicketRefused as refused:
        async with runtime.read_session() as session:
            explained = await refusal_error(
                session, refused.office, refused.service, refused.refusal, request.language, runtime.now()
            )
        raise Refused(explained.code, **explained.details, **refused.details) from None


async def _find_appointment(runtime: Runtime, request: TicketRequest) -> Appointment | None:
    if isinstance(request.appointment, AppointmentByLocator):
        named = request.appointment
        return await look_up_appointment(runtime, named.locator, named.contact, named.address)
    if request.appointment is None:
        return None
    async with runtime.read_session() as session:
        if isinstance(request.appointment, AppointmentById):
            return await appointment_by_id(session, request.appointment.id)
        found = await appointment_by_token(session, request.appointment)
        return await current_appointment(session, found)  # the link of an older e-mail


async def _take_in_transaction(
    tx: Transaction, office_slug: str, request: TicketRequest, appointment: Appointment | None
) -> IssuedTicket:
    office = await office_by_slug(tx.session, office_slug)
    if appointment is not None:
        await _check_appointment_office(tx, appointment, office, request)
    service = _booked_service(office, appointment) if appointment else _requested_service(office, request)
    more = additional_services(office, appointment) if appointment else ()
    if appointment is None:
        await lock_address(tx, office, request.requester)
    locked = await lock_office_lines(tx, office, [service.line_id])
    earlier = await find_repeated_request(tx, office, request)
    if earlier is not None:
        return earlier
    if appointment is None:
        return await _take_walk_in_ticket(locked, service, request)
    return await _take_appointment_ticket(locked, (service, *more), request, appointment.id)


# Walk-ins


def _requested_service(office: Office, request: TicketRequest) -> OfficeService:
    """Return the requested service, or the only walk-in service of the office.

    Raises Invalid.
    """
    walk_in_services = [service for service in office.services if service.takes_walk_ins]
    if request.service is None and len(walk_in_services) == 1:
        return walk_in_services[0]
    if request.service is None:
        raise Invalid(FieldError("service", "required"))
    try:
        return office.service(request.service)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None


async def _take_walk_in_ticket(
    locked: LockedLines, service: OfficeService, request: TicketRequest
) -> IssuedTicket:
    """Issue a ticket without an appointment: in the line, on standby, or by a host's override."""
    tx, office, line = locked.tx, locked.office, locked.lines[service.line_id]
    keys = await claim_person_keys(tx, office, request, str(locked.day))
    await check_address_limit(tx, office, request.requester)
    assessment = await assess_walk_in(locked, service)
    refusal = assessment.refusal or admission.standby_refusal(line.tickets)
    if request.standby and (refusal is None or refusal.code in admission.STANDBY_REFUSAL_CODES):
        refusal = None
    if refusal is not None and not _is_refusal_overridden(service, request):
        raise TicketRefused(office, service, refusal)
    ticket = make_ticket(
        locked,
        [service],
        TicketKind.WALK_IN,
        assessment.expected_appointments,
        assessment.latest,
        line.settings,
    )
    if request.standby:
        ticket = replace(ticket, state=TicketState.STANDBY)
    shown_range = None if request.standby else assessment.shown_range
    issued = await issue_ticket(
        locked, ticket, request, shown_range, name=request.name, booked_channels=(), **keys
    )
    await save_ticket_address(tx, office, request.requester, ticket.id)
    return issued


def _is_refusal_overridden(service: OfficeService, request: TicketRequest) -> bool:
    """Whether a host overrides the refusal. A service by video only has no tickets at all."""
    return request.override is not None and "in_person" in service.modes


# Appointments


def _booked_service(office: Office, appointment: Appointment) -> OfficeService:
    """Return the first booked service that the office gives. Raises Refused("service_gone")."""
    service = first_service_now(office, appointment)
    if service is None:
        raise Refused("service_gone")
    return service


async def _check_appointment_office(
    tx: Transaction, appointment: Appointment, office: Office, request: TicketRequest
) -> None:
    """Refuse an appointment that is not in person here.

    Raises Refused("appointment_is_video" | "appointment_is_phone" | "appointment_elsewhere").
    """
    links = _owner_links(tx, appointment, request)
    if appointment.mode == "video":
        raise Refused("appointment_is_video", links=links)
    if appointment.mode == "phone":
        raise Refused("appointment_is_phone", links=links)
    if appointment.office_id != office.id:
        right = await office_by_id(tx.session, appointment.office_id)
        links["page"] = f"{tx.runtime.public_url}/o/{right.slug}"
        raise Refused(
            "appointment_elsewhere", office=right.slug, name=right.name, address=right.address, links=links
        )


def _owner_links(tx: Transaction, appointment: Appointment, request: TicketRequest) -> dict[str, str]:
    """Return the appointment's page, a secret of its owner; empty for staff."""
    if request.actor != CITIZEN_ACTOR:
        return {}
    return {"appointment": f"{tx.runtime.public_url}/a/{appointment_token(tx.runtime, appointment)}"}


async def _take_appointment_ticket(
    locked: LockedLines, services: Sequence[OfficeService], request: TicketRequest, appointment_id: str
) -> IssuedTicket:
    """Check in an appointment and issue its ticket, in the line of its first service."""
    tx, service = locked.tx, services[0]
    present = await ticket_rows.active_ticket_for_appointment(tx.session, appointment_id)
    if present is not None and request.actor != CITIZEN_ACTOR:  # two hosts, or one host who presses twice
        return IssuedTicket(present.ticket, derive_ticket_token(tx.runtime, present), is_repeat=True)
    if present is not None:
        raise already_waiting_error(tx.runtime, present, request.device)
    appointment = await appointment_by_id(tx.session, appointment_id)  # read again under the lock
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
        raise TicketRefused(locked.office, service, refusal, links=_owner_links(tx, appointment, request))
    await check_in(tx, appointment.id, staff=request.staff)
    state = await office_state.load_office_state(tx.session, locked.office, tx.now, [line], locked.sessions)
    latest = max(tx.now, appointment.starts_at)
    ticket = replace(
        make_ticket(
            locked, services, TicketKind.APPOINTMENT, state.appointments_by_line[line.id], latest, line.settings
        ),
        appointment_id=appointment.id,
        appointment_at=appointment.starts_at,
        told_at=appointment.latest_told_at,
    )
    shown_range = state.with_ticket(ticket).call_schedule(line.id).ranges.get(ticket.id)
    booked_channels = _booked_channels(request, appointment)
    return await issue_ticket(
        locked, ticket, request, shown_range, name=appointment.name, booked_channels=booked_channels
    )


def _booked_channels(request: TicketRequest, appointment: Appointment) -> list[ChosenChannel]:
    """Return the channels of the booking, and those that may use its phone.

    Without those of a number if the request names another.
    """
    offered = {offer.channel for offer in request.offers}
    phone = appointment.phone
    given = [ChosenChannel(each.channel, phone or "") for each in offers_for_given_number(request.offers, phone)]
    known = {chosen.channel: chosen for chosen in (*appointment.channels, *given)}
    return [
        chosen
        for channel, chosen in known.items()
        if channel in offered and not (chosen.is_number and request.phone)
    ]
