"""Page on which the reception books an appointment for a citizen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import (
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
from ....core.errors import Invalid, Refused
from ....core.i18n.text_search import fold_text
from ....core.ids import new_id
from ....core.web import forms, requests
from ....offices.service import Office, hours, office_by_slug
from ...consoles.locale import NEED_LABELS
from ...queries.appointment_card import ACTIVE_STATES
from .booking_form import CONTACTS, TypedBooking, parse_booking
from .calendar_frame import card_path, day_path, own_offices, render_calendar_page, require_reception
from .time_choice import VisitChoice, load_time_choices, parse_visit_choice

LANGUAGES = (("es", "Español"), ("en", "English"))


async def show_booking_form(request: Request) -> Response:
    """`GET /staff/calendar/new?office=&day=&service=&mode=&at=`: the booking form."""
    principal, office = await _reception_of_office(request, request.query_params.get("office"))
    if not office.services:
        return requests.see_other(day_path(office, _today(request, office)))
    choice = await _choice_of_address(request, office)
    typed = TypedBooking.empty(new_id(), "es")
    return await _render_form(request, principal, office, choice, typed)


async def _choice_of_address(request: Request, office: Office) -> VisitChoice:
    """Parse the address; without a service, choose one with a place at the given time."""
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


async def submit_booking(request: Request) -> Response:
    """Handle the form: `step=times` shows the times of another choice, otherwise it books.

    Idempotent by the key of the form. Everything typed is kept.
    """
    form = await forms.read_form(request)
    principal, office = await _reception_of_office(request, str(form.get("office") or ""))
    choice = parse_visit_choice(form, office, _today(request, office))
    typed = TypedBooking.from_form(form)
    if form.get("step") == "times":
        return await _render_form(request, principal, office, choice, typed)
    language = requests.current_language(request)
    parsed = parse_booking(typed, choice, office, language, requests.sms_countries(request))
    if parsed.booking is None:
        errors = forms.field_error_texts(request, Invalid(*parsed.errors))
        return await _render_form(request, principal, office, choice, typed, errors=errors, status_code=422)
    key = hash_request_key("staff-calendar", principal.id, typed.texts["key"] or new_id())
    async with requests.current_runtime(request).read_session() as session:
        repeated = await find_booking_with_request_key(session, key)
        namesakes = [] if typed.is_sure or repeated else await _namesakes(session, office, choice, parsed.booking)
    if repeated is not None and repeated.starts_at == parsed.booking.starts_at:
        return requests.see_other(f"{card_path(repeated.id)}?booked=1")
    if namesakes:
        return await _render_form(request, principal, office, choice, typed, namesakes=namesakes, status_code=409)
    return await _book(request, principal, office, choice, typed, parsed.booking, key)


async def _book(
    request: Request,
    principal: Principal,
    office: Office,
    choice: VisitChoice,
    typed: TypedBooking,
    booking: BookingRequest,
    key: str,
) -> Response:
    runtime = requests.current_runtime(request)
    try:
        booked = await book_as_staff(runtime, principal, office.slug, booking, request_key=key)
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid)
        fresh = TypedBooking({**typed.texts, "key": new_id()}, typed.needs, typed.also_sms)
        return await _render_form(request, principal, office, choice, fresh, errors=errors, status_code=422)
    except Refused as refused:
        return await _render_refusal(request, principal, office, choice, typed, booking, refused)
    return requests.see_other(f"{card_path(booked.id)}?booked=1")


async def _render_refusal(
    request: Request,
    principal: Principal,
    office: Office,
    choice: VisitChoice,
    typed: TypedBooking,
    booking: BookingRequest,
    refused: Refused,
) -> Response:
    """Show the form with the nearest times, or a link to the appointment that exists."""
    runtime = requests.current_runtime(request)
    context: dict[str, Any] = {"status_code": 409}
    if refused.code == "duplicate_appointment":
        async with runtime.read_session() as session:
            context["duplicates"] = await duplicate_appointments(
                session, runtime.tokens, choice.services, booking.email, booking.phone, runtime.now()
            )
    elif refused.code == "slot_taken":
        context["nearest"] = refused.details.get("nearest", ())
        context["errors"] = {"starts_at": requests.error_text(request, refused.code, refused.details)}
    else:
        context["errors"] = {"starts_at": requests.error_text(request, refused.code, refused.details)}
    return await _render_form(request, principal, office, choice, typed, **context)


async def _render_form(
    request: Request,
    principal: Principal,
    office: Office,
    choice: VisitChoice,
    typed: TypedBooking,
    *,
    errors: Mapping[str, str] | None = None,
    duplicates: Sequence[Appointment] = (),
    namesakes: Sequence[Appointment] = (),
    nearest: Sequence[str] = (),
    status_code: int = 200,
) -> Response:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        choices = await load_time_choices(session, office, choice, runtime.now(), nearest=nearest)
    return render_calendar_page(
        request,
        "book",
        principal,
        office,
        status_code=status_code,
        offices=await own_offices(request, principal),
        choice=choice,
        choices=choices,
        typed=typed,
        errors=errors or {},
        duplicates=duplicates,
        namesakes=namesakes,
        contacts=_offered_contacts(request),
        has_sms=bool(requests.sms_countries(request)),
        needs=NEED_LABELS,
        languages=LANGUAGES,
        today=_today(request, office),
        page_url=f"/staff/calendar/new?office={office.slug}",
    )


def _offered_contacts(request: Request) -> Mapping[str, str]:
    """List the contacts; without SMS where the installation sends none."""
    return {key: label for key, label in CONTACTS.items() if key != "sms" or requests.sms_countries(request)}


async def _namesakes(
    session: AsyncSession, office: Office, choice: VisitChoice, booking: BookingRequest
) -> list[Appointment]:
    """Return the active appointments of that day under the same name.

    Perhaps the person called twice.
    """
    day = hours.to_local_day(office.hours, booking.starts_at)
    name = fold_text(booking.name)
    return [
        one.appointment
        for one in await booked_on_day(session, office, day)
        if one.appointment.state in ACTIVE_STATES and fold_text(one.appointment.name) == name
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
