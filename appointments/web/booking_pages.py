"""The booking pages: office, service, mode, day and time, details.

They need no JavaScript.
Choices travel in the address. Names and contacts never do: only the POST at the end carries them, and the pages
with which it is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.contact.channel_offers import offers_by_number
from ...core.contact.email_typos import suggest_email
from ...core.errors import NotAllowed, Office360Error, RateLimited, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.ids import new_id
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, read_form
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ...offices.service import NEED_NAMES
from ..actions.book import book_appointment, find_booking_with_request_key, find_own_duplicate, hash_request_key
from ..domain.appointment import Appointment, BookingRequest
from ..domain.booking_details import BOOKING_DETAILS, MAX_DETAIL_CHARACTERS
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
from .error_texts import DETAIL_FIELDS, FIELD_SENTENCES
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
    """GET `/appointments/new`: the first open step, or an earlier step that the address names."""
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
        form = await read_form(request)
    except NotAllowed as refusal:  # the page is too old: the form is shown again, and can be sent at once
        form = SentForm(request, await request.form())
        if form.get("asked") == "time":  # a request without a valid token holds no slot
            return await choose_time(request, form, keep=False)
        problem = form.catch(element="booking")
        problem.show(refusal)
        return await _details_page_again(form, problem)
    if form.is_language_only:
        return await _submit_booking(form)
    if form.get("step") or form.get("day") or form.get("from"):
        return await _change_time(request, form)
    if form.get("asked") == "time":
        return await choose_time(request, form)
    return await _submit_booking(form)


async def _change_time(request: Request, form: SentForm) -> Response:
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


# The refusals that the page has sentences for.
SHOWN_REFUSALS = frozenset(
    {
        "slot_taken",
        "duplicate_appointment",
        "verify_first",
        "too_many_appointments",
        "interpreter_too_soon",
        "rate_limited",
        "csrf",
    }
)


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
    problem: FormProblem = NO_PROBLEM,
    *,
    hold: SlotHold | None = None,
    suggested_email: str | None = None,
    duplicate_url: str | None = None,
) -> Response:
    """Render the details form. `hold`: the hold of this device on the chosen slot.

    `suggested_email`: the address that was probably meant. `duplicate_url`: the page of the appointment that this
    device has already.
    """
    office, _service, mode = here.choices.office_service_mode
    times = [parse_slot_time(text) for text in problem.details.get("nearest", ())]
    is_rejected = problem.status_code >= 400
    context = {
        **problem.context,
        "errors": {name: problem.errors[name] for name in DETAIL_FIELDS if name in problem.errors},
        "rejected_form": "booking" if is_rejected else "",
    }
    return render_step(
        request,
        here,
        typed=typed,
        is_rejected=is_rejected and problem.code != "duplicate_appointment",
        nearest=time_options([time for time in times if time is not None], office.timezone),
        needs={code: NEED_NAMES[code] for code in needs_in_mode(NEED_NAMES, mode)},
        channels=offers_by_number(requests.offered_channels(request)),
        booking_details=BOOKING_DETAILS,
        max_detail_characters=MAX_DETAIL_CHARACTERS,
        kept=hold,
        mine=duplicate_url,
        earliest=parse_slot_time(problem.details.get("earliest", "")),
        suggested_email=suggested_email,
        too_late=bool(problem.details.get("too_late")),
        **context,
    )


async def _shown_refusal(form: SentForm) -> Office360Error | None:
    """Return the refusal that the page in the first language shows; None for another problem."""
    code = form.shown_problem
    if code not in SHOWN_REFUSALS:
        return None
    if code == "rate_limited":
        return RateLimited(retry_after_s=0)
    if code == "csrf":
        return NotAllowed(code)
    details = await _details_of_taken_slot(form) if code == "slot_taken" else {}
    return Refused(code, **{"earliest": form.text("earliest")} | details)


async def _details_of_taken_slot(form: SentForm) -> dict[str, Any]:
    """Search again for the free slots next to the slot that could not be booked."""
    taken = parse_slot_time(form.text("taken"))
    async with form.runtime.read_session() as session:
        choices = read_choices(await choosable_offices(session, form), form)
        if taken is None or choices.missing in ("office", "service", "mode"):
            return {}
        search, now = choices.slot_search(), form.runtime.now()
        nearest = await nearest_available_slots(session, search, now, taken)
    times = [format_rfc3339(slot.starts_at, search.office.timezone) for slot in nearest]
    return {"nearest": times, "too_late": is_too_late(search, now, taken)}


async def _details_page_again(form: SentForm, problem: FormProblem, **context: Any) -> Response:
    """Render the form as it was sent, or the first step that has no answer."""
    request, typed = form.request, _typed_values(form)
    async with form.runtime.read_session() as session:
        choices = read_choices(await choosable_offices(session, form), form)
        here = current_step(choices, {})
        if here.step == "time":
            return await time_page(request, session, here, {"asked": "time"}, status_code=422, typed=typed)
        hold = await find_device_hold(request, session)
    if here.step != "details":
        return requests.see_other(booking_url(*choices.pairs("office", "service", "mode")))
    if hold is not None and not _is_slot_held(hold, choices, form.runtime.now()):
        hold = None
    return _details_page(request, here, typed, problem, hold=hold, **context)


def _is_slot_held(hold: SlotHold, choices: BookingChoices, now: datetime) -> bool:
    _office, _service, mode = choices.office_service_mode
    assert choices.starts_at is not None
    return hold.covers(tuple(service.id for service in choices.services), mode, choices.starts_at, now)


def _suggested_email(form: SentForm, email: str) -> str | None:
    """Return the e-mail that was probably meant, unless the page has asked about it.

    The page in the other language asks what this page asks.
    """
    return suggest_email(email) if _is_email_asked(form) == form.is_language_only else None


def _typed_values(form: FormData) -> dict[str, Any]:
    typed = booking_form_values(form) | {"request_key": str(form.get("request_key") or new_id())}
    if form.get("email_is") and _is_email_asked(form):
        typed["email"] = str(form["email_is"])
    return typed


def _is_email_asked(form: FormData) -> bool:
    """Whether the page has asked about exactly this e-mail."""
    return bool(form.get("email_asked")) and form.get("email_asked") == form.get("email")


# Booking


async def _submit_booking(form: SentForm) -> Response:
    """Book, or show the form again: with its problem, in another language, or with a doubt.

    A form that has booked an appointment and was changed since leads to that appointment.
    """
    request, typed = form.request, _typed_values(form)
    # scoped to the device: a form that is sent from another browser does not find the appointment of this device
    key = hash_request_key(BOOKING_PATH, requests.current_device(request) or "", typed["request_key"])
    suggested, duplicate_url = _suggested_email(form, form.text("email")), None
    with form.catch(sentences=FIELD_SENTENCES, element="booking") as problem:
        message = parse_booking_form(typed, requests.offered_channels(request))
        booking = booking_request(message, requests.current_language(request))
        if form.is_language_only and (shown := await _shown_refusal(form)) is not None:
            problem.show(shown)
        elif (suggested := _suggested_email(form, message.email)) is not None:
            problem.status_code = 422
        elif not form.is_language_only:
            appointment = await _book_with_device_hold(request, message.office, booking, key, message.altcha)
            return requests.see_other(f"/a/{appointment_token(form.runtime, appointment)}?new=1")
    if problem.error is not None and problem.error.code == "idempotency_mismatch":
        async with form.runtime.read_session() as session:
            booked = await find_booking_with_request_key(session, key)
        assert booked is not None
        return requests.see_other(f"/a/{appointment_token(form.runtime, booked)}?kept=1")
    if problem.code == "duplicate_appointment":
        duplicate_url = await _own_duplicate_url(request, message.office, booking)
    if problem.code or "email" in problem.errors:
        suggested = None
    return await _details_page_again(form, problem, suggested_email=suggested, duplicate_url=duplicate_url)


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


async def _own_duplicate_url(request: Request, office_slug: str, booking: BookingRequest) -> str | None:
    """Find the page of the duplicate appointment.

    Only the device that booked it gets the address.
    """
    runtime, requester = requests.current_runtime(request), await build_requester(request, office=office_slug)
    found = await find_own_duplicate(runtime, office_slug, booking, requester)
    return f"/a/{appointment_token(runtime, found)}" if found else None


routes = [Route(BOOKING_PATH, show_step), LimitedRoute(BOOKING_PATH, submit_step, WriteLimit.FORMS)]
