"""The booking pages: office, service, in person or video, day and time, details. They need no JavaScript.

Choices travel in the address (GET). Names and contacts never do: the one POST at the end carries them, and the
pages that it answers with. Choosing a time is a POST as well: it keeps the place for this device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, NotAllowed, RateLimited, Refused
from ...core.ids import new_id
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ...offices.service import all_offices
from ..actions.book import book_appointment, find_booking_with_request_key, find_own_duplicate, hash_request_key
from ..actions.hold_slot import hold_by_holder, hold_slot, hold_token, holder_key
from ..domain.appointment import Appointment, BookingRequest
from ..domain.booking_url import BOOKING_PATH, booking_url
from ..domain.hold import SlotHold
from ..queries.availability import SlotSearch, available_slot_at, nearest_available_slots
from ..queries.first_available import alternative_slots
from ..queries.lookup import appointment_token
from .booking_state import STEP_COUNT, STEPS, BookingChoices, CurrentStep, current_step, parse_day, read_choices
from .booking_steps import STEP_LOADERS, should_show_more_services
from .page_texts import DETAIL_HINTS, MODE_NAMES, NEED_NAMES
from .requester import build_requester
from .schemas import BookingMessage, booking_form_values, booking_request, check_sms_reminders, parse_slot_time
from .time_picker import TimePickerSelection, build_time_picker, time_options


async def show_step(request: Request) -> Response:
    """GET: the first step that has no answer, or an earlier one that is asked for."""
    values, now = request.query_params, requests.current_runtime(request).now()
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(tuple(await all_offices(session)), values)
        if should_show_more_services(choices, values):
            return _render_step(request, CurrentStep("service", True, choices), template="more")
        here = current_step(choices, values)
        if here.step == "time":
            return await _time_page(request, session, here, values)
        if here.step == "details":
            return await _empty_details_page(request, session, here)
        more = await STEP_LOADERS[here.step](session, choices, now)
    return _render_step(request, here, missing=values.get("asked") == here.step, **more)


async def submit_step(request: Request) -> Response:
    """POST: books, or shows the form again with everything that was typed."""
    try:
        form = await forms.read_form(request)
    except NotAllowed as refusal:  # an old page: its own form, filled in, can be sent at once
        form = await request.form()
        if form.get("asked") == "time":  # nothing is kept, and nothing is lost
            return await _choose_time(request, form, keep=False)
        return await _details_page_again(request, form, 403, refusal=refusal.code)
    if form.get("step") or form.get("day") or form.get("from"):
        return await _change_time(request, form)
    if form.get("asked") == "time":
        return await _choose_time(request, form)
    return await _submit_booking(request, form)


def _render_step(
    request: Request, here: CurrentStep, *, template: str | None = None, status_code: int = 200, **context: Any
) -> Response:
    return requests.render_page(
        request,
        f"appointments/{template or here.step}.html",
        status_code=status_code,
        here=here,
        choices=here.choices,
        total=STEP_COUNT,
        mode_names=MODE_NAMES,
        **context,
    )


# Day and time


async def _time_page(
    request: Request,
    session: AsyncSession,
    here: CurrentStep,
    values: Mapping[str, Any],
    *,
    status_code: int = 200,
    nearest: Sequence[datetime] = (),
    gone: bool = False,
    typed: Mapping[str, Any] | None = None,
) -> Response:
    """`nearest`: what was chosen is `gone`, and these are close to it. `typed`: details to carry along."""
    office, service, mode = here.choices.office_service_mode
    now = requests.current_runtime(request).now()
    wish = TimePickerSelection(
        parse_day(values.get("from")), parse_day(values.get("day")), None if gone else here.choices.starts_at
    )
    mine = await _device_hold(request, session)
    picker = await build_time_picker(
        session,
        office,
        service,
        mode,
        now,
        requests.current_language(request),
        wish,
        more=here.choices.more,
        excluded_id=mine.id if mine else None,
    )
    return _render_step(
        request,
        here,
        status_code=status_code,
        picker=picker,
        nearest=time_options(nearest, office.timezone),
        gone=gone,
        typed=typed,
        missing=_is_time_required(values) and not gone and here.choices.starts_at is None,
        others=[] if picker.days else await _alternative_links(session, here.choices, now),
    )


def _is_time_required(values: Mapping[str, Any]) -> bool:
    """Whether a form was sent that had to bring one: that of the step, or the one that carries details along."""
    return values.get("asked") == "time" or values.get("step") == "details"


async def _alternative_links(
    session: AsyncSession, choices: BookingChoices, now: datetime
) -> list[tuple[Any, str]]:
    """Where and how else the service can be had, each with its address."""
    office, service, mode = choices.office_service_mode
    found = await alternative_slots(
        session, choices.offices, SlotSearch(office, [service, *choices.more], mode), now
    )
    more = [("more", one.slug) for one in choices.more]
    return [
        (one, booking_url(("office", one.office.slug), ("service", service.slug), *more, ("mode", one.mode)))
        for one in found
    ]


async def _change_time(request: Request, form: FormData) -> Response:
    """Another day or time, without losing what was typed: it stays in the forms, never in an address."""
    typed = _typed_values(form)
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(tuple(await all_offices(session)), form)
        if choices.missing in ("office", "service", "mode"):
            return requests.see_other(booking_url(*choices.pairs("office", "service", "mode")))
        if form.get("step") != "details" or choices.starts_at is None:
            return await _time_page(request, session, CurrentStep("time", True, choices), form, typed=typed)
    await _hold_chosen_slot(request, choices)
    async with requests.current_runtime(request).read_session() as session:
        return await _details_or_times_page(request, session, CurrentStep("details", False, choices), typed)


async def _choose_time(request: Request, form: FormData, *, keep: bool = True) -> Response:
    """Keep the chosen place for this device, and on to the details; their page says if it is gone."""
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(tuple(await all_offices(session)), form)
    if choices.missing != "details":
        return requests.see_other(booking_url(*choices.pairs("office", "service", "mode"), ("asked", "time")))
    if keep:
        await _hold_chosen_slot(request, choices)
    return requests.see_other(booking_url(*choices.pairs(*STEPS)))


async def _hold_chosen_slot(request: Request, choices: BookingChoices) -> None:
    """A place that cannot be kept can still be booked if it is free."""
    office, service, mode = choices.office_service_mode
    assert choices.starts_at is not None
    asker = await build_requester(request)
    with suppress(Refused, RateLimited, Invalid):
        await hold_slot(
            requests.current_runtime(request),
            office.slug,
            service.slug,
            mode,
            choices.starts_at,
            more_services=[one.slug for one in choices.more],
            holder=holder_key(asker),
            requester=asker,
        )


async def _device_hold(request: Request, session: AsyncSession) -> SlotHold | None:
    """What this device keeps, run out or not."""
    if requests.current_device(request) is None:
        return None
    return await hold_by_holder(session, holder_key(await build_requester(request)))


# Details


async def _empty_details_page(request: Request, session: AsyncSession, here: CurrentStep) -> Response:
    """The empty form, if the time is kept or still free; else the times that are."""
    empty = {**booking_form_values(FormData()), "request_key": new_id()}
    return await _details_or_times_page(request, session, here, empty)


async def _details_or_times_page(
    request: Request, session: AsyncSession, here: CurrentStep, typed: Mapping[str, Any]
) -> Response:
    """`typed` is carried along to the other times, if it has to be."""
    office, service, mode = here.choices.office_service_mode
    starts_at, now = here.choices.starts_at, requests.current_runtime(request).now()
    assert starts_at is not None
    mine = await _device_hold(request, session)
    if mine is not None and _hold_covers_choices(mine, here.choices, now):
        return _details_page(request, here, typed, kept=mine)
    without = mine.id if mine else None
    free = await available_slot_at(
        session, SlotSearch(office, [service, *here.choices.more], mode, excluded_id=without), now, starts_at
    )
    if free is not None:
        return _details_page(request, here, typed)
    near = await nearest_available_slots(
        session, SlotSearch(office, [service, *here.choices.more], mode, excluded_id=without), now, starts_at
    )
    return await _time_page(
        request,
        session,
        CurrentStep("time", True, here.choices),
        {},
        status_code=409,
        nearest=[slot.starts_at for slot in near],
        gone=True,
        typed=typed if typed["name"] or typed["email"] else None,
    )


def _details_page(
    request: Request,
    here: CurrentStep,
    typed: Mapping[str, Any],
    *,
    status_code: int = 200,
    errors: Mapping[str, str] | None = None,
    refusal: str | None = None,
    nearest: Sequence[datetime] = (),
    kept: SlotHold | None = None,
    mine: str | None = None,
    earliest: datetime | None = None,
) -> Response:
    """`kept`: the place is kept for this device. `mine`: the page of the appointment that it has already.
    `earliest`: from when on an interpreter can be there."""
    errors, t = errors or {}, requests.current_gettext(request)
    office, _service, _mode = here.choices.office_service_mode
    return _render_step(
        request,
        here,
        status_code=status_code,
        typed=typed,
        errors=errors,
        summary={name: t(sentence) for name, sentence in DETAIL_HINTS.items() if name in errors},
        refusal=refusal,
        nearest=time_options(nearest, office.timezone),
        needs=NEED_NAMES,
        has_sms=bool(requests.sms_countries(request)),
        kept=kept,
        mine=mine,
        earliest=earliest,
    )


async def _details_page_again(
    request: Request,
    form: FormData,
    status_code: int,
    *,
    errors: Mapping[str, str] | None = None,
    refusal: str | None = None,
    nearest: Sequence[datetime] = (),
    mine: str | None = None,
    earliest: datetime | None = None,
) -> Response:
    """The form as it was sent. If even the choices are missing, the step that asks for them."""
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(tuple(await all_offices(session)), form)
        here = current_step(choices, {})
        if here.step == "time":
            typed = _typed_values(form)
            return await _time_page(request, session, here, {"asked": "time"}, status_code=422, typed=typed)
        kept = await _device_hold(request, session)
    if here.step != "details":
        return requests.see_other(booking_url(*choices.pairs("office", "service", "mode")))
    return _details_page(
        request,
        here,
        _typed_values(form),
        status_code=status_code,
        errors=errors,
        refusal=refusal,
        nearest=nearest,
        kept=kept
        if kept is not None and _hold_covers_choices(kept, choices, requests.current_runtime(request).now())
        else None,
        mine=mine,
        earliest=earliest,
    )


def _hold_covers_choices(kept: SlotHold, choices: BookingChoices, now: datetime) -> bool:
    _office, _service, mode = choices.office_service_mode
    assert choices.starts_at is not None
    return kept.covers(tuple(one.id for one in choices.services), mode, choices.starts_at, now)


def _typed_values(form: FormData) -> dict[str, Any]:
    return booking_form_values(form) | {"request_key": str(form.get("request_key") or new_id())}


async def _submit_booking(request: Request, form: FormData) -> Response:
    runtime, typed = requests.current_runtime(request), _typed_values(form)
    key = hash_request_key(BOOKING_PATH, requests.current_device(request) or "", typed["request_key"])
    try:
        message = parse_model(BookingMessage, typed)
        check_sms_reminders(message, requests.sms_countries(request))
        asked = booking_request(message, requests.current_language(request))
        appointment = await _book_with_device_hold(request, message.office, asked, key, message.altcha)
    except Invalid as invalid:
        return await _respond_to_invalid(request, form, invalid, key)
    except RateLimited as limit:
        return await _details_page_again(request, form, 429, refusal=limit.code)
    except Refused as refusal:
        near = [parse_slot_time(one) for one in refusal.details.get("nearest", [])]
        return await _details_page_again(
            request,
            form,
            409,
            refusal=refusal.code,
            nearest=[one for one in near if one is not None],
            mine=await _own_duplicate_url(request, message.office, asked)
            if refusal.code == "duplicate_appointment"
            else None,
            earliest=parse_slot_time(refusal.details.get("earliest", "")),
        )
    return requests.see_other(f"/a/{appointment_token(runtime, appointment)}?new=1")


async def _book_with_device_hold(
    request: Request, office: str, asked: BookingRequest, key: str, altcha: str | None
) -> Appointment:
    """With the place that this device keeps. A proof that is no good is none: then the e-mail is verified."""
    runtime, nobody = requests.current_runtime(request), await build_requester(request)
    async with runtime.read_session() as session:
        kept = await _device_hold(request, session)
    token = hold_token(runtime, kept) if kept else None
    try:
        asker = await build_requester(request, altcha)
        return await book_appointment(runtime, office, asked, request_key=key, hold_token=token, requester=asker)
    except Invalid as invalid:
        if not any(one.field == "altcha" for one in invalid.fields):
            raise
    return await book_appointment(runtime, office, asked, request_key=key, hold_token=token, requester=nobody)


async def _own_duplicate_url(request: Request, office: str, asked: BookingRequest) -> str | None:
    """The page of the appointment that stands in the way, for the device that booked it and nobody else."""
    runtime, asker = requests.current_runtime(request), await build_requester(request)
    found = await find_own_duplicate(runtime, office, asked, asker)
    return f"/a/{appointment_token(runtime, found)}" if found else None


async def _respond_to_invalid(request: Request, form: FormData, invalid: Invalid, key: str) -> Response:
    """The fields to correct. A form that booked already and was changed since leads there, and says so."""
    if invalid.code != "idempotency_mismatch":
        return await _details_page_again(request, form, 422, errors=forms.field_error_texts(request, invalid))
    async with requests.current_runtime(request).read_session() as session:
        appointment = await find_booking_with_request_key(session, key)
    assert appointment is not None
    return requests.see_other(f"/a/{appointment_token(requests.current_runtime(request), appointment)}?kept=1")


routes = [Route(BOOKING_PATH, show_step), Route(BOOKING_PATH, submit_step, methods=["POST"])]
