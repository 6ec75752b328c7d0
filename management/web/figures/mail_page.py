"""Page `/staff/manage/figures/mail`: a manager's monthly figures by e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.errors import Invalid, RateLimited, Refused
from ....core.ids import new_id
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....figures.service import MONTHLY_FIGURES
from ....notifications.service import EmailContent, EmailWriter, OutboxMessage
from ....offices.service import Office, all_offices
from ...actions.figure_mails import (
    MAX_MAIL_OFFICES,
    FigureMailState,
    build_monthly_payload,
    check_mail_offices,
    load_figure_mail,
    next_send_time,
    send_figure_mail_now,
    turn_off_figure_mail,
    turn_on_figure_mail,
)
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager

MAIL_PATH = MANAGE_PATH + "/figures/mail"
PREVIEW_PATH = MAIL_PATH + "/preview"
# The HTML of an e-mail has inlined styles, and must not load or do anything.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


async def show_mail(request: Request) -> Response:
    """Show whether the person gets the figures, with the form and a preview."""
    principal = await require_manager(request)
    return await _render_mail(request, principal)


@handle_form_for(require_manager)
async def submit_mail(request: Request, form: SentForm, principal: Principal) -> Response:
    """Turn the e-mail on, or change its offices and language."""
    slugs, language = form.all_texts("offices"), form.text("language")
    with form.catch(Invalid, Refused) as problem:
        await turn_on_figure_mail(form.runtime, principal, slugs, language)
        return requests.see_other(f"{MAIL_PATH}?saved")
    return await _render_mail(request, principal, problem, slugs, language)


@handle_form_for(require_manager)
async def submit_off(request: Request, form: SentForm, principal: Principal) -> Response:
    """Turn the e-mail off."""
    await turn_off_figure_mail(form.runtime, principal)
    return requests.see_other(f"{MAIL_PATH}?off")


@handle_form_for(require_manager)
async def submit_now(request: Request, form: SentForm, principal: Principal) -> Response:
    """Send the newest month once, as a test."""
    with form.catch(Refused, RateLimited) as problem:
        await send_figure_mail_now(form.runtime, principal)
        return requests.see_other(f"{MAIL_PATH}?sent")
    return await _render_mail(request, principal, problem)


async def show_preview(request: Request) -> Response:
    """Show the HTML of the next e-mail, for the frame of the page. `?office=&language=`."""
    principal = await require_manager(request)
    runtime = requests.current_runtime(request)
    query: QueryParams = request.query_params
    async with runtime.read_session() as session:
        known = {office.slug: office for office in await all_offices(session)}
    offices = check_mail_offices(principal, query.getlist("office"), known)
    language = runtime.languages.resolve(query.get("language", ""))
    state = await load_figure_mail(runtime, principal)
    email = await _write_email(request, offices, language, state.email or "")
    headers = {
        "Content-Security-Policy": PREVIEW_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        **requests.PRIVATE_PAGE_HEADERS,
    }
    if "text" in query:
        return Response(f"{email.subject}\n\n{email.text}", media_type="text/plain", headers=headers)
    return Response(email.html, media_type="text/html", headers=headers)


async def _write_email(request: Request, offices: Sequence[Office], language: str, recipient: str) -> EmailContent:
    """Write the e-mail as the worker will, with the same templates and links."""
    runtime, state = requests.current_runtime(request), request.state
    payload = await build_monthly_payload(runtime, offices)
    writer = EmailWriter(state.pages, runtime.tokens, runtime.public_url, state.settings.mail_from)
    message = OutboxMessage(
        new_id(), "preview", "email", MONTHLY_FIGURES, recipient, language, payload, runtime.now()
    )
    return writer.write(message, runtime.now())


async def _render_mail(
    request: Request,
    principal: Principal,
    problem: FormProblem = NO_PROBLEM,
    slugs: Sequence[str] | None = None,
    language: str | None = None,
) -> Response:
    runtime = requests.current_runtime(request)
    state = await load_figure_mail(runtime, principal)
    own = request.state.manageable_offices
    chosen = list(slugs) if slugs is not None else _stored_offices(state, own)
    lost = [slug for slug in (state.mail.offices if state.mail else ()) if slug not in own]
    return render_manage_page(
        request,
        "management/figures/mail.html",
        principal,
        section="figures",
        state=state,
        principal_id=principal.id,
        choices=own,
        chosen=chosen,
        lost=len(lost),
        language=language or (state.mail.language if state.mail else requests.current_language(request)),
        next_at=next_send_time(state.offices, runtime.now()) if state.is_on else None,
        zone=state.offices[0].timezone if state.offices else None,
        sent="sent" in request.query_params,
        turned_off="off" in request.query_params,
        **problem.context,
    )


def _stored_offices(state: FigureMailState, own: Mapping[str, str]) -> list[str]:
    """Return the stored offices, or all of the person's own while they are few enough."""
    if state.mail is not None:
        return [office.slug for office in state.offices]
    return list(own)[:MAX_MAIL_OFFICES]


routes = [
    Route(MAIL_PATH, show_mail, methods=["GET"]),
    Route(MAIL_PATH, submit_mail, methods=["POST"]),
    Route(MAIL_PATH + "/off", submit_off, methods=["POST"]),
    Route(MAIL_PATH + "/now", submit_now, methods=["POST"]),
    Route(PREVIEW_PATH, show_preview, methods=["GET"]),
]
