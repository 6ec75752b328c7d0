"""The booking pages: office, service, mode, day and time, details.

They need no JavaScript.
Choices travel in the address. Names and contacts never do: only the POST at the end carries them, and the pages
with which it is answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.contact.email_typos import suggest_email
from ...core.errors import Invalid, NotAllowed, RateLimited, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.ids import new_id
from ...core.web import forms, requests
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ...offices.service import NEED_NAMES
from ..actions.book import book_appointment, find_booking_with_request_key, find_own_duplicate, hash_request_key
from ..domain.appointment import Appointment, BookingRequest
from ..domain.booking_url import BOOKING_PATH, booking_url
from ..domain.hold import SlotHold
from ..domain.needs import needs_in_mode
from ..domain.requester import Requester, holder_key
from ..queries.availability import available_slot_at, is_too_late, nearest_available_slots
from ..queries.lookup import appointment_token
from .booking_state import BookingChoices, CurrentStep, current_step, read_choices
from .booking_steps import (
    STEP_LOADERS,
    choosable_offices,
    choose_time,
    find_device_hold,
    hold_chosen_slot,
    render_step,
    search_offices,
    should_show_more_services,
    time_page,
)
from .page_texts import DETAIL_FIELDS, FIELD_SENTENCES
from .schemas import (
    booking_form_values,
    booking_request,
    build_requester,
    parse_booking_form,
    parse_slot_time,
    run_with_optional_proof,
)
from .time_picker import time_options


async def show_step(request: Request) -> Response:
    """GET `/appointments/new`: the first open step, or an earlier one that the address names."""
    values, now = request.query_params, requests.current_runtime(request).now()
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(await choosable_offices(session, values), values)
        if should_show_more_services(choices, values):
            return render_step(request, CurrentStep("service", True, choices), template="more")
        here = current_step(choices, values)
        if here.step == "time":
            return await time_page(request, session, here, values)
        if here.step == "details":
            named = {"needs": list(choices.needs), "request_key": new_id()}
            empty = booking_form_values(FormData()) | named
            return await _details_or_time_page(request, session, here, empty)
        loaded = await STEP_LOADERS[here.step](session, choices, now)
    if here.step == "office":
        loaded |= search_offices(loaded["offices"], values)
    return render_step(request, here, missing=values.get("asked") == here.step, **loaded)


async def submit_step(request: Request) -> Response:
    """POST `/appointments/new`: choose a time or book.

    An invalid form is shown again with all its values.
    """
    try:
        form = await forms.read_form(request)
    except NotAllowed as refusal:  # the page is too old: the form is shown again, and can be sent at once
        form = await request.form()
        if form.get("asked") == "time":  # a request without a valid token holds no slot
            return await choose_time(request, form, keep=False)
        return await _details_page_again(request, form, BookingProblem(403, refusal=refusal.code))
    if forms.asks_for_language(form):
        return await _details_in_other_language(request, form)
    if form.get("step") or form.get("day") or form.get("from"):
        return await _change_time(request, form)
    if form.get("asked") == "time":
        return await choose_time(request, form)
    return await _submit_booking(request, form)


async def _change_time(request: Request, form: FormData) -> Response:
    """Show another day or hold another time.

    The typed details stay in the forms, never in an address.
    """
    typed = _typed_values(form)
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(await choosable_offices(session, form), form)
        if choices.missing in ("office", "service", "mode"):
            return requests.see_other(booking_url(*choices.pairs("office", "service", "mode")))
        if form.get("step") != "details" or choices.starts_at is None:
            here = CurrentStep("time", True, choices.for_time_step())
            return await time_page(request, session, here, form, typed=typed)
    await hold_chosen_slot(request, choices)
    async with requests.current_runtime(request).read_session() as session:
        return await _details_or_time_page(request, session, CurrentStep("details", False, choices), typed)


# Details


@dataclass(frozen=True, slots=True)
class BookingProblem:
    """Why a sent form is shown again.

    `nearest`: free slots next to one that was taken, or that has passed (`too_late`). `duplicate_url`: the page of
    the appointment that this device has already. `earliest`: the first time for which an interpreter can still be
    asked. `suggested_email`: the address that was probably meant.
    """

    status_code: int
    errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None
    nearest: Sequence[datetime] = ()
    duplicate_url: str | None = None
    earliest: datetime | None = None
    suggested_email: str | None = None
    too_late: bool = False


NO_PROBLEM = BookingProblem(200)
# The refusals that the page has sentences for.
STATUS_BY_REFUSAL: Mapping[str, int] = {
    "slot_taken": 409,
    "duplicate_appointment": 409,
    "verify_first": 409,
    "too_many_appointments": 409,
    "interpreter_too_soon": 409,
    "rate_limited": 429,
    "csrf": 403,
}


async def _details_or_time_page(
    request: Request, session: AsyncSession, here: CurrentStep, typed: Mapping[str, Any]
) -> Response:
    """Render the details if the slot is held or free, else the free times.

    The forms of both pages carry `typed` along.
    """
    starts_at, now = here.choices.starts_at, requests.current_runtime(request).now()
    assert starts_at is not None
    hold = await find_device_hold(request, session)
    if hold is not None and _is_slot_held(hold, here.choices, now):
        return _details_page(request, here, typed, hold=hold)
    search = here.choices.slot_search(hold)
    if await available_slot_at(session, search, now, starts_at) is not None:
        return _details_page(request, here, typed)
    nearest = await nearest_available_slots(session, search, now, starts_at)
    return await time_page(
        request,
        session,
        CurrentStep("time", True, here.choices),
        {},
        status_code=409,
        nearest=[slot.starts_at for slot in nearest],
        gone=True,
        too_late=is_too_late(search, now, starts_at),
        typed=typed if typed["name"] or typed["email"] else None,
    )


def _details_page(
    request: Request,
    here: CurrentStep,
    typed: Mapping[str, Any],
    problem: BookingProblem = NO_PROBLEM,
    *,
    hold: SlotHold | None = None,
) -> Response:
    """Render the details form. `hold`: the hold of this device on the chosen slot."""
    office, _service, mode = here.choices.office_service_mode
    errors = {name: problem.errors[name] for name in DETAIL_FIELDS if name in problem.errors}
    return render_step(
        request,
        here,
        status_code=problem.status_code,
        typed=typed,
        errors=errors,
        is_rejected=problem.status_code >= 400 and problem.refusal != "duplicate_appointment",
        rejected_form="booking" if problem.status_code >= 400 else "",
        shown_problem=problem.refusal or forms.FIELD_PROBLEMS,
        refusal=problem.refusal,
        nearest=time_options(problem.nearest, office.timezone),
        needs={code: NEED_NAMES[code] for code in needs_in_mode(NEED_NAMES, mode)},
        has_sms=bool(requests.sms_countries(request)),
        kept=hold,
        mine=problem.duplicate_url,
        earliest=problem.earliest,
        suggested_email=problem.suggested_email,
        too_late=problem.too_late,
    )


async def _details_in_other_language(request: Request, form: FormData) -> Response:
    """Show the sent form and its problem again. Books nothing."""
    shown, typed = forms.shown_problem(form), _typed_values(form)
    try:
        message = parse_booking_form(typed, requests.sms_countries(request))
    except Invalid as invalid:
        return await _details_page_again(request, form, _problem_of_fields(request, form, invalid))
    if shown not in STATUS_BY_REFUSAL:
        suggested = _suggested_email(form, message.email)
        problem = BookingProblem(422 if suggested else 200, suggested_email=suggested)
        return await _details_page_again(request, form, problem)
    refusal = Refused(shown, earliest=str(form.get("earliest") or ""))
    if shown == "slot_taken":
        refusal = Refused(shown, **await _details_of_taken_slot(request, form))
    booking = booking_request(message, requests.current_language(request))
    return await _respond_to_refusal(request, form, refusal, message.office, booking)


async def _details_of_taken_slot(request: Request, form: FormData) -> dict[str, Any]:
    """Search again for the free slots next to the one that could not be booked."""
    taken = parse_slot_time(str(form.get("taken") or ""))
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(await choosable_offices(session, form), form)
        if taken is None or choices.missing in ("office", "service", "mode"):
            return {}
        search, now = choices.slot_search(), requests.current_runtime(request).now()
        nearest = await nearest_available_slots(session, search, now, taken)
    times = [format_rfc3339(slot.starts_at, search.office.timezone) for slot in nearest]
    return {"nearest": times, "too_late": is_too_late(search, now, taken)}


async def _details_page_again(request: Request, form: FormData, problem: BookingProblem) -> Response:
    """Render the form as it was sent, or the first step that has no answer."""
    typed = _typed_values(form)
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(await choosable_offices(session, form), form)
        here = current_step(choices, {})
        if here.step == "time":
            return await time_page(request, session, here, {"asked": "time"}, status_code=422, typed=typed)
        hold = await find_device_hold(request, session)
    if here.step != "details":
        return requests.see_other(booking_url(*choices.pairs("office", "service", "mode")))
    if hold is not None and not _is_slot_held(hold, choices, requests.current_runtime(request).now()):
        hold = None
    return _details_page(request, here, typed, problem, hold=hold)


def _is_slot_held(hold: SlotHold, choices: BookingChoices, now: datetime) -> bool:
    _office, _service, mode = choices.office_service_mode
    assert choices.starts_at is not None
    return hold.covers(tuple(service.id for service in choices.services), mode, choices.starts_at, now)


def _problem_of_fields(request: Request, form: FormData, invalid: Invalid) -> BookingProblem:
    """Describe all that is to be corrected, a doubtful e-mail included."""
    errors = forms.field_error_texts(request, invalid, FIELD_SENTENCES)
    suggested = None if "email" in errors else _suggested_email(form, str(form.get("email") or ""))
    return BookingProblem(422, errors, suggested_email=suggested)


def _suggested_email(form: FormData, email: str) -> str | None:
    """Return the address that was probably meant, unless the page has asked about this one.

    The page in the other language asks what this page asks.
    """
    return suggest_email(email) if _is_email_asked(form) == forms.asks_for_language(form) else None


def _typed_values(form: FormData) -> dict[str, Any]:
    typed = booking_form_values(form) | {"request_key": str(form.get("request_key") or new_id())}
    if form.get("email_is") and _is_email_asked(form):
        typed["email"] = str(form["email_is"])
    return typed


def _is_email_asked(form: FormData) -> bool:
    """Whether the page has asked about exactly this e-mail."""
    return bool(form.get("email_asked")) and form.get("email_asked") == form.get("email")


# Booking


async def _submit_booking(request: Request, form: FormData) -> Response:
    runtime, typed = requests.current_runtime(request), _typed_values(form)
    key = hash_request_key(BOOKING_PATH, requests.current_device(request) or "", typed["request_key"])
    try:
        message = parse_booking_form(typed, requests.sms_countries(request))
        suggested = _suggested_email(form, message.email)
        if suggested is not None:
            return await _details_page_again(request, form, BookingProblem(422, suggested_email=suggested))
        booking = booking_request(message, requests.current_language(request))
        appointment = await _book_with_device_hold(request, message.office, booking, key, message.altcha)
    except Invalid as invalid:
        return await _respond_to_invalid(request, form, invalid, key)
    except RateLimited as limit:
        return await _details_page_again(request, form, BookingProblem(429, refusal=limit.code))
    except Refused as refusal:
        return await _respond_to_refusal(request, form, refusal, message.office, booking)
    return requests.see_other(f"/a/{appointment_token(runtime, appointment)}?new=1")


async def _book_with_device_hold(
    request: Request, office_slug: str, booking: BookingRequest, request_key: str, altcha: str | None
) -> Appointment:
    """Book with the hold of this device.

    Without an accepted proof the citizen verifies the e-mail.
    """

    async def book(requester: Requester) -> Appointment:
        return await book_appointment(
            requests.current_runtime(request),
            office_slug,
            booking,
            request_key=request_key,
            holder=holder_key(requester) if requester.device else None,
            requester=requester,
        )

    return await run_with_optional_proof(request, altcha, office_slug, book)


async def _respond_to_invalid(request: Request, form: FormData, invalid: Invalid, request_key: str) -> Response:
    """Show the fields to correct.

    Or the appointment, if this form has booked it and was changed since.
    """
    if invalid.code != "idempotency_mismatch":
        return await _details_page_again(request, form, _problem_of_fields(request, form, invalid))
    async with requests.current_runtime(request).read_session() as session:
        appointment = await find_booking_with_request_key(session, request_key)
    assert appointment is not None
    return requests.see_other(f"/a/{appointment_token(requests.current_runtime(request), appointment)}?kept=1")


async def _respond_to_refusal(
    request: Request, form: FormData, refusal: Refused, office_slug: str, booking: BookingRequest
) -> Response:
    """Show the form with the reason and with what the citizen can do instead."""
    times = [parse_slot_time(text) for text in refusal.details.get("nearest", [])]
    is_duplicate = refusal.code == "duplicate_appointment"
    problem = BookingProblem(
        STATUS_BY_REFUSAL.get(refusal.code, 409),
        refusal=refusal.code,
        nearest=[time for time in times if time is not None],
        duplicate_url=await _own_duplicate_url(request, office_slug, booking) if is_duplicate else None,
        earliest=parse_slot_time(refusal.details.get("earliest", "")),
        too_late=bool(refusal.details.get("too_late")),
    )
    return await _details_page_again(request, form, problem)


async def _own_duplicate_url(request: Request, office_slug: str, booking: BookingRequest) -> str | None:
    """Find the page of the duplicate appointment.

    Only the device that booked it gets the address.
    """
    runtime, requester = requests.current_runtime(request), await build_requester(request, office=office_slug)
    found = await find_own_duplicate(runtime, office_slug, booking, requester)
    return f"/a/{appointment_token(runtime, found)}" if found else None


routes = [Route(BOOKING_PATH, show_step), LimitedRoute(BOOKING_PATH, submit_step, WriteLimit.FORMS)]
