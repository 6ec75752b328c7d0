"""The page that finds an appointment by its locator and a contact.

One refusal covers every wrong guess.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, NotFound, RateLimited
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ..actions.lost_link import send_lost_links
from ..queries.lookup import appointment_token, look_up_appointment
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
        return _find_page(request, typed)
    try:
        email = parse_model(EmailMessage, typed).email
        await send_lost_links(requests.current_runtime(request), email, requests.client_address(request))
    except Invalid as invalid:
        return _find_page(request, typed, status_code=422, errors=forms.field_error_texts(request, invalid))
    except RateLimited as limit:
        return _rate_limited_page(request, typed, limit)
    return requests.see_other(f"{FIND_PATH}?sent=1#lost")


async def submit_find(request: Request) -> Response:
    """POST `/appointments/find`: redirect to the appointment, or refuse."""
    form = await forms.read_form(request)
    typed = {name: str(form.get(name) or "").strip() for name in ("locator", "contact")}
    if forms.asks_for_language(form):
        return _find_page(request, typed)
    empty = {name: requests.error_text(request, "required") for name, value in typed.items() if not value}
    if empty:
        return _find_page(request, typed, status_code=422, errors=empty)
    runtime = requests.current_runtime(request)
    try:
        appointment = await look_up_appointment(
            runtime, typed["locator"], typed["contact"], requests.client_address(request)
        )
    except NotFound:
        return _find_page(request, typed, status_code=404, refusal="locator_unknown")
    except RateLimited as limit:
        return _rate_limited_page(request, typed, limit)
    return requests.see_other(f"/a/{appointment_token(runtime, appointment)}")


def _rate_limited_page(request: Request, typed: dict[str, str], limit: RateLimited) -> Response:
    headers = {"Retry-After": str(limit.retry_after_s)}
    minutes = -(-limit.retry_after_s // 60)
    return _find_page(request, typed, status_code=429, headers=headers, refusal=limit.code, minutes=minutes)


def _find_page(
    request: Request, typed: dict[str, str], *, status_code: int = 200, headers: Any = None, **context: Any
) -> Response:
    sent = "sent" in request.query_params and status_code == 200
    state = {"errors": {}, "refusal": None, "minutes": 0, "sent": sent, **context}
    return requests.render_page(
        request,
        "appointments/find.html",
        status_code=status_code,
        headers=headers,
        page_url=FIND_PATH,  # the form of the lost link has an address without GET
        typed=typed,
        **state,
    )


routes = [
    Route(FIND_PATH, show_find_page),
    Route(FIND_PATH, submit_find, methods=["POST"]),
    Route("/appointments/lost", submit_lost_link, methods=["POST"]),
]
