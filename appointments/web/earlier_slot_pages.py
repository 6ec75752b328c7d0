"""Asking for an earlier time, answering an offer, taking another time after the office cancelled.

They need no JavaScript, and a GET only reads.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, NotFound, Refused
from ...core.i18n.dates import rfc3339
from ...core.web import requests
from ...core.web.validation import parse
from ..service import (
    Wish,
    accept_earlier,
    come_in,
    earlier_of,
    earlier_offer,
    rebook,
    refuse_earlier,
    stop_wanting,
    token_of,
    want_earlier,
)
from .appointment_pages import visit_of, visit_page
from .schemas import EarlierMessage, moment


async def show(request: Request) -> Response:
    """What is offered, with the buttons to answer; or that it is over."""
    return await _offer_page(request)


async def _offer_page(request: Request, *, status_code: int = 200) -> Response:
    async with requests.runtime(request).reading() as session:
        visit = await visit_of(request, session)
        visit = replace(visit, earlier=await earlier_of(session, visit.appointment, visit.now))
        last = await earlier_offer(session, visit.appointment.id)
    if last is None or not visit.stands:
        return requests.see_other(visit.page)  # which says how it stands
    offered = replace(
        visit, appointment=replace(visit.appointment, starts_at=last.starts_at, ends_at=last.ends_at)
    )
    return visit_page(
        request,
        "earlier",
        visit,
        status_code=status_code,
        offer=last,
        offered=offered,
        over=not last.is_open(visit.now),
    )


async def answer(request: Request) -> Response:
    """Each button of the form says what it does: `want`, `stop`, `accept`, `refuse` or `now`."""
    form = await requests.form(request)
    token, wanted = request.path_params["token"], str(form.get("answer") or "")
    match wanted:
        case "accept":
            return await _accept(request, token, str(form.get("offer") or ""))
        case "refuse":
            with suppress(NotFound):
                await refuse_earlier(requests.runtime(request), token, str(form.get("offer") or ""))
            return requests.see_other(f"/a/{token}?stays=1")
        case "now":
            with suppress(NotFound, Refused):  # its page says how it stands
                await come_in(requests.runtime(request), token, str(form.get("offer") or ""))
            return requests.see_other(f"/a/{token}")
        case "stop":
            await stop_wanting(requests.runtime(request), token)
        case "want":
            with suppress(Refused, Invalid):  # its page says how it stands
                await want_earlier(requests.runtime(request), token, _wish(form))
    return requests.see_other(f"/a/{token}#earlier")


def _wish(form: Any) -> Wish:
    values = {"wanted": True, "not_before": form.get("not_before") or None, "part": form.get("part") or "any"}
    return wish_in(parse(EarlierMessage, values))


def wish_in(message: EarlierMessage) -> Wish:
    return Wish(message.not_before, message.part)


async def _accept(request: Request, token: str, offer_id: str) -> Response:
    try:
        new = await accept_earlier(requests.runtime(request), token, offer_id)
    except (Refused, NotFound):
        return await _offer_page(request, status_code=409)
    return requests.see_other(f"/a/{token_of(requests.runtime(request), new)}?moved=1")


async def rebook_now(request: Request) -> Response:
    """One tap: another time in place of the one that the office cancelled."""
    form = await requests.form(request)
    token, starts_at = request.path_params["token"], moment(str(form.get("starts_at") or ""))
    if starts_at is None:
        return requests.see_other(f"/a/{token}")
    try:
        new = await rebook(requests.runtime(request), token, starts_at)
    except Refused:  # its page shows what is still there
        return requests.see_other(f"/a/{token}?{urlencode({'at': rfc3339(starts_at, UTC)})}")
    return requests.see_other(f"/a/{token_of(requests.runtime(request), new)}?new=1")


routes = [
    Route("/a/{token}/rebook", rebook_now, methods=["POST"]),
    Route("/a/{token}/earlier", show),
    Route("/a/{token}/earlier", answer, methods=["POST"]),
]
