"""Sign-in of the person whom a trusted proxy names, by a button of the login page.

A button, not a redirect: a login that fails cannot loop, and logging out stays possible.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ....core.errors import NotFound, Refused
from ....core.web import authentication, requests
from ....core.web.form_page import read_form
from ....core.web.limited_route import LimitedRoute, WriteLimit
from ...actions import accounts
from ...actions.federation.proxy_login import log_in_by_proxy
from ...actions.federation.sign_in_setup import remote_user, sign_in_setup
from ...domain.account import safe_return_path
from ...domain.device_label import device_label
from ..staff_session import DESK_PATH, home_path

PROXY_LOGIN_PATH = "/staff/proxy-login"


async def submit_proxy_login(request: Request) -> Response:
    """`POST /staff/proxy-login`: start a session for the proxy's person."""
    if not sign_in_setup(request).remote_user_header:
        raise NotFound
    form, name = await read_form(request), remote_user(request)
    with form.catch(Refused, refused_status=403) as problem:
        if name is None:
            raise Refused("no_remote_user")
        token = await log_in_by_proxy(
            form.runtime,
            name,
            previous=request.cookies.get(authentication.STAFF_COOKIE),
            device=device_label(request.headers.get("user-agent", "")),
        )
        principal = await accounts.authenticate(form.runtime, cookie=token, bearer=None, remote_user=name)
        home = DESK_PATH if principal is None else await home_path(request, principal)
        response = requests.see_other(safe_return_path(form.text("next")) or home)
        requests.set_cookie(request, response, authentication.STAFF_COOKIE, token, max_age_s=None)
        return response
    return requests.render_page(request, "staff/proxy_refused.html", page_url="/staff/", **problem.context)


routes = [LimitedRoute(PROXY_LOGIN_PATH, submit_proxy_login, WriteLimit.LOGINS)]
