"""Own account of a person of the staff, `/staff/account`: password, factors, sessions."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import Invalid, RateLimited
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ...actions import own_account
from ...actions.own_account import OwnSession
from ...actions.passkeys import passkey_site
from ...domain.account import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from ..staff_session import ACCOUNT_PATH
from .login_response import login_browser
from .own_page import render_own_page, require_own_session

PASSWORD_PATH = ACCOUNT_PATH + "/password"
SESSIONS_PATH = ACCOUNT_PATH + "/sessions/end"
# What the page says after a change, by the parameter of its address.
DONE_TEXTS: Mapping[str, str] = {
    "password": N_("Your password is changed. Your other sessions have ended."),
    "passkey_added": N_("The passkey is added. From now on you can sign in with it."),
    "passkey_removed": N_("The passkey is removed."),
    "app_added": N_("The authenticator app is connected. We ask for its code when you sign in."),
    "app_removed": N_("The authenticator app is removed."),
    "ended": N_("The session has ended."),
    "ended_all": N_("Your other sessions have ended."),
}


async def show_account(request: Request) -> Response:
    own = await require_own_session(request)
    runtime = requests.current_runtime(request)
    return await render_own_page(
        request,
        "staff/sign_in/account.html",
        own,
        account=await own_account.load_own_account(runtime, own),
        has_passkeys=passkey_site(runtime) is not None,
        done=DONE_TEXTS.get(request.query_params.get("done", "")),
    )


async def show_password(request: Request) -> Response:
    """`GET /staff/account/password`: the form for a new password."""
    return await _render_password(request, await require_own_session(request), NO_PROBLEM)


@handle_form_for(require_own_session)
async def submit_password(request: Request, form: SentForm, own: OwnSession) -> Response:
    """`POST /staff/account/password`: change the password, which asks for the old password."""
    with form.catch(Invalid, RateLimited, refused_field="old", limit_code="too_many_logins") as problem:
        await own_account.change_own_password(
            form.runtime, own, form.text("old"), form.text("new"), login_browser(request)
        )
        return requests.see_other(f"{ACCOUNT_PATH}?done=password")
    return await _render_password(request, own, problem)


@handle_form_for(require_own_session)
async def submit_session_end(request: Request, form: SentForm, own: OwnSession) -> Response:
    """`POST /staff/account/sessions/end`: end a session, or all others."""
    session_id = form.text("session") or None
    await own_account.end_own_sessions(form.runtime, own, session_id)
    return requests.see_other(f"{ACCOUNT_PATH}?done={'ended' if session_id else 'ended_all'}")


async def _render_password(request: Request, own: OwnSession, problem: FormProblem) -> Response:
    return await render_own_page(
        request,
        "staff/sign_in/password.html",
        own,
        shortest=MIN_PASSWORD_LENGTH,
        longest=MAX_PASSWORD_LENGTH,
        **problem.context,
    )


routes = [
    Route(ACCOUNT_PATH, show_account, methods=["GET"]),
    Route(PASSWORD_PATH, show_password, methods=["GET"]),
    Route(PASSWORD_PATH, submit_password, methods=["POST"]),
    Route(SESSIONS_PATH, submit_session_end, methods=["POST"]),
]
