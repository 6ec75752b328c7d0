"""The page `/o/{office}/lost`, which sends the link of a ticket again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, RateLimited
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ...offices.service import office_by_slug
from ..actions.recover_ticket import send_recovery_link
from .error_texts import FIELD_SENTENCES
from .schemas import RecoverForm

LOST_TICKET_FIELDS = ("code", "contact")


async def lost_ticket_page(request: Request) -> Response:
    """`GET`: the form; with `?sent=1` a confirmation, whether or not the ticket exists."""
    return await _render_lost_ticket_page(request, {}, {})


async def _render_lost_ticket_page(
    request: Request, typed: dict[str, str], errors: dict[str, str], status: int = 200
) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
    sent = "sent" in request.query_params and not errors
    return requests.render_page(
        request,
        "queue/lost.html",
        status_code=status,
        office=office,
        typed=typed,
        errors=errors,
        rejected_form="lost-form" if errors else "",
        shown_problem="rate_limited" if status == 429 else forms.FIELD_PROBLEMS,
        sent=sent,
        sms=bool(requests.sms_countries(request)),
    )


async def submit_lost_ticket_form(request: Request) -> Response:
    """`POST`: 303, whether such a ticket exists or not."""
    form = await forms.read_form(request)
    slug = request.path_params["office"]
    typed = {name: str(form.get(name) or "") for name in LOST_TICKET_FIELDS}
    async with requests.current_runtime(request).read_session() as session:
        await office_by_slug(session, slug)
    shown, language_only = forms.shown_problem(form), forms.asks_for_language(form)
    if language_only and not shown:
        return await _render_lost_ticket_page(request, typed, {})
    try:
        asked = parse_model(RecoverForm, typed)
        if language_only:
            return await _show_limit_again(request, typed, shown)
        await send_recovery_link(
            requests.current_runtime(request), slug, asked.code, asked.contact, requests.client_address(request)
        )
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid, FIELD_SENTENCES)
        return await _render_lost_ticket_page(request, typed, errors, 422)
    except RateLimited as limited:
        return await _show_limit_again(request, typed, limited.code)
    return requests.see_other(f"/o/{slug}/lost?sent=1")


async def _show_limit_again(request: Request, typed: dict[str, str], code: str) -> Response:
    """Show that a limit was reached; the form without an error for another problem."""
    if code != "rate_limited":
        return await _render_lost_ticket_page(request, typed, {})
    return await _render_lost_ticket_page(request, typed, {"code": requests.error_text(request, code)}, 429)


routes = [
    Route("/o/{office}/lost", lost_ticket_page, methods=["GET"]),
    Route("/o/{office}/lost", submit_lost_ticket_form, methods=["POST"]),
]
