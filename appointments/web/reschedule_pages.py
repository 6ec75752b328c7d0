"""The page on which a citizen chooses another time for an appointment.

It needs no JavaScript.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.contact.masked_contact import mask_contact
from ...core.errors import FieldError, Invalid, Refused
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ...core.web.validation import parse_model
from ...offices.service import ServiceMode
from ..actions.cancel_and_reschedule import reschedule_appointment
from ..queries.availability import SlotSearch
from ..queries.bookable_services import interpreter_notice
from ..queries.lookup import appointment_token
from ..queries.mode_changes import can_change_mode
from ..queries.visit_services import remaining_services
from .appointment_view import AppointmentView, load_appointment_view, render_appointment_page
from .booking_state import parse_day
from .error_texts import FIELD_SENTENCES
from .schemas import NumberToCallMessage, parse_slot_time, phone_field
from .time_picker import TimePickerSelection, build_time_picker, time_options

# a video call that cannot work becomes a visit or a telephone call
CHANGEABLE_MODES: tuple[ServiceMode, ...] = ("in_person", "phone")


async def show_reschedule_page(request: Request) -> Response:
    """GET `/a/{token}/reschedule`: other days and times for the same visit."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
        if not visit.movable:
            return requests.see_other(visit.page)
        return await _reschedule_page(request, session, visit)


async def _reschedule_page(
    request: Request,
    session: AsyncSession,
    visit: AppointmentView,
    problem: FormProblem = NO_PROBLEM,
    *,
    typed_phone: str = "",
    chosen: datetime | None = None,
) -> Response:
    """Render the times, with the nearest times if the chosen time was taken or has passed."""
    office, appointment = visit.office, visit.appointment
    nearest = [parse_slot_time(text) for text in problem.details.get("nearest", ())]
    mode = _wanted_mode(visit, request.query_params.get("mode"))
    search = SlotSearch(
        office,
        remaining_services(office, appointment),
        mode,
        excluded_id=appointment.id,
        notice=interpreter_notice(office, appointment),
    )
    is_same_mode = mode == appointment.mode
    if chosen is None and mode == "phone" and not is_same_mode and not problem.errors:
        chosen = visit.starts_at  # the citizen has kept this time free
    selection = TimePickerSelection(
        parse_day(request.query_params.get("from")), parse_day(request.query_params.get("day")), chosen
    )
    picker = await build_time_picker(
        session,
        search,
        visit.now,
        requests.current_language(request),
        selection,
        current_start=visit.starts_at if is_same_mode else None,
    )
    return render_appointment_page(
        request,
        "reschedule",
        visit,
        picker=picker,
        nearest=time_options([time for time in nearest if time and time != visit.starts_at], office.timezone),
        gone=problem.code == "slot_taken",
        too_late=bool(problem.details.get("too_late")),
        page_url=f"{visit.page}/reschedule" + ("" if is_same_mode else f"?mode={mode}"),
        new_mode=None if is_same_mode else mode,
        typed_phone=typed_phone,
        call_to=mask_contact(appointment.phone),
        **problem.context | {"rejected_form": problem.element if problem.errors else ""},
    )


def _wanted_mode(visit: AppointmentView, wanted: str | None) -> ServiceMode:
    """Return the requested mode if the visit can move to it, else the present mode."""
    for mode in CHANGEABLE_MODES:
        if wanted == mode and can_change_mode(visit.office, visit.appointment, mode, visit.now):
            return mode
    return visit.appointment.mode


def _needs_number(visit: AppointmentView, mode: ServiceMode) -> bool:
    return mode == "phone" and visit.appointment.phone is None


def _parse_answers(starts_at: datetime | None, typed_phone: str | None) -> str | None:
    """Return the number if it is needed. Raises Invalid with all that is wrong or missing."""
    problems = [FieldError("starts_at", "required")] if starts_at is None else []
    phone = None
    if typed_phone is not None:
        try:
            phone = parse_model(NumberToCallMessage, phone_field(typed_phone)).phone
        except Invalid as invalid:
            problems = [*invalid.fields, *problems]
    if problems:
        raise Invalid(*problems)
    return phone


@handle_form
async def submit_reschedule(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/reschedule`: move, or show the times again if the slot was taken."""
    token = request.path_params["token"]
    starts_at, typed = parse_slot_time(form.text("starts_at")), form.text("phone")
    async with form.runtime.read_session() as session:
        visit = await load_appointment_view(request, session)
    mode = _wanted_mode(visit, form.text("mode"))
    with form.catch(Invalid, Refused, sentences=FIELD_SENTENCES, element="reschedule-form") as problem:
        phone = _parse_answers(starts_at, typed if _needs_number(visit, mode) else None)
        form.stop_for_language()
        assert starts_at is not None
        new = await reschedule_appointment(form.runtime, token, starts_at, mode, phone)
        new_token = appointment_token(form.runtime, new)
        return requests.see_other(f"/a/{token}" if new_token == token else f"/a/{new_token}?moved=1")
    if problem.code not in (None, "slot_taken"):  # the page of the appointment says why
        return requests.see_other(f"/a/{token}")
    async with form.runtime.read_session() as session:
        visit = await load_appointment_view(request, session)
        chosen = None if problem.code else starts_at
        return await _reschedule_page(request, session, visit, problem, typed_phone=typed, chosen=chosen)


routes = [
    Route("/a/{token}/reschedule", show_reschedule_page),
    Route("/a/{token}/reschedule", submit_reschedule, methods=["POST"]),
]
