"""`/o/{office}/lost`: whoever has a turn here, and the link to it no more."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, RateLimited
from ...core.web import requests
from ...core.web.validation import parse
from ...offices.service import office_by_slug
from ..actions.recover_ticket import recover
from .schemas import RecoverForm

FIELDS = ("code", "contact")


async def lost(request: Request) -> Response:
    """`GET`: the form; with `?sent=1` that it is on its way, if there is such a turn."""
    return await _page(request, {}, {})


async def _page(request: Request, typed: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    async with requests.runtime(request).reading() as session:
        office = await office_by_slug(session, request.path_params["office"])
    sent = "sent" in request.query_params and not errors
    return requests.render(
        request,
        "queue/lost.html",
        status_code=status,
        office=office,
        typed=typed,
        errors=errors,
        sent=sent,
        sms=bool(requests.sms_countries(request)),
    )


async def send(request: Request) -> Response:
    """`POST`: 303, whether there is such a turn or not."""
    form = await requests.form(request)
    slug = request.path_params["office"]
    typed = {name: str(form.get(name) or "") for name in FIELDS}
    async with requests.runtime(request).reading() as session:
        await office_by_slug(session, slug)
    try:
        asked = parse(RecoverForm, typed)
        await recover(requests.runtime(request), slug, asked.code, asked.contact, requests.address_of(request))
    except Invalid as invalid:
        return await _page(request, typed, requests.field_texts(request, invalid), 422)
    except RateLimited as limited:
        return await _page(request, typed, {"code": requests.say(request, limited.code)}, 429)
    return requests.see_other(f"/o/{slug}/lost?sent=1")


routes = [
    Route("/o/{office}/lost", lost, methods=["GET"]),
    Route("/o/{office}/lost", send, methods=["POST"]),
]
