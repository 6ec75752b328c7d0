"""Login page of staff. The answer is the same for an unknown user and a wrong password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ...core.errors import FieldError, Invalid, Office360Error, RateLimited, Refused, Unauthenticated
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ...core.web.limited_route import LimitedRoute, WriteLimit
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

    @classmethod
    def from_form(cls, form: SentForm) -> LoginForm:
        user = form.text("user")[:MAX_USERNAME_LENGTH]
        return cls(user, safe_return_path(form.text("next")), form.text("kept") or None)


async def show_login(request: Request) -> Response:
    """`GET /staff/`: the login; people who are logged in are redirected."""
    wanted = safe_return_path(request.query_params.get("next"))
    if (principal := await current_user(request)) is not None:
        return requests.see_other(wanted or await home_path(request, principal))
    if await has_session_without_factor(request):
        return requests.see_other(ACCOUNT_PATH)
    # The second step led back here, because its time was over.
    refused = requests.error_text(request, "login_expired") if "expired" in request.query_params else None
    return _login_page(request, LoginForm(next=wanted), refused=refused)


async def redirect_to_slash(request: Request) -> Response:
    """`GET /staff`: redirect to `/staff/`."""
    return RedirectResponse("/staff/", 308)


@handle_form
async def submit_login(request: Request, form: SentForm) -> Response:
    """`POST /staff/login`: log in. A wrong login shows the page again with the username.

    For a program, the problem names both fields, because either may be wrong.
    """
    filled, password = LoginForm.from_form(form), form.text("password")
    with form.catch(
        Invalid, Unauthenticated, RateLimited, refused_status=422, limit_code="too_many_logins"
    ) as problem:
        _require_credentials(form.text("user"), password)
        result = await begin_login(form.runtime, filled.user, password, login_browser(request))
        return await kept_or_next_page(request, result, filled.next, filled.kept)
    if problem.error is not None and requests.should_answer_json(request):
        # Not only the wrong field: that would tell which users exist.
        if isinstance(problem.error, Unauthenticated):
            raise Invalid(*(FieldError(name, problem.error.code) for name in CREDENTIALS))
        raise problem.error
    return _login_page(request, filled, problem)


@handle_form
async def submit_passkey_login(request: Request, form: SentForm) -> Response:
    """`POST /staff/login/passkey`: log in by a passkey alone."""
    filled, device = LoginForm.from_form(form), requests.current_device(request) or ""
    with form.catch(Refused, refused_status=422) as problem:
        result = await log_in_by_passkey(form.runtime, device, form.text("credential"), login_browser(request))
        return await kept_or_next_page(request, result, filled.next, filled.kept)
    return _login_page(request, filled, problem)


async def show_login_for_form(request: Request, error: Office360Error) -> Response | None:
    """Show the login for a form whose session has ended; None for another request."""
    found = await login_for_form(request, error)
    if not isinstance(found, tuple):
        return found
    return _login_page(request, LoginForm(user=found[1], kept=found[0]), status_code=401)


def _require_credentials(user: str, password: str) -> None:
    sent = dict(zip(CREDENTIALS, (user.strip(), password), strict=True))
    if empty := [FieldError(name, "required") for name, value in sent.items() if not value]:
        raise Invalid(*empty)


def _login_page(request: Request, form: LoginForm, problem: FormProblem = NO_PROBLEM, **context: Any) -> Response:
    wait_s = problem.error.retry_after_s if isinstance(problem.error, RateLimited) else None
    return render_with_passkey(
        request,
        "staff/login.html",
        headers={"Retry-After": str(wait_s)} if wait_s is not None else None,
        form=form,
        page_url=f"/staff/?{urlencode({'next': form.next})}" if form.next else "/staff/",
        **sign_in_choices(request),
        **problem.context | context,
    )


routes = [
    Route("/staff", redirect_to_slash),
    Route("/staff/", show_login),
    LimitedRoute("/staff/login", submit_login, WriteLimit.LOGINS),
    LimitedRoute("/staff/login/passkey", submit_passkey_login, WriteLimit.LOGINS),
]
