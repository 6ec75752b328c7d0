"""Login page of staff. The answer is the same for an unknown user and a wrong password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ...core.errors import FieldError, Invalid, RateLimited, Unauthenticated
from ...core.web import authentication, forms, requests
from ..actions import accounts
from ..domain.account import MAX_USERNAME_LENGTH, safe_return_path
from ..domain.device_label import device_label
from .sign_in.sign_in_choices import sign_in_choices
from .staff_session import current_user, home_path, home_path_by_token

CREDENTIALS = ("user", "password")


@dataclass(frozen=True, slots=True)
class LoginForm:
    """Values that the login page shows again; never the password."""

    user: str = ""
    next: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    refused: str | None = None


async def show_login(request: Request) -> Response:
    """`GET /staff/`: the login; people who are logged in are redirected."""
    wanted = safe_return_path(request.query_params.get("next"))
    if (principal := await current_user(request)) is not None:
        return requests.see_other(wanted or await home_path(request, principal))
    return _login_page(request, LoginForm(next=wanted))


async def redirect_to_slash(request: Request) -> Response:
    """`GET /staff`: redirect to `/staff/`."""
    return RedirectResponse("/staff/", 308)


async def submit_login(request: Request) -> Response:
    """`POST /staff/login`: log in. A wrong login shows the page again with the username.

    For a program, the problem names both fields, because either may be wrong.
    """
    sent = await forms.read_form(request)
    user, password = str(sent.get("user") or ""), str(sent.get("password") or "")
    filled = LoginForm(user=user[:MAX_USERNAME_LENGTH], next=safe_return_path(str(sent.get("next") or "")))
    if (missing := _missing_credentials(user, password)) is not None:
        if requests.should_answer_json(request):
            raise missing
        return _login_page(
            request, LoginForm(filled.user, filled.next, forms.field_error_texts(request, missing)), 422
        )
    try:
        token = await accounts.login(
            requests.current_runtime(request),
            filled.user,
            password,
            requests.client_address(request),
            previous=request.cookies.get(authentication.STAFF_COOKIE),
            device=device_label(request.headers.get("user-agent", "")),
        )
    except Unauthenticated as refused:
        if requests.should_answer_json(request):
            raise Invalid(*(FieldError(name, refused.code) for name in CREDENTIALS)) from None
        return _login_page(request, _refused_form(request, filled, refused.code), 422)
    except RateLimited as refused:
        if requests.should_answer_json(request):
            raise
        return _too_many_attempts_page(request, filled, refused)
    response = requests.see_other(filled.next or await home_path_by_token(request, token))
    # no max-age: on a shared computer the cookie ends with the browser, and the server expires the session
    requests.set_cookie(request, response, authentication.STAFF_COOKIE, token, max_age_s=None)
    return response


def _missing_credentials(user: str, password: str) -> Invalid | None:
    sent = dict(zip(CREDENTIALS, (user.strip(), password), strict=True))
    empty = [FieldError(name, "required") for name, value in sent.items() if not value]
    return Invalid(*empty) if empty else None


def _refused_form(request: Request, filled: LoginForm, code: str, **params: Any) -> LoginForm:
    return LoginForm(filled.user, filled.next, refused=requests.error_text(request, code, params or None))


def _too_many_attempts_page(request: Request, filled: LoginForm, refused: RateLimited) -> Response:
    minutes = -(-refused.retry_after_s // 60)
    form = _refused_form(request, filled, "too_many_logins", minutes=minutes)
    return _login_page(request, form, 429, {"Retry-After": str(refused.retry_after_s)})


def _login_page(
    request: Request, form: LoginForm, status_code: int = 200, headers: dict[str, str] | None = None
) -> Response:
    page_url = f"/staff/?{urlencode({'next': form.next})}" if form.next else "/staff/"
    return requests.render_page(
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
]
