"""The page that finds an appointment by its locator and a contact.

One refusal covers every wrong guess.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import NotFound, RateLimited
from ...core.web import forms, requests
from ..queries.lookup import appointment_token, look_up_appointment

FIND_PATH = "/appointments/find"


async def show_find_page(request: Request) -> Response:
    """GET `/appointments/find`: the empty form."""
    return _find_page(request, {})


async def submit_find(request: Request) -> Response:
    """POST `/appointments/find`: redirect to the appointment, or refuse."""
    form = await forms.read_form(request)
    typed = {name: str(form.get(name) or "").strip() for name in ("locator", "contact")}
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
        headers = {"Retry-After": str(limit.retry_after_s)}
        minutes = -(-limit.retry_after_s // 60)
        return _find_page(request, typed, status_code=429, headers=headers, refusal=limit.code, minutes=minutes)
    return requests.see_other(f"/a/{appointment_token(runtime, appointment)}")


def _find_page(
    request: Request, typed: dict[str, str], *, status_code: int = 200, headers: Any = None, **context: Any
) -> Response:
    state = {"errors": {}, "refusal": None, "minutes": 0, **context}
    return requests.render_page(
        request, "appointments/find.html", status_code=status_code, headers=headers, typed=typed, **state
    )


routes = [Route(FIND_PATH, show_find_page), Route(FIND_PATH, submit_find, methods=["POST"])]
