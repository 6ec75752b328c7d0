"""State of the session for scripts, and the login over a page (`/staff/session`).

static/core/session/session_login.js calls these; the pages themselves need none of them.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import FieldError, Gone, Invalid, RateLimited, Refused, Unauthenticated
from ....core.tokens import random_token
from ....core.web import authentication, forms, requests
from ....core.web.form_page import SentForm, handle_form
from ....core.web.limited_route import LimitedRoute, WriteLimit
from ...actions import second_factor
from ...actions.federation.sign_in_setup import remote_user
from ...actions.own_account import load_own_session, peek_session
from ...actions.passkeys import PasskeyPurpose, login_options
from ...actions.second_factor import LoginResult
from .login_response import PENDING_COOKIE, login_browser, next_path, set_login_cookies

SESSION_PATH = "/staff/session"


async def show_session(request: Request) -> Response:
    """`GET /staff/session`: state of the session. Does not count as its use."""
    runtime = requests.current_runtime(request)
    # A question of a script must not keep an unattended session open.
    state = await peek_session(runtime, request.cookies.get(authentication.STAFF_COOKIE), remote_user(request))
    if state is None:
        return _ask_for_login(request)
    ends_in_s = max(0, int((state.ends_at - runtime.now()).total_seconds()))
    return requests.json_response(
        {"signed_in": True, "account": state.user_id, "ends_in_s": ends_in_s, "can_stay": state.can_stay}
    )


@handle_form
async def keep_session(request: Request, form: SentForm) -> Response:
    """`POST /staff/session/stay`: use the session, so that it does not end by idleness."""
    token = request.cookies.get(authentication.STAFF_COOKIE)
    await load_own_session(form.runtime, token, remote_user(request))
    return await show_session(request)


@handle_form
async def submit_session_login(request: Request, sent: SentForm) -> Response:
    """`POST /staff/session/login`: log in without leaving the page. Answers JSON.

    `step`: `password` (`user`, `password`), `code` (`code`), `recovery` (`code`), `passkey` or `second`
    (`credential`). The answer's `state` is `signed_in`, or `second` if the second factor is asked for.
    Raises Invalid for the fields, RateLimited.
    """
    step = sent.text("step") or "password"
    try:
        result = await _log_in(request, step, sent)
    except Unauthenticated as refused:
        code = "wrong_recovery_code" if step == "recovery" else refused.code
        raise Invalid(FieldError("password" if step == "password" else "code", code)) from None
    except RateLimited as refused:
        code = "too_many_logins" if step == "password" else "too_many_codes"
        minutes = -(-refused.retry_after_s // 60)
        raise RateLimited(code, retry_after_s=refused.retry_after_s, minutes=minutes) from None
    except Gone:  # the second step's time is over
        return requests.json_response({"state": "expired"})
    except Refused as refused:
        raise Invalid(FieldError("credential", refused.code)) from None
    return await _answer(request, result)


async def _log_in(request: Request, step: str, sent: SentForm) -> LoginResult:
    runtime, browser = requests.current_runtime(request), login_browser(request)
    pending = request.cookies.get(PENDING_COOKIE)
    match step:
        case "code":
            return await second_factor.finish_by_code(runtime, pending, sent.text("code"), browser)
        case "recovery":
            return await second_factor.finish_by_recovery_code(runtime, pending, sent.text("code"), browser)
        case "second":
            return await second_factor.finish_by_passkey(runtime, pending, sent.text("credential"), browser)
        case "passkey":
            device = requests.current_device(request) or ""
            return await second_factor.log_in_by_passkey(runtime, device, sent.text("credential"), browser)
    user, password = sent.text("user"), sent.text("password")
    if not password:
        raise Invalid(FieldError("password", "required"))
    return await second_factor.begin_login(runtime, user, password, browser)


async def _answer(request: Request, result: LoginResult) -> Response:
    runtime = requests.current_runtime(request)
    content: dict[str, Any]
    if result.session_token is None:
        pending, factors = await second_factor.open_pending_login(runtime, result.pending_token)
        passkeys = tuple(factors.passkeys)
        options = login_options(runtime, PasskeyPurpose.SECOND_STEP, pending.id, passkeys) if passkeys else None
        content = {"state": "second", "has_app": factors.app is not None, "passkey": options}
    else:
        content = {
            "state": "signed_in",
            "account": result.user_id,
            "restricted": result.needs_factor,
            "home": await next_path(request, result),
            "csrf": forms.csrf_token(request),
        }
    response = requests.json_response(content)
    set_login_cookies(request, response, result)
    return response


def _ask_for_login(request: Request) -> Response:
    """Answer with the token of the dialog's form and a challenge for a passkey."""
    known = requests.current_device(request)
    request.state.device = known or random_token()
    options = login_options(requests.current_runtime(request), PasskeyPurpose.LOGIN, request.state.device)
    response = requests.json_response({"signed_in": False, "csrf": forms.csrf_token(request), "passkey": options})
    if known is None:
        max_age_s = requests.DEVICE_COOKIE_MAX_AGE_S
        requests.set_cookie(request, response, requests.DEVICE_COOKIE, request.state.device, max_age_s=max_age_s)
    return response


routes = [
    Route(SESSION_PATH, show_session, methods=["GET"]),
    Route(f"{SESSION_PATH}/stay", keep_session, methods=["POST"]),
    LimitedRoute(f"{SESSION_PATH}/login", submit_session_login, WriteLimit.LOGINS),
]
