"""The page with which an agent calls the citizen of an appointment by telephone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    Appointment,
    FinishCallMessage,
    PhoneAppointmentStatus,
    VisitPerson,
    appointment_by_id,
    appointment_services,
    call_opens_at,
    finish_call,
    phone_appointment_status,
    report_no_answer,
    report_not_reached,
    staff_facts,
    start_call,
    visit_notes,
    withdraw_call,
)
from ...core.auth import Principal, StaffRole, require_role
from ...core.contact.phone_numbers import group_number
from ...core.errors import Invalid, NotFound, Refused
from ...core.i18n.languages import language_name
from ...core.ids import group_locator
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, SentForm, handle_form_for
from ...core.web.validation import parse_model
from ...offices.service import Office, office_by_id
from . import host_pages
from .staff_session import DESK_PATH, require_agent, require_login

CALL_PATH = "/staff/calls/{id}"
FORM_FIELDS = ("outcome", "note")

CallStep = Callable[[Runtime, Principal, str, Mapping[str, str]], Awaitable[Appointment]]


async def show_call(request: Request) -> Response:
    """`GET /staff/calls/{id}`: number, details and the buttons of the call."""
    principal = await require_login(request)
    return await _call_page(request, principal)


@handle_form_for(require_agent)
async def submit_call(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/calls/{id}`: the step of the pressed button."""
    typed, step = form.texts(*FORM_FIELDS), STEPS.get(form.text("step"))
    if step is None:  # an old page: show the buttons that there are now
        return await _call_page(request, principal, typed=typed, status_code=422)
    with form.catch(Invalid, Refused) as problem:
        appointment = await step(form.runtime, principal, request.path_params["id"], typed)
        if appointment.state in ("served", "no_show"):
            return requests.see_other(f"{DESK_PATH}?office={appointment.office_slug}")
        return requests.see_other(request.url.path)
    return await _call_page(request, principal, typed=typed, **problem.context)


async def _finish(
    runtime: Runtime, principal: Principal, appointment_id: str, typed: Mapping[str, str]
) -> Appointment:
    message = parse_model(FinishCallMessage, typed)
    return await finish_call(runtime, principal, appointment_id, outcome=message.outcome, note=message.note)


def _without_fields(action: Callable[[Runtime, Principal, str], Awaitable[Appointment]]) -> CallStep:
    async def run_action(
        runtime: Runtime, principal: Principal, appointment_id: str, _typed: Mapping[str, str]
    ) -> Appointment:
        return await action(runtime, principal, appointment_id)

    return run_action


STEPS: Mapping[str, CallStep] = {
    "call": _without_fields(start_call),
    "finish": _finish,
    "no_answer": _without_fields(report_no_answer),
    "withdraw": _without_fields(withdraw_call),
    "no_show": _without_fields(report_not_reached),
}


async def _call_page(
    request: Request,
    principal: Principal,
    *,
    typed: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """Render the page. Raises NotAllowed, and NotFound if the visit is not by telephone."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, request.path_params["id"])
        require_role(principal, StaffRole.AGENT, appointment.office_slug)
        if appointment.mode != "phone":
            raise NotFound
        office = await office_by_id(session, appointment.office_id)
        status = await phone_appointment_status(session, appointment)
        notes = await _load_note_rows(request, session, office, appointment)
    return requests.render_page(
        request,
        "staff/phone_call.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        office=office,
        person=principal.name,
        is_host=principal.has_role(StaffRole.HOST),
        is_manager=principal.has_role(StaffRole.MANAGER),
        back=f"{DESK_PATH}?office={office.slug}",
        typed=typed or dict.fromkeys(FORM_FIELDS, ""),
        outcomes=host_pages.shown_choices(request, office, "outcomes"),
        notes=notes,
        **_call_context(request, office, status),
        **NO_PROBLEM.context | context,
    )


def _call_context(request: Request, office: Office, status: PhoneAppointmentStatus) -> dict[str, Any]:
    appointment, t = status.appointment, requests.current_gettext(request)
    language = requests.current_language(request)
    missed = [call for call in status.calls if call.result == "no_answer"]
    return {
        "visit": appointment,
        "status": status,
        "locator": group_locator(appointment.locator),
        "number": group_number(appointment.phone) if appointment.phone else "",
        "services": [service.name(language) for service in appointment_services(office, appointment)],
        "language_name": language_name(appointment.language, language),
        "needs": staff_facts(appointment.all_needs, appointment.details, t),
        "missed": missed,
        "call": status.lasting_call,
        "opens_at": call_opens_at(appointment),
        "is_too_early": requests.current_runtime(request).now() < call_opens_at(appointment),
    }


async def _load_note_rows(
    request: Request, session: AsyncSession, office: Office, appointment: Appointment
) -> list[Any]:
    tokens = requests.current_runtime(request).tokens
    found = await visit_notes(
        session, tokens, office, {appointment.id: VisitPerson(appointment_id=appointment.id)}
    )
    return host_pages.request_locale(request, office).note_rows(found[appointment.id])


routes = [
    Route(CALL_PATH, show_call, methods=["GET"]),
    Route(CALL_PATH, submit_call, methods=["POST"]),
]
