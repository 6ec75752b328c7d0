"""Second step of the login, `/staff/login/second`, and what follows a login."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import FieldError, Gone, Invalid, RateLimited, Refused, Unauthenticated
from ....core.tokens import random_token
from ....core.web import authentication, requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ....core.web.limited_route import LimitedRoute, WriteLimit
from ...actions import second_factor
from ...actions.federation.sign_in_setup import remote_user
from ...actions.own_account import load_own_session
from ...actions.passkeys import PasskeyPurpose, login_options
from ...actions.second_factor import LoginResult
from ...domain.account import safe_return_path
from .kept_form import confirmation_page, read_kept_form
from .login_response import (
    PENDING_COOKIE,
    SECOND_STEP_PATH,
    login_browser,
    login_response,
    next_path,
    set_login_cookies,
)

LOGIN_EXPIRED_PATH = "/staff/?expired"


async def show_second_step(request: Request) -> Response:
    """`GET /staff/login/second`: asks for the passkey, the code or a recovery code."""
    wanted = safe_return_path(request.query_params.get("next"))
    return await _render_step(request, wanted, None, NO_PROBLEM, by_recovery="recovery" in request.query_params)


@handle_form
async def submit_second_step(request: Request, form: SentForm) -> Response:
    """`POST /staff/login/second`: end the login by the `code`, or by the `recovery_code`."""
    wanted, kept = safe_return_path(form.text("next")), form.text("kept") or None
    if "by_recovery" in form:  # the button that shows the other field, with the kept form
        return await _render_step(request, wanted, kept, NO_PROBLEM, by_recovery=True)
    by_recovery = "recovery_code" in form
    code = form.text("recovery_code" if by_recovery else "code")
    finish = second_factor.finish_by_recovery_code if by_recovery else second_factor.finish_by_code
    with form.catch(Invalid, RateLimited, Gone, refused_field="code", limit_code="too_many_codes") as problem:
        if not code.strip():
            raise Invalid(FieldError("code", "required"))
        try:
            result = await finish(form.runtime, _pending_token(request), code, login_browser(request))
        except Unauthenticated:
            wrong = "wrong_recovery_code" if by_recovery else "wrong_code"
            raise Invalid(FieldError("code", wrong)) from None
        return await kept_or_next_page(request, result, wanted, kept)
    return await _render_step(request, wanted, kept, problem, by_recovery=by_recovery)


@handle_form
async def submit_second_passkey(request: Request, form: SentForm) -> Response:
    """`POST /staff/login/second/passkey`: end the login by a passkey of the account."""
    wanted, kept = safe_return_path(form.text("next")), form.text("kept") or None
    with form.catch(Refused, Gone, refused_status=422) as problem:
        result = await second_factor.finish_by_passkey(
            form.runtime, _pending_token(request), form.text("credential"), login_browser(request)
        )
        return await kept_or_next_page(request, result, wanted, kept)
    return await _render_step(request, wanted, kept, problem)


def render_with_passkey(request: Request, template: str, **context: Any) -> Response:
    """Render a login page, whose challenge is for this device only."""
    request.state.device = requests.current_device(request) or random_token()  # render_page sets its cookie
    options = login_options(requests.current_runtime(request), PasskeyPurpose.LOGIN, request.state.device)
    return requests.render_page(request, template, passkey_options=options, **context)


async def has_session_without_factor(request: Request) -> bool:
    """Whether the browser has a session that first needs a second factor."""
    token = request.cookies.get(authentication.STAFF_COOKIE)
    own = await load_own_session(requests.current_runtime(request), token, remote_user(request))
    return own is not None and own.needs_factor


async def kept_or_next_page(
    request: Request, result: LoginResult, wanted: str | None, kept_text: str | None
) -> Response:
    """Go on after a login: to the second step, the kept form, or the wanted page."""
    kept = read_kept_form(requests.current_runtime(request), kept_text)
    if kept is None:
        return await login_response(request, result, wanted)
    # The cookie of the waiting login is set by this response, so its token is handed on.
    if result.session_token is None:
        response = await _render_step(request, wanted, kept_text, NO_PROBLEM, pending_token=result.pending_token)
    elif result.needs_factor or kept.owner != result.user_id:
        return await login_response(request, result)  # another person: what was typed is not theirs
    else:
        response = confirmation_page(request, kept, await next_path(request, result))
    set_login_cookies(request, response, result)
    return response


def _pending_token(request: Request) -> str | None:
    return request.cookies.get(PENDING_COOKIE)


async def _render_step(
    request: Request,
    wanted: str | None,
    kept: str | None,
    problem: FormProblem,
    *,
    by_recovery: bool = False,
    pending_token: str | None = None,
) -> Response:
    """Render the step of the waiting login, or lead to the login if it has expired."""
    runtime = requests.current_runtime(request)
    if isinstance(problem.error, Gone):
        return requests.see_other(LOGIN_EXPIRED_PATH)
    try:
        pending, factors = await second_factor.open_pending_login(
            runtime, pending_token or _pending_token(request)
        )
    except Gone:
        return requests.see_other(LOGIN_EXPIRED_PATH)
    options = None
    if factors.passkeys:
        options = login_options(runtime, PasskeyPurpose.SECOND_STEP, pending.id, tuple(factors.passkeys))
    query = f"?next={quote(wanted)}" if wanted else ""
    return requests.render_page(
        request,
        "staff/sign_in/second_step.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        next=wanted,
        kept=kept,
        factors=factors,
        passkey_options=options,
        by_recovery=by_recovery or not (factors.app or options),
        error=problem.errors.get("code"),
        page_url=f"{SECOND_STEP_PATH}{query}",
        **problem.context,
    )


routes = [
    Route(SECOND_STEP_PATH, show_second_step, methods=["GET"]),
    LimitedRoute(SECOND_STEP_PATH, submit_second_step, WriteLimit.LOGINS),
    LimitedRoute(f"{SECOND_STEP_PATH}/passkey", submit_second_passkey, WriteLimit.LOGINS),
]
