"""Sign-in by the identity provider: the way there, the answer, and its notices of logout.

The state of a login is an encrypted cookie of the browser that began it, so any web process can serve the answer,
and the answer to another browser is worth nothing. The provider's redirect is a navigation by GET, with which
browsers send a `SameSite=Lax` cookie.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import NotFound, Refused
from ....core.i18n.catalogues import N_
from ....core.secret_box import NotSealed, SecretBox
from ....core.tokens import hash_token
from ....core.web import authentication, requests
from ...actions.federation import external_accounts, session_checks
from ...actions.federation.provider_values import (
    CALLBACK_PATH,
    InvalidAnswer,
    ProviderAway,
    ProviderRefused,
    ProviderTokens,
)
from ...actions.federation.sign_in_setup import sign_in_setup
from ...domain.account import safe_return_path
from ...domain.device_label import device_label
from ...storage import provider_rows
from ..staff_session import home_path_by_token

if TYPE_CHECKING:
    from ...actions.federation.identity_provider import IdentityProvider

logger = logging.getLogger(__name__)

LOGIN_PATH = "/staff/oidc/login"
LOGOUT_NOTICE_PATH = "/staff/oidc/backchannel-logout"
STATE_COOKIE = "office360_oidc"
STATE_COOKIE_PATH = "/staff/oidc"
# A person finds a password and a second factor in this time.
STATE_LIFETIME = timedelta(minutes=10)
SECRET_BYTES = 32
MAX_LOGOUT_TOKEN = 16_384  # characters


@dataclass(frozen=True, slots=True)
class SignInProblem:
    """Page of a sign-in that did not work. `%(name)s` in the texts is the provider."""

    status: HTTPStatus
    title: str
    text: str
    can_repeat: bool = True
    as_other: bool = False  # repeating lets the person choose another account of the provider


PROBLEMS: Mapping[str, SignInProblem] = {
    "stale": SignInProblem(
        HTTPStatus.BAD_REQUEST,
        N_("This sign-in is over"),
        N_("It took too long, was used already, or began in another window. Start again."),
    ),
    "denied": SignInProblem(
        HTTPStatus.FORBIDDEN,
        N_("%(name)s did not let you in"),
        N_("You may have cancelled. Try again, or ask those who run %(name)s."),
        as_other=True,
    ),
    "invalid": SignInProblem(
        HTTPStatus.BAD_GATEWAY,
        N_("The answer of %(name)s could not be checked"),
        N_("Nobody was signed in. Try again. If it happens again, tell those who run this site."),
    ),
    "away": SignInProblem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        N_("%(name)s does not answer"),
        N_("Try again in a moment. Open sessions go on working meanwhile."),
    ),
    "no_group": SignInProblem(
        HTTPStatus.FORBIDDEN,
        N_("Your account has no access here yet"),
        N_("%(name)s knows you, but none of your groups has a role in the offices. Ask an administrator."),
        as_other=True,
    ),
    "link_needed": SignInProblem(
        HTTPStatus.CONFLICT,
        N_("There is already an account with your user"),
        N_("It has a password of its own. Ask the person who manages your office to connect both, and try again."),
        as_other=True,
    ),
    "own_account_disabled": SignInProblem(
        HTTPStatus.FORBIDDEN,
        N_("Your account is disabled"),
        N_("The person who manages your office can enable it."),
        as_other=True,
    ),
}


# Login


async def begin_login(request: Request) -> Response:
    """`GET /staff/oidc/login`: send the browser to the provider.

    `again` in the query: the person chooses another account there.
    """
    provider = _require_provider(request)
    next_path = safe_return_path(request.query_params.get("next"))
    runtime = requests.current_runtime(request)
    # `state` proves that this browser began the login, `nonce` that the token belongs to it, and `verifier` (PKCE)
    # makes a stolen code useless.
    state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
    prompt = "login" if "again" in request.query_params else None
    try:
        url = await provider.authorization_url(state=state, nonce=nonce, verifier=verifier, prompt=prompt)
    except (ProviderAway, InvalidAnswer) as error:
        return _failed_page(request, error, next_path)
    sealed = _state_box(request).seal(
        "login",
        {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "next": next_path,
            "until": (runtime.now() + STATE_LIFETIME).isoformat(),
        },
    )
    response = requests.see_other(url)
    response.headers["cache-control"] = "no-store"
    response.set_cookie(
        STATE_COOKIE,
        sealed,
        max_age=int(STATE_LIFETIME.total_seconds()),
        path=STATE_COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=runtime.public_url.startswith("https:"),
    )
    return response


async def finish_login(request: Request) -> Response:
    """`GET /staff/oidc/callback`: the provider's answer. Starts a session, or says why not."""
    provider = _require_provider(request)
    query = request.query_params
    begun = _read_state(request, query.get("state", ""))
    if begun is None:
        return _problem_page(request, "stale", None)
    next_path = safe_return_path(begun["next"])
    try:
        # Another provider may have answered (mix-up attack, RFC 9207).
        await provider.check_issuer(query.get("iss"))
        if "error" in query:
            logger.info("login_refused_by_provider", extra={"reason": query["error"][:60]})
            return _problem_page(request, "denied", next_path)
        code = query.get("code", "")
        if not code:
            return _problem_page(request, "stale", next_path)
        verified = await provider.finish_login(
            code=code,
            verifier=begun["verifier"],
            nonce=begun["nonce"],
            now=requests.current_runtime(request).now(),
        )
        token = await external_accounts.log_in_by_provider(
            requests.current_runtime(request),
            provider.settings,
            verified,
            previous=request.cookies.get(authentication.STAFF_COOKIE),
            device=device_label(request.headers.get("user-agent", "")),
        )
    except Refused as refused:
        return _problem_page(request, refused.code, next_path)
    except (ProviderAway, ProviderRefused, InvalidAnswer) as error:
        return _failed_page(request, error, next_path)
    response = requests.see_other(next_path or await home_path_by_token(request, token))
    requests.set_cookie(request, response, authentication.STAFF_COOKIE, token, max_age_s=None)
    return _without_state(response)


def _read_state(request: Request, state: str) -> Mapping[str, Any] | None:
    """Return what the login began with; None unless this browser began it a short time ago."""
    try:
        begun = _state_box(request).open("login", request.cookies.get(STATE_COOKIE, ""))
    except NotSealed:
        return None
    # Compared in constant time: the state is a secret of this login.
    is_late = requests.current_runtime(request).now() >= datetime.fromisoformat(begun["until"])
    return begun if not is_late and hmac.compare_digest(begun["state"].encode(), state.encode()) else None


def _state_box(request: Request) -> SecretBox:
    return SecretBox(requests.current_runtime(request).tokens, "oidc login")


def _without_state(response: Response) -> Response:
    """Delete the state: an answer counts once."""
    response.delete_cookie(STATE_COOKIE, path=STATE_COOKIE_PATH, httponly=True, samesite="lax")
    return response


def _failed_page(request: Request, error: Exception, next_path: str | None) -> Response:
    kind = {ProviderAway: "away", ProviderRefused: "stale"}.get(type(error), "invalid")
    logger.warning("login_failed", extra={"reason": kind, "detail": str(error)})
    return _problem_page(request, kind, next_path)


def _problem_page(request: Request, kind: str, next_path: str | None) -> Response:
    problem, setup = PROBLEMS[kind], sign_in_setup(request)
    query = [f"next={quote(next_path)}"] if next_path else []
    if problem.as_other:
        query.append("again=1")
    response = requests.render_page(
        request,
        "staff/sign_in_problem.html",
        status_code=problem.status,
        headers={"Cache-Control": "no-store"},
        problem=problem,
        provider=setup.provider_name,
        repeat_path=LOGIN_PATH + (f"?{'&'.join(query)}" if query else ""),
        login_path="/staff/" if setup.has_local_form else "/staff/?local=1",
        page_url="/staff/",
    )
    return _without_state(response)


# Logout


async def leaving_page(request: Request, token: str) -> Response | None:
    """Return a page that also ends the session at the provider; None for other sessions.

    A page, not a redirect: browsers do not let a form lead to another site. Call it before the session ends.
    """
    provider = sign_in_setup(request).provider
    if provider is None:
        return None
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        found = await provider_rows.tokens_by_session_token(session, hash_token(token))
    if found is None:
        return None
    try:
        opened = external_accounts.token_box(runtime).open(found.session_id, found.tokens)
        url = await provider.logout_url(ProviderTokens.from_json(opened).id_token)
    except (NotSealed, ProviderAway, InvalidAnswer):
        return None
    if url is None:
        return None
    return requests.render_page(
        request,
        "staff/leaving.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        logout_url=url,
        provider=provider.settings.name,
        page_url="/staff/",
    )


async def receive_logout_notice(request: Request) -> Response:
    """`POST /staff/oidc/backchannel-logout`: end the sessions that a logout token names.

    The provider calls it, without cookies: only the token's signature counts (Back-Channel Logout 1.0, 2.7).
    """
    provider = _require_provider(request)
    async with request.form(max_files=0, max_fields=10) as form:
        token = str(form.get("logout_token") or "")
    runtime = requests.current_runtime(request)
    try:
        if not token or len(token) > MAX_LOGOUT_TOKEN:
            raise InvalidAnswer("no token")
        notice = await provider.verify_logout_token(token, runtime.now())
    except InvalidAnswer as error:
        logger.warning("logout_notice_refused", extra={"reason": str(error)})
        return requests.json_response({"error": "invalid_request"}, 400)
    except ProviderAway:
        return requests.json_response({"error": "temporarily_unavailable"}, 503)
    ended = await session_checks.log_out_by_notice(runtime, provider.settings, notice)
    logger.info("logout_notice", extra={"sessions": ended})
    return requests.json_response({})


def _require_provider(request: Request) -> IdentityProvider:
    """Return the provider. Raises NotFound if none is set up."""
    provider = sign_in_setup(request).provider
    if provider is None:
        raise NotFound
    return provider


routes = [
    Route(LOGIN_PATH, begin_login, methods=["GET"]),
    Route(CALLBACK_PATH, finish_login, methods=["GET"]),
    Route(LOGOUT_NOTICE_PATH, receive_logout_notice, methods=["POST"]),
]
