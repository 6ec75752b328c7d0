"""Browser of a login, and the response that ends it: cookies and next page."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ....core.web import authentication, requests
from ...actions.second_factor import LoginBrowser, LoginResult
from ...domain.device_label import device_label
from ...domain.known_devices import remember_device
from ...domain.second_factor import PENDING_LOGIN_LIFETIME
from ..staff_session import ACCOUNT_PATH, home_path_by_token

SECOND_STEP_PATH = "/staff/login/second"
PENDING_COOKIE = "office360_login"
KNOWN_DEVICE_COOKIE = "office360_known"
STAFF_PATH = "/staff"  # both cookies are sent to pages of staff only


def login_browser(request: Request) -> LoginBrowser:
    """Return the browser that sent a login."""
    return LoginBrowser(
        address=requests.client_address(request),
        device_cookie=request.cookies.get(KNOWN_DEVICE_COOKIE),
        previous=request.cookies.get(authentication.STAFF_COOKIE),
        label=device_label(request.headers.get("user-agent", "")),
    )


async def login_response(request: Request, result: LoginResult, wanted: str | None = None) -> Response:
    """Redirect to `wanted` or the start page, or to the second step."""
    if result.session_token is None:
        query = f"?next={quote(wanted)}" if wanted else ""
        response = requests.see_other(f"{SECOND_STEP_PATH}{query}")
    else:
        response = requests.see_other(wanted or await next_path(request, result))
        if result.needs_factor:
            response = requests.see_other(ACCOUNT_PATH)
    set_login_cookies(request, response, result)
    return response


async def next_path(request: Request, result: LoginResult) -> str:
    """Return the page on which a person starts who has just logged in."""
    if result.needs_factor or result.session_token is None:
        return ACCOUNT_PATH
    return await home_path_by_token(request, result.session_token)


def set_login_cookies(request: Request, response: Response, result: LoginResult) -> None:
    """Set the cookie of the session and of the known device, or of the login that waits."""
    runtime = requests.current_runtime(request)
    secure = runtime.public_url.startswith("https:")
    if result.session_token is None:
        response.set_cookie(
            PENDING_COOKIE,
            result.pending_token or "",
            max_age=int(PENDING_LOGIN_LIFETIME.total_seconds()),
            path=STAFF_PATH,
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        return
    # no max-age: on a shared computer the cookie ends with the browser, and the server expires the session
    requests.set_cookie(request, response, authentication.STAFF_COOKIE, result.session_token, max_age_s=None)
    response.set_cookie(
        KNOWN_DEVICE_COOKIE,
        remember_device(runtime.tokens, request.cookies.get(KNOWN_DEVICE_COOKIE), result.user_id),
        max_age=requests.DEVICE_COOKIE_MAX_AGE_S,
        path=STAFF_PATH,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    # The first step is over, and its token opens nothing more.
    if PENDING_COOKIE in request.cookies:
        response.delete_cookie(PENDING_COOKIE, path=STAFF_PATH, httponly=True, samesite="lax")
