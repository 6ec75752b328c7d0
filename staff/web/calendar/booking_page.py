"""Page on which the reception books an appointment for a citizen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import (
    BOOKING_DETAILS,
    Appointment,
    BookingRequest,
    book_as_staff,
    booked_on_day,
    duplicate_appointments,
    find_booking_with_request_key,
    hash_request_key,
    places_of_day,
)
from ....core.auth import Principal
from ....core.contact.channel_offers import offers_by_number
from ....core.errors import Invalid, Refused
from ....core.i18n.text_search import fold_text
from ....core.ids import new_id
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ....core.web.forms import ANY_CODE
from ....offices.service import STAFF_NEED_NAMES, Office, hours, office_by_slug
from ...queries.appointment_card import ACTIVE_STATES
from ..staff_session import own_offices
from .booking_form import TypedBooking, contact_choices, parse_booking
from .calendar_frame import card_path, day_path, render_calendar_page, require_reception
from .time_choice import VisitChoice, load_time_choices, parse_visit_choice


async def show_booking_form(request: Request) -> Response:
    """`GET /staff/calendar/new?office=&day=&service=&mode=&at=`: the booking form."""
    principal, office = await _reception_of_office(request, request.query_params.get("office"))
    if not office.services:
        return requests.see_other(day_path(office, _today(request, office)))
    choice = await _choice_of_address(request, office)
    typed = TypedBooking.empty(new_id(), requests.current_runtime(request).languages.default)
    return await _render_form(request, principal, office, choice, typed)


async def _choice_of_address(request: Request, office: Office) -> VisitChoice:
    """Parse the address; without a service, choose a service with a place at the given time."""
    choice = parse_visit_choice(request.query_params, office, _today(request, office))
    start = choice.chosen_start(office)
    if start is None or request.query_params.get("service"):
        return choice
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        mode = request.query_params.get("mode") or None
        places = await places_of_day(session, office, choice.day, runtime.now(), mode=mode)
    free = [place for place in places if place.starts_at == start]
    first = next((place for place in free if place.public), free[0] if free else None)
    return choice if first is None else replace(choice, services=(first.service,), mode=first.mode)


@handle_form
async def submit_booking(request: Request, form: SentForm) -> Response:
    """Handle the form: `step=times` shows the times of another choice, otherwise it books.

    Idempotent by the key of the form. Everything typed is kept.
    """
    principal, office = await _reception_of_office(request, form.text("office"))
    choice = parse_visit_choice(form, office, _today(request, office))
    typed = TypedBooking.from_form(form)
    if form.get("step") == "times":
        return await _render_form(request, principal, office, choice, typed)
    with form.catch(
        Invalid, Refused, refused_field={"duplicate_appointment": "", ANY_CODE: "starts_at"}
    ) as problem:
        language = requests.current_language(request)
        booking = parse_booking(typed, choice, office, language, requests.offered_channels(request))
        key = hash_request_key("staff-calendar", principal.id, typed.texts["key"] or new_id())
        async with form.runtime.read_session() as session:
            # A second press of the button finds the first booking in place of a duplicate.
            booked = await find_booking_with_request_key(session, key)
            seen = [] if typed.is_sure or booked else await _namesakes(session, office, choice, booking)
        if seen:
            return await _render_form(request, principal, office, choice, typed, namesakes=seen, status_code=409)
        if booked is None or booked.starts_at != booking.starts_at:
            booked = await book_as_staff(form.runtime, principal, office.slug, booking, request_key=key)
        return requests.see_other(f"{card_path(booked.id)}?booked=1")
    duplicates: Sequence[Appointment] = ()
    if problem.code == "duplicate_appointment":
        async with form.runtime.read_session() as session:
            duplicates = await duplicate_appointments(
                session, form.runtime.tokens, choice.services, booking.email, booking.phone, form.runtime.now()
            )
    if problem.errors:  # a key that has booked another visit would be refused again
        typed = replace(typed, texts={**typed.texts, "key": new_id()}, is_sure=False)
    return await _render_form(request, principal, office, choice, typed, problem, duplicates=duplicates)


async def _render_form(
    request: Request,
    principal: Principal,
    office: Office,
    choice: VisitChoice,
    typed: TypedBooking,
    problem: FormProblem = NO_PROBLEM,
    *,
    duplicates: Sequence[Appointment] = (),
    namesakes: Sequence[Appointment] = (),
    **context: Any,
) -> Response:
    runtime, nearest = requests.current_runtime(request), problem.details.get("nearest", ())
    async with runtime.read_session() as session:
        choices = await load_time_choices(session, office, choice, runtime.now(), nearest=nearest)
    return render_calendar_page(
        request,
        "book",
        principal,
        office,
        offices=await own_offices(request, principal),
        choice=choice,
        choices=choices,
        typed=typed,
        duplicates=duplicates,
        namesakes=namesakes,
        contacts=contact_choices(requests.offered_channels(request)),
        channels=offers_by_number(requests.offered_channels(request)),
        needs=STAFF_NEED_NAMES,
        booking_details=BOOKING_DETAILS,
        today=_today(request, office),
        page_url=f"/staff/calendar/new?office={office.slug}",
        **problem.context | context,
    )


async def _namesakes(
    session: AsyncSession, office: Office, choice: VisitChoice, booking: BookingRequest
) -> list[Appointment]:
    """Return the active appointments of that day under the same name.

    Perhaps the person called twice.
    """
    day = hours.to_local_day(office.hours, booking.starts_at)
    name = fold_text(booking.name)
    return [
        booking_of_day.appointment
        for booking_of_day in await booked_on_day(session, office, day)
        if booking_of_day.appointment.state in ACTIVE_STATES and fold_text(booking_of_day.appointment.name) == name
    ]


async def _reception_of_office(request: Request, slug: str | None) -> tuple[Principal, Office]:
    """Return the host and the office of the form. Raises MovedTo, NotAllowed, NotFound."""
    principal = await require_reception(request, slug or None)
    async with requests.current_runtime(request).read_session() as session:
        if slug:
            return principal, await office_by_slug(session, slug)
    offices = await own_offices(request, principal)
    return await require_reception(request, offices[0].slug), offices[0]


def _today(request: Request, office: Office) -> Any:
    return hours.to_local_day(office.hours, requests.current_runtime(request).now())
