"""Responses of errors: pages for people, RFC 9457 problems for programs."""

from __future__ import annotations

import logging
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from ...core.db.outages import outage_kind
from ...core.errors import (
    DatabaseAway,
    Invalid,
    MovedTo,
    Office360Error,
    RateLimited,
    Unavailable,
)
from ...core.i18n.catalogues import N_
from ...core.web import requests
from ...core.web.late_routes import candidate_routes
from ...staff import service as staff

logger = logging.getLogger(__name__)

INFRASTRUCTURE_ERRORS: tuple[type[Exception], ...] = (DatabaseAway, DBAPIError, PoolTimeout, OSError)
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 400: "malformed", 413: "malformed"}

TITLE_BY_STATUS: dict[int, str] = {
    400: N_("We could not read what was sent"),
    401: N_("Sign in to continue"),
    403: N_("You do not have permission to do this"),
    404: N_("We cannot find this page"),
    405: N_("You cannot do that here"),
    409: N_("You cannot do that now"),
    410: N_("This has ended"),
    422: N_("Check what you typed"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong at our end"),
    503: N_("This is not working right now"),
}


def describe_error(connection: HTTPConnection, error: Office360Error) -> str:
    """Return the text of an error in the reader's language; sockets use it, too."""
    return requests.error_text(connection, error.code, error.details or None)


async def on_office360_error(request: Request, error: Exception) -> Response:
    """Respond to an error of the product."""
    assert isinstance(error, Office360Error)
    if (login := await staff.show_login_for_form(request, error)) is not None:
        return login
    if isinstance(error, MovedTo):
        return requests.see_other(error.address)
    return await _page_or_problem(request, error, requests.http_status(error))


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Respond to an unknown address or method."""
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "malformed")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed_methods(request)
    with suppress(*INFRASTRUCTURE_ERRORS):
        if (login := await staff.redirect_unknown_page(request)) is not None:
            return login
    return await _page_or_problem(request, Office360Error(code), error.status_code, headers)


def _allowed_methods(request: Request) -> str:
    """List the methods of all routes with this path; Starlette names those of the first only."""
    routes = [route for route in candidate_routes(request.scope) if isinstance(route, Route)]
    matching = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in matching for method in route.methods or ()}))


async def on_infrastructure_error(request: Request, error: Exception) -> Response:
    """Respond with 503 to an outage; re-raise other errors as bugs."""
    if not _is_outage(error) or request.scope["type"] != "http":  # signaling/ closes sockets
        raise error
    return _outage_response(request, error)


def crash_response(request: Request, error: Exception) -> Response:
    """Build the response to an unexpected error. The log has the trace, not the response."""
    if _is_outage(error):
        return _outage_response(request, error)
    logger.error("request_failed", exc_info=error)
    return _error_response(request, Office360Error("internal_error"), 500)


def _is_outage(error: Exception) -> bool:
    return isinstance(error, DatabaseAway) or outage_kind(error) is not None


def _outage_response(request: Request, error: Exception) -> Response:
    if not isinstance(error, DatabaseAway):  # which the session has logged
        logger.warning("unavailable", extra={"reason": type(error).__name__})
    return _error_response(request, DatabaseAway.to_error(), 503)


async def _page_or_problem(
    request: Request, error: Office360Error, status: int, headers: dict[str, str] | None = None
) -> Response:
    """Build the response; an error of a staff page is shown in the frame of the consoles."""
    headers = _with_error_headers(error, status, headers)
    if not requests.should_answer_json(request):
        context = _error_context(request, error, status)
        with suppress(*INFRASTRUCTURE_ERRORS):  # without the database no person is known
            if (page := await staff.show_staff_error(request, status, headers, **context)) is not None:
                return page
    return _error_response(request, error, status, headers)


def _error_response(
    request: Request, error: Office360Error, status: int, headers: dict[str, str] | None = None
) -> Response:
    headers = _with_error_headers(error, status, headers)
    if requests.should_answer_json(request):
        return problem_response(request, error, status, headers)
    return requests.render_page(
        request,
        "error.html",
        status_code=status,
        headers=headers,
        status=status,
        request_id=request.state.request_id,
        **_error_context(request, error, status),
    )


def _with_error_headers(error: Office360Error, status: int, headers: dict[str, str] | None) -> dict[str, str]:
    headers = headers or {}
    if isinstance(error, RateLimited | Unavailable) and error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="office360"'
    return headers


def problem_response(
    request: HTTPConnection, error: Office360Error, status: int, headers: dict[str, str] | None = None
) -> Response:
    """Build `application/problem+json` (RFC 9457) with the error's code and details."""
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": describe_error(request, error),
        "request_id": request.state.request_id,
        **error.details,
    }
    if isinstance(error, Invalid):
        problem["errors"] = [
            {
                "field": field.field,
                "code": field.code,
                "message": requests.error_text(request, field.code, field.params),
            }
            for field in error.fields
        ]
    return JSONResponse(problem, status, headers, "application/problem+json")


def _error_context(request: Request, error: Office360Error, status: int) -> dict[str, Any]:
    return {
        "title": requests.current_gettext(request)(TITLE_BY_STATUS.get(status, TITLE_BY_STATUS[500])),
        "text": describe_error(request, error),
        "code": error.code,
        "page_url": None if _has_get(request) else "/",
    }


def _has_get(request: Request) -> bool:
    """Return whether the address can be opened again, such as in the other language."""
    reading = {**request.scope, "method": "GET"}
    return any(requests.matching_routes(reading))
