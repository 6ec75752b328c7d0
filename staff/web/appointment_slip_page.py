"""The paper slip of an appointment, for citizens without e-mail and without SMS."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    appointment_by_id,
    appointment_services,
    appointment_token,
    current_appointment,
)
from ...core.auth import StaffRole, require_role
from ...core.contact.masked_contact import mask_contact
from ...core.formats.qr import encode_qr
from ...core.ids import group_locator
from ...core.web import requests
from ...offices.service import office_by_id, things_to_bring
from .staff_session import current_user


async def show_appointment_slip(request: Request) -> Response:
    """`GET /staff/appointments/{id}/slip`: the paper slip in the citizen's language.

    Its QR code holds the link of the appointment, so only hosts may get it. A moved appointment gives the slip of
    the appointment that replaced it. Raises NotFound.
    """
    principal = await current_user(request)
    if principal is None:
        return requests.see_other("/staff/")
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, request.path_params["id"])
        require_role(principal, StaffRole.HOST, appointment.office_slug)
        appointment = await current_appointment(session, appointment)
        office = await office_by_id(session, appointment.office_id)
    language = request.state.language = appointment.language
    services = appointment_services(office, appointment)
    address = f"{runtime.public_url}/a/{appointment_token(runtime, appointment)}"
    return requests.render_page(
        request,
        "staff/appointment_slip.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        office=office,
        appointment=appointment,
        services=[service.name(language) for service in services],
        bring=things_to_bring(services, language),
        locator=group_locator(appointment.locator),
        call_to=mask_contact(appointment.phone),
        qr=encode_qr(address, "m"),
    )


routes = [Route("/staff/appointments/{id}/slip", show_appointment_slip, methods=["GET"])]
