"""Page of a link that sets a password once, `/staff/link/{token}`. GET changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Gone, Invalid
from ...core.i18n.catalogues import N_
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ..actions import account_links
from ..domain.account import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from ..domain.people import AccountLink, LinkPurpose, LinkState
from .sign_in.login_response import login_browser, login_response

LINK_ROUTE = account_links.LINK_PATH + "/{token}"
# The state of a link that does not work, and what to do. A person with a valid link sees the form.
OVER_TEXTS: Mapping[str, tuple[str, str]] = {
    LinkState.USED: (
        N_("This link has been used"),
        N_("It works once. Sign in with the password that you chose. Wasn't it you? Tell your manager now."),
    ),
    LinkState.REPLACED: (
        N_("There is a newer link"),
        N_("Open the link of the newest e-mail. If you cannot find it, ask your manager for another one."),
    ),
    LinkState.EXPIRED: (
        N_("This link has expired"),
        N_("Ask the person who manages your office for a new one. It takes them a minute."),
    ),
    LinkState.DISABLED: (
        N_("This account is disabled"),
        N_("Ask the person who manages your office whether it should be enabled again."),
    ),
}


async def show_account_link(request: Request) -> Response:
    """`GET /staff/link/{token}`: the form, or why the link no longer works."""
    link, state = await account_links.open_link(
        requests.current_runtime(request), request.path_params["token"], requests.client_address(request)
    )
    return _form_page(request, link) if state is LinkState.VALID else _over_page(request, state)


@handle_form
async def submit_account_link(request: Request, form: SentForm) -> Response:
    """`POST /staff/link/{token}`: set the password, and log the person in."""
    token = request.path_params["token"]
    with form.catch(Invalid, Gone) as problem:
        result = await account_links.set_password_by_link(
            form.runtime, token, form.text("password"), login_browser(request)
        )
        return await login_response(request, result)
    if problem.code is not None:
        return _over_page(request, problem.code)
    link, _ = await account_links.open_link(form.runtime, token, requests.client_address(request))
    return _form_page(request, link, problem)


def _form_page(request: Request, link: AccountLink, problem: FormProblem = NO_PROBLEM) -> Response:
    return requests.render_page(
        request,
        "staff/account_link.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        person=link.person,
        is_invitation=link.purpose is LinkPurpose.INVITATION,
        shortest=MIN_PASSWORD_LENGTH,
        longest=MAX_PASSWORD_LENGTH,
        **problem.context,
    )


def _over_page(request: Request, state: str) -> Response:
    title, text = OVER_TEXTS[state]
    return requests.render_page(
        request,
        "staff/account_link_over.html",
        status_code=410,
        headers=requests.PRIVATE_PAGE_HEADERS,
        title=title,
        text=text,
    )


routes = [
    Route(LINK_ROUTE, show_account_link, methods=["GET"]),
    LimitedRoute(LINK_ROUTE, submit_account_link, WriteLimit.LOGINS),
]
