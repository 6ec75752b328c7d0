"""The page that finds an appointment by its locator and a contact.

One refusal covers every wrong guess.
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import FieldError, Invalid, NotFound, RateLimited
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ..actions.lost_link import send_lost_links
from ..queries.lookup import appointment_token, look_up_appointment
from .page_texts import FIELD_SENTENCES
from .schemas import EmailMessage

FIND_PATH = "/appointments/find"


async def show_find_page(request: Request) -> Response:
    """GET `/appointments/find`: the empty form."""
    return _find_page(request, {})


async def submit_lost_link(request: Request) -> Response:
    """POST `/appointments/lost`: send the links of a mailbox to it.

    The answer is the same for every mailbox.
    """
    form = await forms.read_form(request)
    typed = {"email": str(form.get("email") or "").strip()}
    if forms.asks_for_language(form):
        return _lost_link_in_other_language(request, form, typed)
    try:
        email = parse_model(EmailMessage, typed).email
        await send_lost_links(requests.current_runtime(request), email, requests.client_address(request))
    except Invalid as invalid:
        return _lost_link_errors(request, typed, invalid)
    except RateLimited as limit:
        return _rate_limited_page(request, typed, "lost-form", limit.retry_after_s)
    return requests.see_other(f"{FIND_PATH}?sent=1#lost")


def _lost_link_errors(request: Request, typed: dict[str, str], invalid: Invalid) -> Response:
    errors = forms.field_error_texts(request, invalid, FIELD_SENTENCES)
    return _find_page(request, typed, status_code=422, rejected_form="lost-form", errors=errors)


def _lost_link_in_other_language(request: Request, form: FormData, typed: dict[str, str]) -> Response:
    """Show the typed e-mail and what was wrong with it. Sends nothing."""
    shown = forms.shown_problem(form)
    if shown == "rate_limited":
        return _rate_limited_page(request, typed, "lost-form", _shown_wait_s(form))
    try:
        parse_model(EmailMessage, typed)
    except Invalid as invalid:
        if shown:
            return _lost_link_errors(request, typed, invalid)
    return _find_page(request, typed)


async def submit_find(request: Request) -> Response:
    """POST `/appointments/find`: redirect to the appointment, or refuse."""
    form = await forms.read_form(request)
    typed = {name: str(form.get(name) or "").strip() for name in ("locator", "contact")}
    shown = forms.shown_problem(form)
    missing = Invalid(*(FieldError(name, "required") for name, value in typed.items() if not value))
    if missing.fields and (shown or not forms.asks_for_language(form)):
        errors = forms.field_error_texts(request, missing, FIELD_SENTENCES)
        return _find_page(request, typed, status_code=422, rejected_form="find-form", errors=errors)
    if shown == "rate_limited":
        return _rate_limited_page(request, typed, "find-form", _shown_wait_s(form))
    if shown == "locator_unknown":
        return _unknown_locator_page(request, typed)
    if forms.asks_for_language(form):
        return _find_page(request, typed)
    runtime = requests.current_runtime(request)
    try:
        appointment = await look_up_appointment(
            runtime, typed["locator"], typed["contact"], requests.client_address(request)
        )
    except NotFound:
        return _unknown_locator_page(request, typed)
    except RateLimited as limit:
        return _rate_limited_page(request, typed, "find-form", limit.retry_after_s)
    return requests.see_other(f"/a/{appointment_token(runtime, appointment)}")


def _unknown_locator_page(request: Request, typed: dict[str, str]) -> Response:
    return _find_page(request, typed, status_code=404, rejected_form="find-form", refusal="locator_unknown")


def _rate_limited_page(request: Request, typed: dict[str, str], form_id: str, wait_s: int) -> Response:
    minutes = -(-wait_s // 60)
    return _find_page(
        request,
        typed,
        status_code=429,
        headers={"Retry-After": str(wait_s)},
        rejected_form=form_id,
        refusal="rate_limited",
        minutes=minutes,
    )


def _shown_wait_s(form: FormData) -> int:
    """Return the wait that the page in the first language told, at most an hour."""
    minutes = str(form.get("minutes") or "")
    return min(int(minutes), 60) * 60 if minutes.isascii() and minutes.isdigit() else 60


def _find_page(
    request: Request, typed: dict[str, str], *, status_code: int = 200, headers: Any = None, **context: Any
) -> Response:
    sent = "sent" in request.query_params and status_code == 200
    state = {"errors": {}, "refusal": None, "minutes": 0, "sent": sent, "rejected_form": "", **context}
    return requests.render_page(
        request,
        "appointments/find.html",
        status_code=status_code,
        headers=headers,
        page_url=FIND_PATH,  # the form of the lost link has an address without GET
        typed=typed,
        shown_problem=state["refusal"] or forms.FIELD_PROBLEMS,
        **state,
    )


routes = [
    Route(FIND_PATH, show_find_page),
    Route(FIND_PATH, submit_find, methods=["POST"]),
    Route("/appointments/lost", submit_lost_link, methods=["POST"]),
]
