"""The page that finds an appointment by its locator and a contact.

A refusal covers every wrong guess.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import FieldError, Invalid, NotFound, RateLimited
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ...core.web.validation import parse_model
from ..actions.lost_link import send_lost_links
from ..queries.lookup import appointment_token, look_up_appointment
from .error_texts import FIELD_SENTENCES
from .schemas import EmailMessage

FIND_PATH = "/appointments/find"


async def show_find_page(request: Request) -> Response:
    """GET `/appointments/find`: the empty form."""
    return _find_page(request, {}, NO_PROBLEM)


@handle_form
async def submit_lost_link(request: Request, form: SentForm) -> Response:
    """POST `/appointments/lost`: send the links of a mailbox to it.

    The answer is the same for every mailbox.
    """
    typed = form.texts("email", strip=True)
    with form.catch(Invalid, RateLimited, sentences=FIELD_SENTENCES, element="lost-form") as problem:
        email = parse_model(EmailMessage, typed).email
        form.stop_for_language(_shown_limit(form))
        await send_lost_links(form.runtime, email, requests.client_address(request))
        return requests.see_other(f"{FIND_PATH}?sent=1#lost")
    return _find_page(request, typed, problem)


@handle_form
async def submit_find(request: Request, form: SentForm) -> Response:
    """POST `/appointments/find`: redirect to the appointment, or refuse."""
    typed = form.texts("locator", "contact", strip=True)
    with form.catch(Invalid, NotFound, RateLimited, sentences=FIELD_SENTENCES, element="find-form") as problem:
        if missing := [FieldError(name, "required") for name, value in typed.items() if not value]:
            raise Invalid(*missing)
        form.stop_for_language(_shown_limit(form), NotFound())
        appointment = await look_up_appointment(
            form.runtime, typed["locator"], typed["contact"], requests.client_address(request)
        )
        return requests.see_other(f"/a/{appointment_token(form.runtime, appointment)}")
    return _find_page(request, typed, problem)


def _shown_limit(form: SentForm) -> RateLimited:
    """Return the limit that the page in the first language told, at most an hour."""
    minutes = form.text("minutes")
    wait_s = min(int(minutes), 60) * 60 if minutes.isascii() and minutes.isdigit() else 60
    return RateLimited(retry_after_s=wait_s)


def _find_page(request: Request, typed: dict[str, str], problem: FormProblem) -> Response:
    wait_s = problem.error.retry_after_s if isinstance(problem.error, RateLimited) else 0
    return requests.render_page(
        request,
        "appointments/find.html",
        headers={"Retry-After": str(wait_s)} if wait_s else None,
        page_url=FIND_PATH,  # the form of the lost link has an address without GET
        typed=typed,
        minutes=-(-wait_s // 60),
        sent="sent" in request.query_params and problem.error is None,
        **problem.context,
    )


routes = [
    Route(FIND_PATH, show_find_page),
    Route(FIND_PATH, submit_find, methods=["POST"]),
    Route("/appointments/lost", submit_lost_link, methods=["POST"]),
]
