"""Page of a link that sets a password once, `/staff/link/{token}`. GET changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Gone, Invalid
from ...core.i18n.catalogues import N_
from ...core.web import forms, requests
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
    return _form_page(request, link, {}) if state is LinkState.VALID else _over_page(request, state)


async def submit_account_link(request: Request) -> Response:
    """`POST /staff/link/{token}`: set the password, and log the person in."""
    runtime, token = requests.current_runtime(request), request.path_params["token"]
    address = requests.client_address(request)
    password = str((await forms.read_form(request)).get("password") or "")
    try:
        result = await account_links.set_password_by_link(runtime, token, password, login_browser(request))
    except Gone as over:
        return _over_page(request, over.code)
    except Invalid as invalid:
        link, _ = await account_links.open_link(runtime, token, address)
        return _form_page(request, link, forms.field_error_texts(request, invalid), 422)
    return await login_response(request, result)


def _form_page(request: Request, link: AccountLink, errors: Mapping[str, str], status_code: int = 200) -> Response:
    return requests.render_page(
        request,
        "staff/account_link.html",
        status_code=status_code,
        headers=requests.PRIVATE_PAGE_HEADERS,
        person=link.person,
        is_invitation=link.purpose is LinkPurpose.INVITATION,
        errors=errors,
        shortest=MIN_PASSWORD_LENGTH,
        longest=MAX_PASSWORD_LENGTH,
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
    Route(LINK_ROUTE, submit_account_link, methods=["POST"]),
]
