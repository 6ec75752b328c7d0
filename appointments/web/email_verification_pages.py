"""The pages behind the links that verify an e-mail, and what can be done until then. A link alone changes nothing:
mail programs open links by themselves, so each page has a button."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, NotFound, Refused
from ...core.web import requests
from ...core.web.validation import parse
from ..service import correct_email, is_mailbox_link, is_secret, send_again, verify, verify_mailbox
from .appointment_pages import appointment_page, visit_of
from .requester import asker_of
from .schemas import EmailMessage

OVER = frozenset({"lapsed", "cancelled", "rescheduled"})
SECRETIVE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


async def ask(request: Request) -> Response:
    """GET `/a/{token}/verify/{secret}`: what will be confirmed, and the button."""
    async with requests.runtime(request).reading() as session:
        visit = await visit_of(request, session)
    tokens, secret = requests.runtime(request).tokens, request.path_params["secret"]
    if visit.face in OVER or not is_secret(tokens, visit.appointment, secret):
        return requests.see_other(visit.page)
    return requests.render(
        request, "appointments/verify.html", headers=SECRETIVE, visit=visit, action=request.url.path, done=False
    )


async def confirm(request: Request) -> Response:
    """The button. A link that an address no longer has leads to the page, which says how it stands."""
    await requests.form(request)
    token = request.path_params["token"]
    with suppress(NotFound):
        await verify(requests.runtime(request), token, request.path_params["secret"])
        return requests.see_other(f"/a/{token}?verified=1")
    return requests.see_other(f"/a/{token}")


async def ask_mailbox(request: Request) -> Response:
    """GET `/verify/{token}`: the same before there is an appointment."""
    if not await is_mailbox_link(requests.runtime(request), request.path_params["token"]):
        raise NotFound
    return requests.render(
        request,
        "appointments/verify.html",
        headers=SECRETIVE,
        visit=None,
        action=request.url.path,
        done="done" in request.query_params,
    )


async def confirm_mailbox(request: Request) -> Response:
    """The button: from now on this mailbox can book."""
    await requests.form(request)
    token = request.path_params["token"]
    await verify_mailbox(requests.runtime(request), token)
    return requests.see_other(f"/verify/{token}?done=1")


async def again(request: Request) -> Response:
    """POST `/a/{token}/letter`: the e-mail once more."""
    await requests.form(request)
    token = request.path_params["token"]
    try:
        await send_again(requests.runtime(request), token)
    except Refused as refusal:
        return await appointment_page(request, status_code=409, refusal=refusal.code)
    return requests.see_other(f"/a/{token}?sent=1")


async def correct(request: Request) -> Response:
    """POST `/a/{token}/email`: another address."""
    form = await requests.form(request)
    token, typed = request.path_params["token"], str(form.get("email") or "")
    try:
        message = parse(EmailMessage, {"email": typed})
        await correct_email(requests.runtime(request), token, message.email, await asker_of(request))
    except Invalid as invalid:
        errors = requests.field_texts(request, invalid)
        return await appointment_page(request, status_code=422, errors=errors, typed_email=typed)
    except Refused as refusal:
        return await appointment_page(request, status_code=409, refusal=refusal.code, typed_email=typed)
    return requests.see_other(f"/a/{token}?sent=1")


routes = [
    Route("/verify/{token}", ask_mailbox),
    Route("/verify/{token}", confirm_mailbox, methods=["POST"]),
    Route("/a/{token}/verify/{secret}", ask),
    Route("/a/{token}/verify/{secret}", confirm, methods=["POST"]),
    Route("/a/{token}/letter", again, methods=["POST"]),
    Route("/a/{token}/email", correct, methods=["POST"]),
]
