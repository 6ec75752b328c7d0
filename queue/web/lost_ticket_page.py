"""The page `/o/{office}/lost`, which sends the link of a ticket again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.contact.channel_offers import offers_by_number
from ...core.errors import Invalid, RateLimited
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ...core.web.validation import parse_model
from ...offices.service import office_by_slug
from ..actions.recover_ticket import send_recovery_link
from .error_texts import FIELD_SENTENCES
from .schemas import RecoverForm


async def lost_ticket_page(request: Request) -> Response:
    """`GET`: the form; with `?sent=1` a confirmation, whether or not the ticket exists."""
    return await _render_lost_ticket_page(request, {}, NO_PROBLEM)


async def _render_lost_ticket_page(request: Request, typed: dict[str, str], problem: FormProblem) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
    return requests.render_page(
        request,
        "queue/lost.html",
        office=office,
        typed=typed,
        sent="sent" in request.query_params and not problem.errors,
        has_numbers=bool(offers_by_number(requests.offered_channels(request))),
        **problem.context,
    )


@handle_form
async def submit_lost_ticket_form(request: Request, form: SentForm) -> Response:
    """`POST`: 303, whether such a ticket exists or not."""
    slug = request.path_params["office"]
    typed = form.texts("code", "contact")
    async with form.runtime.read_session() as session:
        await office_by_slug(session, slug)
    with form.catch(
        Invalid, RateLimited, sentences=FIELD_SENTENCES, refused_field="code", element="lost-form"
    ) as problem:
        asked = parse_model(RecoverForm, typed)
        form.stop_for_language(RateLimited(retry_after_s=0))
        address, offers = requests.client_address(request), requests.offered_channels(request)
        await send_recovery_link(form.runtime, slug, asked.code, asked.contact, address, offers)
        return requests.see_other(f"/o/{slug}/lost?sent=1")
    return await _render_lost_ticket_page(request, typed, problem)


routes = [
    Route("/o/{office}/lost", lost_ticket_page, methods=["GET"]),
    LimitedRoute("/o/{office}/lost", submit_lost_ticket_form, WriteLimit.TICKETS),
]
