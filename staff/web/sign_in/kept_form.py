"""Form that arrives after its session ended, and that the login keeps.

Works without scripts. static/core/session/session_login.js asks for the login before such a form is sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from ....core.errors import Malformed, MovedTo, NotAllowed, Office360Error, Unauthenticated
from ....core.runtime import Runtime
from ....core.tokens import hash_token
from ....core.web import authentication, requests
from ....core.web.form_page import read_form
from ...actions.federation.sign_in_setup import remote_user
from ...actions.own_account import load_own_session
from ...storage import staff_rows
from ..staff_session import ACCOUNT_PATH

KEPT_PURPOSE = "kept form"  # of TokenSigner.encrypt
KEPT_LIFETIME_S = 3600
# A longer form cannot be sent back within MAX_BODY_BYTES with the login.
MAX_KEPT_BYTES = 64 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
# Fields that are never written into a page.
SECRET_WORDS = ("password", "code", "credential", "csrf", "secret")
SECRET_FIELDS = frozenset({"old", "new"})
# Pages whose forms are secrets, or end a session.
NEVER_KEPT = ("/staff/login", "/staff/logout", "/staff/link", "/staff/session", ACCOUNT_PATH)


@dataclass(frozen=True, slots=True)
class KeptForm:
    """The path and fields of a form. `owner`: the account of the session that has ended."""

    path: str
    fields: tuple[tuple[str, str], ...]
    owner: str


def read_kept_form(runtime: Runtime, text: str | None) -> KeptForm | None:
    """Decrypt a kept form; None if it is missing, changed or too old."""
    if not text:
        return None
    now_s = int(runtime.now().timestamp())
    found = runtime.tokens.decrypt(KEPT_PURPOSE, text, max_age_s=KEPT_LIFETIME_S, now_s=now_s)
    if found is None:
        return None
    path, fields, owner = json.loads(found)
    return KeptForm(path, tuple((name, value) for name, value in fields), owner)


async def login_for_form(request: Request, error: Office360Error) -> tuple[str, str] | Response | None:
    """Return what the login keeps for a form that was refused because its session has ended.

    The encrypted form and the username. None if the request is no such form, or if the form has no owner to whom
    it could be given back; a redirect to the set-up of a second factor for a session that needs a factor first.
    """
    if not _is_form_without_session(request, error):
        return None
    runtime, token = requests.current_runtime(request), request.cookies.get(authentication.STAFF_COOKIE)
    own = await load_own_session(runtime, token, remote_user(request))
    if own is not None:
        return requests.see_other(ACCOUNT_PATH) if own.needs_factor else None
    try:
        fields = await read_form(request)
    except (NotAllowed, Malformed):
        return None
    async with runtime.read_session() as session:
        owner = await staff_rows.session_owner(session, hash_token(token or ""))
    if owner is None or owner.password_hash is None:  # the way to the provider and back loses it
        return None
    # Passwords and codes are never kept, although the form is encrypted.
    kept = [(name, str(value)) for name, value in fields.multi_items() if not _is_secret(name)]
    query = f"?{request.url.query}" if request.url.query else ""
    # The owner is part of the text: only the same person gets the form back.
    text = json.dumps([request.url.path + query, kept, owner.id])
    if len(text.encode()) > MAX_KEPT_BYTES:
        return None
    encrypted = runtime.tokens.encrypt(KEPT_PURPOSE, text, at_s=int(runtime.now().timestamp()))
    return encrypted, owner.username


def _is_form_without_session(request: Request, error: Office360Error) -> bool:
    is_login = isinstance(error, MovedTo) and error.address.startswith("/staff/?next=")
    path = request.url.path
    return (
        (is_login or isinstance(error, Unauthenticated))
        and request.method == "POST"
        and path.startswith("/staff/")
        and not path.startswith(NEVER_KEPT)
        and not requests.should_answer_json(request)
        and request.headers.get("content-type", "").split(";")[0].strip() == FORM_TYPE
    )


def _is_secret(name: str) -> bool:
    return name in SECRET_FIELDS or any(word in name.lower() for word in SECRET_WORDS)


def confirmation_page(request: Request, kept: KeptForm, home: str) -> Response:
    """Show the person who logged in again that the form waits, with a button that sends it."""
    reading = {**request.scope, "method": "GET", "path": kept.path.partition("?")[0]}
    can_return = any(True for _ in requests.matching_routes(reading))
    return requests.render_page(
        request,
        "staff/sign_in/kept.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        kept=kept,
        back=kept.path if can_return else home,
        page_url=home,
    )
