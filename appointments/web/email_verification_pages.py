"""Pages that verify an e-mail address, send the e-mail again and correct the address.

A GET changes nothing, because mail programs open links by themselves: each page has a button.
"""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import NotFound, Refused
from ...core.web import requests
from ...core.web.form_page import SentForm, handle_form
from ...core.web.validation import parse_model
from ..actions.verification_emails import is_verification_secret
from ..actions.verify_email import (
    correct_email,
    is_mailbox_verification_link,
    resend_verification_email,
    verify_appointment,
    verify_mailbox_link,
)
from .appointment_pages import show_appointment
from .appointment_view import load_appointment_view
from .error_texts import FIELD_SENTENCES
from .schemas import EmailMessage, build_requester

ENDED_FACES = frozenset({"lapsed", "cancelled"})


async def show_verify_page(request: Request) -> Response:
    """GET `/a/{token}/verify/{secret}`: the appointment and the button that confirms it."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
    tokens, secret = requests.current_runtime(request).tokens, request.path_params["secret"]
    if visit.face in ENDED_FACES or not is_verification_secret(tokens, visit.appointment, secret):
        return requests.see_other(visit.page)
    return requests.render_page(
        request,
        "appointments/verify.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        visit=visit,
        action=request.url.path,
        done=False,
    )


@handle_form
async def submit_verify(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/verify/{secret}`: confirm.

    An outdated link only redirects to the appointment.
    """
    token = request.path_params["token"]
    with suppress(NotFound):
        await verify_appointment(form.runtime, token, request.path_params["secret"])
        return requests.see_other(f"/a/{token}?verified=1")
    return requests.see_other(f"/a/{token}")


async def show_mailbox_page(request: Request) -> Response:
    """GET `/verify/{token}`: verify a mailbox that has no appointment yet."""
    if not await is_mailbox_verification_link(requests.current_runtime(request), request.path_params["token"]):
        raise NotFound
    return requests.render_page(
        request,
        "appointments/verify.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        visit=None,
        action=request.url.path,
        done="done" in request.query_params,
    )


@handle_form
async def submit_mailbox(request: Request, form: SentForm) -> Response:
    """POST `/verify/{token}`: mark the mailbox as verified."""
    token = request.path_params["token"]
    await verify_mailbox_link(form.runtime, token)
    return requests.see_other(f"/verify/{token}?done=1")


@handle_form
async def resend_email(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/letter`: send the e-mail again."""
    token = request.path_params["token"]
    with form.catch(Refused) as problem:
        await resend_verification_email(form.runtime, token)
        return requests.see_other(f"/a/{token}?sent=1")
    return await show_appointment(request, problem)


@handle_form
async def submit_email_correction(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/email`: correct the e-mail address."""
    token = request.path_params["token"]
    with form.catch(sentences=FIELD_SENTENCES, element="email-form") as problem:
        message = parse_model(EmailMessage, form.texts("email"))
        form.stop_for_language()
        await correct_email(form.runtime, token, message.email, await build_requester(request))
        return requests.see_other(f"/a/{token}?sent=1")
    return await show_appointment(request, problem, typed_email=form.text("email"))


routes = [
    Route("/verify/{token}", show_mailbox_page),
    Route("/verify/{token}", submit_mailbox, methods=["POST"]),
    Route("/a/{token}/verify/{secret}", show_verify_page),
    Route("/a/{token}/verify/{secret}", submit_verify, methods=["POST"]),
    Route("/a/{token}/letter", resend_email, methods=["POST"]),
    Route("/a/{token}/email", submit_email_correction, methods=["POST"]),
]
