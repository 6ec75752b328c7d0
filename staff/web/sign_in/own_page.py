"""Frame of the pages of the own account: session, and proof that changes need."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ....core.errors import MovedTo
from ....core.web import authentication, requests
from ....offices.service import all_offices
from ...actions.federation.sign_in_setup import remote_user
from ...actions.own_account import OwnSession, load_own_session
from ..staff_session import ACCOUNT_PATH, home_path

PROOF_PATH = ACCOUNT_PATH + "/proof"


async def require_own_session(request: Request) -> OwnSession:
    """Return the session, also if it needs a factor first. Raises MovedTo the login."""
    runtime = requests.current_runtime(request)
    token = request.cookies.get(authentication.STAFF_COOKIE)
    own = await load_own_session(runtime, token, remote_user(request))
    if own is None or "authorization" in request.headers:
        raise MovedTo(f"/staff/?next={quote(ACCOUNT_PATH)}")
    request.state.signed_in = None if own.needs_factor else own.principal
    return own


async def require_proved_session(request: Request) -> OwnSession:
    """Return the session after a recent proof. Raises MovedTo the page that asks for a proof."""
    own = await require_own_session(request)
    if not own.is_proved(requests.current_runtime(request).now()):
        raise MovedTo(f"{PROOF_PATH}?next={quote(request.url.path)}")
    return own


async def render_own_page(
    request: Request,
    template: str,
    own: OwnSession,
    *,
    status_code: int = 200,
    **context: Any,
) -> Response:
    """Render a page of the own account. No cache may keep it: some show secrets once."""
    async with requests.current_runtime(request).read_session() as session:
        offices = await all_offices(session)
    return requests.render_page(
        request,
        template,
        status_code=status_code,
        headers=requests.PRIVATE_PAGE_HEADERS,
        own=own,
        person=own.principal.name,
        home=ACCOUNT_PATH if own.needs_factor else await home_path(request, own.principal),
        zone=offices[0].timezone if offices else None,
        **context,
    )
