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
from ...core.web import requests
from ...core.web.validation import parse
from ...offices.service import all_offices
from ..domain.booking_url import PATH, address
from ..service import (
    Appointment,
    BookingRequest,
    Hold,
    alternatives,
    asker_of,
    book,
    booked_with,
    free_time,
    hold,
    hold_of,
    hold_token,
    holder_of,
    nearest_times,
    own_duplicate,
    request_key_of,
    token_of,
)
from .booking_state import STEPS, TOTAL, Choices, Place, day_of, place, read
from .booking_steps import LOADERS, asks_for_more
from .schemas import BookingMessage, booking_request, check_reminders, form_values, moment
from .texts import DETAILS, MODES, NEEDS
from .time_picker import Wish, options, pick


async def show(request: Request) -> Response:
    """GET: the first step that has no answer, or an earlier one that is asked for."""
    values, now = request.query_params, requests.runtime(request).now()
    async with requests.runtime(request).reading() as session:
        choices = read(tuple(await all_offices(session)), values)
        if asks_for_more(choices, values):
            return _page(request, Place("service", True, choices), template="more")
        here = place(choices, values)
        if here.step == "time":
            return await _time_page(request, session, here, values)
        if here.step == "details":
            return await _empty_details(request, session, here)
        more = await LOADERS[here.step](session, choices, now)
    return _page(request, here, missing=values.get("asked") == here.step, **more)


async def submit(request: Request) -> Response:
    """POST: books, or shows the form again with everything that was typed."""
    try:
        form = await requests.form(request)
    except NotAllowed as refusal:  # an old page: its own form, filled in, can be sent at once
        form = await request.form()
        if form.get("asked") == "time":  # nothing is kept, and nothing is lost
            return await _choose_time(request, form, keep=False)
        return await _details_again(request, form, 403, refusal=refusal.code)
    if form.get("step") or form.get("day") or form.get("from"):
        return await _change_time(request, form)
    if form.get("asked") == "time":
        return await _choose_time(request, form)
    return await _book(request, form)


def _page(
    request: Request, here: Place, *, template: str | None = None, status_code: int = 200, **context: Any
) -> Response:
    return requests.render(
        request,
        f"appointments/{template or here.step}.html",
        status_code=status_code,
        here=here,
        choices=here.choices,
        total=TOTAL,
        mode_names=MODES,
        **context,
    )


# Day and time


async def _time_page(
    request: Request,
    session: AsyncSession,
    here: Place,
    values: Mapping[str, Any],
    *,
    status_code: int = 200,
    nearest: Sequence[datetime] = (),
    gone: bool = False,
    typed: Mapping[str, Any] | None = None,
) -> Response:
    """`nearest`: what was chosen is `gone`, and these are close to it. `typed`: details to carry along."""
    office, service, mode = here.choices.place
    now = requests.runtime(request).now()
    wish = Wish(day_of(values.get("from")), day_of(values.get("day")), None if gone else here.choices.starts_at)
    mine = await _own_hold(request, session)
    picker = await pick(
        session,
        office,
        service,
        mode,
        now,
        requests.language(request),
        wish,
        more=here.choices.more,
        without=mine.id if mine else None,
    )
    return _page(
        request,
        here,
        status_code=status_code,
        picker=picker,
        nearest=options(nearest, office.timezone),
        gone=gone,
        typed=typed,
        missing=_asked_for_a_time(values) and not gone and here.choices.starts_at is None,
        others=[] if picker.days else await _others(session, here.choices, now),
    )


def _asked_for_a_time(values: Mapping[str, Any]) -> bool:
    """Whether a form was sent that had to bring one: that of the step, or the one that carries details along."""
    return values.get("asked") == "time" or values.get("step") == "details"


async def _others(session: AsyncSession, choices: Choices, now: datetime) -> list[tuple[Any, str]]:
    """Where and how else the service can be had, each with its address."""
    office, service, mode = choices.place
    found = await alternatives(session, choices.offices, office, service, mode, now, more=choices.more)
    more = [("more", one.slug) for one in choices.more]
    return [
        (one, address(("office", one.office.slug), ("service", service.slug), *more, ("mode", one.mode)))
        for one in found
    ]


async def _change_time(request: Request, form: FormData) -> Response:
    """Another day or time, without losing what was typed: it stays in the forms, never in an address."""
    typed = _typed(form)
    async with requests.runtime(request).reading() as session:
        choices = read(tuple(await all_offices(session)), form)
        if choices.missing in ("office", "service", "mode"):
            return requests.see_other(address(*choices.pairs("office", "service", "mode")))
        if form.get("step") != "details" or choices.starts_at is None:
            return await _time_page(request, session, Place("time", True, choices), form, typed=typed)
    await _keep(request, choices)
    async with requests.runtime(request).reading() as session:
        return await _details_if_free(request, session, Place("details", False, choices), typed)


async def _choose_time(request: Request, form: FormData, *, keep: bool = True) -> Response:
    """Keep the chosen place for this device, and on to the details; their page says if it is gone."""
    async with requests.runtime(request).reading() as session:
        choices = read(tuple(await all_offices(session)), form)
    if choices.missing != "details":
        return requests.see_other(address(*choices.pairs("office", "service", "mode"), ("asked", "time")))
    if keep:
        await _keep(request, choices)
    return requests.see_other(address(*choices.pairs(*STEPS)))


async def _keep(request: Request, choices: Choices) -> None:
    """A place that cannot be kept can still be booked if it is free."""
    office, service, mode = choices.place
    assert choices.starts_at is not None
    asker = await asker_of(request)
    with suppress(Refused, RateLimited, Invalid):
        await hold(
            requests.runtime(request),
            office.slug,
            service.slug,
            mode,
            choices.starts_at,
            more_services=[one.slug for one in choices.more],
            holder=holder_of(asker),
            asker=asker,
        )


async def _own_hold(request: Request, session: AsyncSession) -> Hold | None:
    """What this device keeps, run out or not."""
    if requests.device_of(request) is None:
        return None
    return await hold_of(session, holder_of(await asker_of(request)))


# Details


async def _empty_details(request: Request, session: AsyncSession, here: Place) -> Response:
    """The empty form, if the time is kept or still free; else the times that are."""
    empty = {**form_values(FormData()), "request_key": new_id()}
    return await _details_if_free(request, session, here, empty)


async def _details_if_free(
    request: Request, session: AsyncSession, here: Place, typed: Mapping[str, Any]
) -> Response:
    """`typed` is carried along to the other times, if it has to be."""
    office, service, mode = here.choices.place
    starts_at, now = here.choices.starts_at, requests.runtime(request).now()
    assert starts_at is not None
    mine = await _own_hold(request, session)
    if mine is not None and _keeps(mine, here.choices, now):
        return _details(request, here, typed, kept=mine)
    without = mine.id if mine else None
    free = await free_time(session, office, service, mode, now, starts_at, more=here.choices.more, without=without)
    if free is not None:
        return _details(request, here, typed)
    near = await nearest_times(
        session, office, service, mode, now, starts_at, more=here.choices.more, without=without
    )
    return await _time_page(
        request,
        session,
        Place("time", True, here.choices),
        {},
        status_code=409,
        nearest=[slot.starts_at for slot in near],
        gone=True,
        typed=typed if typed["name"] or typed["email"] else None,
    )


def _details(
    request: Request,
    here: Place,
    typed: Mapping[str, Any],
    *,
    status_code: int = 200,
    errors: Mapping[str, str] | None = None,
    refusal: str | None = None,
    nearest: Sequence[datetime] = (),
    kept: Hold | None = None,
    mine: str | None = None,
    earliest: datetime | None = None,
) -> Response:
    """`kept`: the place is kept for this device. `mine`: the page of the appointment that it has already.
    `earliest`: from when on an interpreter can be there."""
    errors, t = errors or {}, requests.gettext_of(request)
    office, _service, _mode = here.choices.place
    return _page(
        request,
        here,
        status_code=status_code,
        typed=typed,
        errors=errors,
        summary={name: t(sentence) for name, sentence in DETAILS.items() if name in errors},
        refusal=refusal,
        nearest=options(nearest, office.timezone),
        needs=NEEDS,
        has_sms=bool(requests.sms_countries(request)),
        kept=kept,
        mine=mine,
        earliest=earliest,
    )


async def _details_again(
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
    async with requests.runtime(request).reading() as session:
        choices = read(tuple(await all_offices(session)), form)
        here = place(choices, {})
        if here.step == "time":
            typed = _typed(form)
            return await _time_page(request, session, here, {"asked": "time"}, status_code=422, typed=typed)
        kept = await _own_hold(request, session)
    if here.step != "details":
        return requests.see_other(address(*choices.pairs("office", "service", "mode")))
    return _details(
        request,
        here,
        _typed(form),
        status_code=status_code,
        errors=errors,
        refusal=refusal,
        nearest=nearest,
        kept=kept if kept is not None and _keeps(kept, choices, requests.runtime(request).now()) else None,
        mine=mine,
        earliest=earliest,
    )


def _keeps(kept: Hold, choices: Choices, now: datetime) -> bool:
    _office, _service, mode = choices.place
    assert choices.starts_at is not None
    return kept.keeps(tuple(one.id for one in choices.services), mode, choices.starts_at, now)


def _typed(form: FormData) -> dict[str, Any]:
    return form_values(form) | {"request_key": str(form.get("request_key") or new_id())}


async def _book(request: Request, form: FormData) -> Response:
    runtime, typed = requests.runtime(request), _typed(form)
    key = request_key_of(PATH, requests.device_of(request) or "", typed["request_key"])
    try:
        message = parse(BookingMessage, typed)
        check_reminders(message, requests.sms_countries(request))
        asked = booking_request(message, requests.language(request))
        appointment = await _booked(request, message.office, asked, key, message.altcha)
    except Invalid as invalid:
        return await _after_invalid(request, form, invalid, key)
    except RateLimited as limit:
        return await _details_again(request, form, 429, refusal=limit.code)
    except Refused as refusal:
        near = [moment(one) for one in refusal.details.get("nearest", [])]
        return await _details_again(
            request,
            form,
            409,
            refusal=refusal.code,
            nearest=[one for one in near if one is not None],
            mine=await _own_page(request, message.office, asked)
            if refusal.code == "duplicate_appointment"
            else None,
            earliest=moment(refusal.details.get("earliest", "")),
        )
    return requests.see_other(f"/a/{token_of(runtime, appointment)}?new=1")


async def _booked(
    request: Request, office: str, asked: BookingRequest, key: str, altcha: str | None
) -> Appointment:
    """With the place that this device keeps. A proof that is no good is none: then the e-mail is verified."""
    runtime, nobody = requests.runtime(request), await asker_of(request)
    async with runtime.reading() as session:
        kept = await _own_hold(request, session)
    token = hold_token(runtime, kept) if kept else None
    try:
        asker = await asker_of(request, altcha)
        return await book(runtime, office, asked, request_key=key, hold=token, asker=asker)
    except Invalid as invalid:
        if not any(one.field == "altcha" for one in invalid.fields):
            raise
    return await book(runtime, office, asked, request_key=key, hold=token, asker=nobody)


async def _own_page(request: Request, office: str, asked: BookingRequest) -> str | None:
    """The page of the appointment that stands in the way, for the device that booked it and nobody else."""
    runtime, asker = requests.runtime(request), await asker_of(request)
    found = await own_duplicate(runtime, office, asked, asker)
    return f"/a/{token_of(runtime, found)}" if found else None


async def _after_invalid(request: Request, form: FormData, invalid: Invalid, key: str) -> Response:
    """The fields to correct. A form that booked already and was changed since leads there, and says so."""
    if invalid.code != "idempotency_mismatch":
        return await _details_again(request, form, 422, errors=requests.field_texts(request, invalid))
    async with requests.runtime(request).reading() as session:
        appointment = await booked_with(session, key)
    assert appointment is not None
    return requests.see_other(f"/a/{token_of(requests.runtime(request), appointment)}?kept=1")


routes = [Route(PATH, show), Route(PATH, submit, methods=["POST"])]
