"""Own account of a person of the staff, `/staff/account`: password, factors, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import Invalid, RateLimited
from ....core.i18n.catalogues import N_
from ....core.web import forms, requests
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
    """`GET /staff/account`."""
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
    own = await require_own_session(request)
    return await _render_password(request, own, {})


async def submit_password(request: Request) -> Response:
    """`POST /staff/account/password`: change the password, which asks for the old one."""
    own = await require_own_session(request)
    sent = await forms.read_form(request)
    try:
        await own_account.change_own_password(
            requests.current_runtime(request),
            own,
            str(sent.get("old") or ""),
            str(sent.get("new") or ""),
            login_browser(request),
        )
    except Invalid as invalid:
        return await _render_password(request, own, forms.field_error_texts(request, invalid), 422)
    except RateLimited as refused:
        return await _render_password(request, own, {"old": too_many_text(request, refused)}, 429)
    return requests.see_other(f"{ACCOUNT_PATH}?done=password")


async def submit_session_end(request: Request) -> Response:
    """`POST /staff/account/sessions/end`: end one session, or all others."""
    own = await require_own_session(request)
    session_id = str((await forms.read_form(request)).get("session") or "") or None
    await own_account.end_own_sessions(requests.current_runtime(request), own, session_id)
    return requests.see_other(f"{ACCOUNT_PATH}?done={'ended' if session_id else 'ended_all'}")


def too_many_text(request: Request, refused: RateLimited, code: str = "too_many_logins") -> str:
    """Return the text of a refused guess with the minutes of its wait."""
    return requests.error_text(request, code, {"minutes": -(-refused.retry_after_s // 60)})


async def _render_password(
    request: Request, own: OwnSession, errors: Mapping[str, str], status_code: int = 200, **context: Any
) -> Response:
    return await render_own_page(
        request,
        "staff/sign_in/password.html",
        own,
        status_code=status_code,
        errors=errors,
        shortest=MIN_PASSWORD_LENGTH,
        longest=MAX_PASSWORD_LENGTH,
        **context,
    )


routes = [
    Route(ACCOUNT_PATH, show_account, methods=["GET"]),
    Route(PASSWORD_PATH, show_password, methods=["GET"]),
    Route(PASSWORD_PATH, submit_password, methods=["POST"]),
    Route(SESSIONS_PATH, submit_session_end, methods=["POST"]),
]
