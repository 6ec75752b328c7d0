"""Login page of staff. The answer is the same for an unknown user and a wrong password."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ...core.errors import FieldError, Invalid, Office360Error, RateLimited, Refused, Unauthenticated
from ...core.web import forms, requests
from ..actions.second_factor import begin_login, log_in_by_passkey
from ..domain.account import MAX_USERNAME_LENGTH, safe_return_path
from .sign_in.kept_form import login_for_form
from .sign_in.login_response import login_browser
from .sign_in.second_step_page import has_session_without_factor, kept_or_next_page, render_with_passkey
from .sign_in.sign_in_choices import sign_in_choices
from .staff_session import ACCOUNT_PATH, current_user, home_path

CREDENTIALS = ("user", "password")


@dataclass(frozen=True, slots=True)
class LoginForm:
    """Values that the login page shows again; never the password."""

    user: str = ""
    next: str | None = None
    kept: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    refused: str | None = None


async def show_login(request: Request) -> Response:
    """`GET /staff/`: the login; people who are logged in are redirected."""
    wanted = safe_return_path(request.query_params.get("next"))
    if (principal := await current_user(request)) is not None:
        return requests.see_other(wanted or await home_path(request, principal))
    if await has_session_without_factor(request):
        return requests.see_other(ACCOUNT_PATH)
    form = LoginForm(next=wanted)
    return _login_page(request, _refused_form(request, form, "login_expired") if _is_expired(request) else form)


async def redirect_to_slash(request: Request) -> Response:
    """`GET /staff`: redirect to `/staff/`."""
    return RedirectResponse("/staff/", 308)


async def submit_login(request: Request) -> Response:
    """`POST /staff/login`: log in. A wrong login shows the page again with the username.

    For a program, the problem names both fields, because either may be wrong.
    """
    sent = await forms.read_form(request)
    user, password = str(sent.get("user") or ""), str(sent.get("password") or "")
    filled = LoginForm(
        user=user[:MAX_USERNAME_LENGTH],
        next=safe_return_path(str(sent.get("next") or "")),
        kept=str(sent.get("kept") or "") or None,
    )
    if (missing := _missing_credentials(user, password)) is not None:
        if requests.should_answer_json(request):
            raise missing
        return _login_page(request, replace(filled, errors=forms.field_error_texts(request, missing)), 422)
    try:
        result = await begin_login(
            requests.current_runtime(request), filled.user, password, login_browser(request)
        )
    except Unauthenticated as refused:
        if requests.should_answer_json(request):
            raise Invalid(*(FieldError(name, refused.code) for name in CREDENTIALS)) from None
        return _login_page(request, _refused_form(request, filled, refused.code), 422)
    except RateLimited as refused:
        if requests.should_answer_json(request):
            raise
        return _too_many_attempts_page(request, filled, refused)
    return await kept_or_next_page(request, result, filled.next, filled.kept)


async def submit_passkey_login(request: Request) -> Response:
    """`POST /staff/login/passkey`: log in by a passkey alone."""
    sent = await forms.read_form(request)
    form = LoginForm(next=safe_return_path(str(sent.get("next") or "")), kept=str(sent.get("kept") or "") or None)
    runtime, device = requests.current_runtime(request), requests.current_device(request) or ""
    try:
        result = await log_in_by_passkey(
            runtime, device, str(sent.get("credential") or ""), login_browser(request)
        )
    except Refused as refused:
        return _login_page(request, _refused_form(request, form, refused.code), 422)
    return await kept_or_next_page(request, result, form.next, form.kept)


def _is_expired(request: Request) -> bool:
    """Whether the second step led back here, because its time was over."""
    return "expired" in request.query_params


async def show_login_for_form(request: Request, error: Office360Error) -> Response | None:
    """Show the login for a form whose session has ended; None for another request."""
    found = await login_for_form(request, error)
    if not isinstance(found, tuple):
        return found
    return _login_page(request, LoginForm(user=found[1], kept=found[0]), 401)


def _missing_credentials(user: str, password: str) -> Invalid | None:
    sent = dict(zip(CREDENTIALS, (user.strip(), password), strict=True))
    empty = [FieldError(name, "required") for name, value in sent.items() if not value]
    return Invalid(*empty) if empty else None


def _refused_form(request: Request, filled: LoginForm, code: str, **params: Any) -> LoginForm:
    return replace(filled, refused=requests.error_text(request, code, params or None))


def _too_many_attempts_page(request: Request, filled: LoginForm, refused: RateLimited) -> Response:
    minutes = -(-refused.retry_after_s // 60)
    form = _refused_form(request, filled, "too_many_logins", minutes=minutes)
    return _login_page(request, form, 429, {"Retry-After": str(refused.retry_after_s)})


def _login_page(
    request: Request, form: LoginForm, status_code: int = 200, headers: dict[str, str] | None = None
) -> Response:
    page_url = f"/staff/?{urlencode({'next': form.next})}" if form.next else "/staff/"
    return render_with_passkey(
        request,
        "staff/login.html",
        status_code=status_code,
        headers=headers,
        form=form,
        page_url=page_url,
        **sign_in_choices(request),
    )


routes = [
    Route("/staff", redirect_to_slash),
    Route("/staff/", show_login),
    Route("/staff/login", submit_login, methods=["POST"]),
    Route("/staff/login/passkey", submit_passkey_login, methods=["POST"]),
]
