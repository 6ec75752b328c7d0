"""Pages of requests for an earlier slot, answers to offers, and rebooking.

They need no JavaScript, and a GET changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, NotFound, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.web import requests
from ...core.web.form_page import SentForm, handle_form
from ...core.web.validation import parse_model
from ..actions.earlier_slot import (
    accept_earlier_slot,
    cancel_earlier_request,
    earlier_slot_status,
    refuse_earlier_slot,
    request_earlier_slot,
)
from ..actions.early_video_start import accept_early_start
from ..actions.rebook import rebook_appointment
from ..domain.offer import EarlierSlotRequest, OfferReason
from ..queries.lookup import appointment_token
from ..storage import offer_rows
from .appointment_view import load_appointment_view, render_appointment_page
from .schemas import EarlierMessage, earlier_slot_request, parse_slot_time


async def show_earlier_offer(request: Request, *, status_code: int = 200) -> Response:
    """GET `/a/{token}/earlier`: the offer with the buttons to answer, or that it is over."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
        visit = replace(visit, earlier=await earlier_slot_status(session, visit.appointment, visit.now))
        last = await offer_rows.latest_offer_to_taker(session, visit.appointment.id, OfferReason.EARLIER)
    if last is None or not visit.stands:
        return requests.see_other(visit.page)  # the page of the appointment shows its state
    offered = replace(
        visit, appointment=replace(visit.appointment, starts_at=last.starts_at, ends_at=last.ends_at)
    )
    return render_appointment_page(
        request,
        "earlier",
        visit,
        status_code=status_code,
        offer=last,
        offered=offered,
        over=not last.is_open(visit.now),
    )


@handle_form
async def submit_earlier_answer(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/earlier`: the button `want`, `stop`, `accept`, `refuse` or `now`."""
    token = request.path_params["token"]
    runtime, offer_id = form.runtime, form.text("offer")
    match form.get("answer"):
        case "accept":
            return await _accept_offer(request, token, offer_id)
        case "refuse":
            with suppress(NotFound):
                await refuse_earlier_slot(runtime, token, offer_id)
            return requests.see_other(f"/a/{token}?stays=1")
        case "now":
            with suppress(NotFound, Refused):  # the page of the appointment shows its state
                await accept_early_start(runtime, token, offer_id)
            return requests.see_other(f"/a/{token}")
        case "stop":
            await cancel_earlier_request(runtime, token)
        case "want":
            with suppress(Refused, Invalid):  # the page of the appointment shows its state
                await request_earlier_slot(runtime, token, _request_from_form(form))
    return requests.see_other(f"/a/{token}#earlier")


def _request_from_form(form: SentForm) -> EarlierSlotRequest:
    values = {"wanted": True, "not_before": form.get("not_before") or None, "part": form.get("part") or "any"}
    return earlier_slot_request(parse_model(EarlierMessage, values))


async def _accept_offer(request: Request, token: str, offer_id: str) -> Response:
    try:
        new = await accept_earlier_slot(requests.current_runtime(request), token, offer_id)
    except (Refused, NotFound):
        return await show_earlier_offer(request, status_code=409)
    return requests.see_other(f"/a/{appointment_token(requests.current_runtime(request), new)}?moved=1")


@handle_form
async def submit_rebook(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/rebook`: book a replacement time after the office cancelled."""
    token = request.path_params["token"]
    starts_at = parse_slot_time(form.text("starts_at"))
    if starts_at is None:
        return requests.see_other(f"/a/{token}")
    try:
        new = await rebook_appointment(form.runtime, token, starts_at)
    except Refused:  # the page of the appointment shows which times are left
        return requests.see_other(f"/a/{token}?{urlencode({'at': format_rfc3339(starts_at, UTC)})}")
    return requests.see_other(f"/a/{appointment_token(form.runtime, new)}?new=1")


routes = [
    Route("/a/{token}/rebook", submit_rebook, methods=["POST"]),
    Route("/a/{token}/earlier", show_earlier_offer),
    Route("/a/{token}/earlier", submit_earlier_answer, methods=["POST"]),
]
