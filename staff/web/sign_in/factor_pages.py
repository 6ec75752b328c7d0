"""Pages that add and remove second factors, and the proof that they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import Invalid, NotFound, RateLimited, Refused
from ....core.formats.qr import encode_qr
from ....core.web import forms, requests
from ....offices.service import current_site
from ...actions import own_account
from ...actions.own_account import OwnSession
from ...actions.passkeys import PasskeyPurpose, login_options, registration_options
from ...actions.totp import new_totp_secret, totp_uri
from ...domain.account import safe_return_path
from ...domain.second_factor import MAX_PASSKEY_NAME_LENGTH
from ..staff_session import ACCOUNT_PATH
from .account_page import too_many_text
from .login_response import login_browser
from .own_page import PROOF_PATH, render_own_page, require_own_session, require_proved_session

NEW_PASSKEY_PATH = ACCOUNT_PATH + "/passkeys/new"
REMOVE_PASSKEY_PATH = ACCOUNT_PATH + "/passkeys/{id}/remove"
APP_PATH = ACCOUNT_PATH + "/app"
REMOVE_APP_PATH = APP_PATH + "/remove"
CODES_PATH = ACCOUNT_PATH + "/codes"
SECRET_GROUP_LENGTH = 4  # of the shown secret, which may be typed


# Passkeys


async def show_new_passkey(request: Request) -> Response:
    """`GET /staff/account/passkeys/new`: name and button of a new passkey."""
    return await _render_new_passkey(request, await require_proved_session(request), "", {})


async def submit_passkey(request: Request) -> Response:
    """`POST /staff/account/passkeys/new`: add the passkey that the browser has made."""
    own = await require_proved_session(request)
    sent = await forms.read_form(request)
    name, errors = str(sent.get("name") or ""), dict[str, str]()
    try:
        codes = await own_account.add_passkey(
            requests.current_runtime(request),
            own,
            name,
            str(sent.get("credential") or ""),
            requests.current_language(request),
        )
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid)
    except Refused as refused:
        errors = {"passkey": requests.error_text(request, refused.code)}
    else:
        return await _after_adding(request, own, codes, "passkey_added")
    return await _render_new_passkey(request, own, name, errors, 422)


async def _render_new_passkey(
    request: Request, own: OwnSession, name: str, errors: Mapping[str, str], status_code: int = 200
) -> Response:
    runtime = requests.current_runtime(request)
    account = await own_account.load_own_account(runtime, own)
    return await render_own_page(
        request,
        "staff/sign_in/passkey_new.html",
        own,
        status_code=status_code,
        name=name[:MAX_PASSKEY_NAME_LENGTH],
        errors=errors,
        device=login_browser(request).label or "",
        longest=MAX_PASSKEY_NAME_LENGTH,
        passkey_options=registration_options(
            runtime,
            user_id=own.principal.id,
            username=own.username,
            name=own.principal.name,
            site_name=current_site(runtime).profile.name(requests.current_language(request)),
            passkeys=tuple(account.factors.passkeys),
        ),
    )


async def show_passkey_removal(request: Request) -> Response:
    """`GET /staff/account/passkeys/{id}/remove`: what will happen, before it does."""
    own = await require_proved_session(request)
    return await _render_passkey_removal(request, own)


async def submit_passkey_removal(request: Request) -> Response:
    """`POST /staff/account/passkeys/{id}/remove`."""
    own = await require_proved_session(request)
    await forms.read_form(request)
    try:
        await own_account.remove_passkey(
            requests.current_runtime(request), own, request.path_params["id"], requests.current_language(request)
        )
    except Refused as refused:
        return await _render_passkey_removal(request, own, requests.error_text(request, refused.code), 409)
    return requests.see_other(f"{ACCOUNT_PATH}?done=passkey_removed")


async def _render_passkey_removal(
    request: Request, own: OwnSession, refusal: str | None = None, status_code: int = 200
) -> Response:
    account = await own_account.load_own_account(requests.current_runtime(request), own)
    found = [one for one in account.factors.passkeys if one.id == request.path_params["id"]]
    if not found:
        raise NotFound
    return await render_own_page(
        request,
        "staff/sign_in/factor_remove.html",
        own,
        status_code=status_code,
        passkey=found[0],
        is_last=account.factors.count == 1,
        refusal=refusal,
    )


# Authenticator app


async def show_app(request: Request) -> Response:
    """`GET /staff/account/app`: a QR code with a new secret."""
    own = await require_proved_session(request)
    return await _render_app(request, own, new_totp_secret(), {})


async def submit_app(request: Request) -> Response:
    """`POST /staff/account/app`: connect the app that shows the right code."""
    own = await require_proved_session(request)
    sent = await forms.read_form(request)
    runtime = requests.current_runtime(request)
    secret = own_account.unwrap_new_secret(runtime, own, str(sent.get("secret") or ""))
    if secret is None:
        errors = {"code": requests.error_text(request, "setup_expired")}
        return await _render_app(request, own, new_totp_secret(), errors, 422)
    try:
        codes = await own_account.add_app(
            runtime, own, secret, str(sent.get("code") or ""), requests.current_language(request)
        )
    except Invalid as invalid:
        return await _render_app(request, own, secret, forms.field_error_texts(request, invalid), 422)
    return await _after_adding(request, own, codes, "app_added")


async def _render_app(
    request: Request, own: OwnSession, secret: str, errors: Mapping[str, str], status_code: int = 200
) -> Response:
    runtime = requests.current_runtime(request)
    site_name = current_site(runtime).profile.name(requests.current_language(request))
    groups = range(0, len(secret), SECRET_GROUP_LENGTH)
    return await render_own_page(
        request,
        "staff/sign_in/app_new.html",
        own,
        status_code=status_code,
        qr=encode_qr(totp_uri(secret, own.username, site_name), "m"),
        shown_secret=" ".join(secret[start : start + SECRET_GROUP_LENGTH] for start in groups),
        wrapped_secret=own_account.wrap_new_secret(runtime, own, secret),
        errors=errors,
    )


async def show_app_removal(request: Request) -> Response:
    """`GET /staff/account/app/remove`: what will happen, before it does."""
    return await _render_app_removal(request, await require_proved_session(request))


async def submit_app_removal(request: Request) -> Response:
    """`POST /staff/account/app/remove`."""
    own = await require_proved_session(request)
    await forms.read_form(request)
    try:
        await own_account.remove_app(requests.current_runtime(request), own, requests.current_language(request))
    except Refused as refused:
        return await _render_app_removal(request, own, requests.error_text(request, refused.code), 409)
    return requests.see_other(f"{ACCOUNT_PATH}?done=app_removed")


async def _render_app_removal(
    request: Request, own: OwnSession, refusal: str | None = None, status_code: int = 200
) -> Response:
    account = await own_account.load_own_account(requests.current_runtime(request), own)
    if account.factors.app is None:
        return requests.see_other(f"{ACCOUNT_PATH}?done=app_removed")
    return await render_own_page(
        request,
        "staff/sign_in/factor_remove.html",
        own,
        status_code=status_code,
        passkey=None,
        is_last=account.factors.count == 1,
        refusal=refusal,
    )


# Recovery codes


async def show_codes_form(request: Request) -> Response:
    """`GET /staff/account/codes`: what new codes change, before they are made."""
    own = await require_proved_session(request)
    account = await own_account.load_own_account(requests.current_runtime(request), own)
    if not account.factors.has_any:
        return requests.see_other(ACCOUNT_PATH)
    return await render_own_page(request, "staff/sign_in/codes_renew.html", own, factors=account.factors)


async def submit_codes(request: Request) -> Response:
    """`POST /staff/account/codes`: make new recovery codes, and show them once."""
    own = await require_proved_session(request)
    await forms.read_form(request)
    try:
        codes = await own_account.renew_recovery_codes(requests.current_runtime(request), own)
    except Refused:  # the last factor was removed meanwhile
        return requests.see_other(ACCOUNT_PATH)
    return await _render_codes(request, own, codes, None)


async def _after_adding(request: Request, own: OwnSession, codes: Sequence[str], done: str) -> Response:
    """Show the first recovery codes, or the account page."""
    return (
        await _render_codes(request, own, codes, done)
        if codes
        else requests.see_other(f"{ACCOUNT_PATH}?done={done}")
    )


async def _render_codes(request: Request, own: OwnSession, codes: Sequence[str], done: str | None) -> Response:
    return await render_own_page(
        request,
        "staff/sign_in/codes.html",
        own,
        codes=codes,
        done=done,
        site_name=current_site(requests.current_runtime(request)).profile.name(requests.current_language(request)),
        page_url=ACCOUNT_PATH,
    )


# Proof


async def show_proof(request: Request) -> Response:
    """`GET /staff/account/proof`: asks for the password or a second factor before a change."""
    own = await require_own_session(request)
    return await _render_proof(request, own, _wanted_path(request.query_params.get("next")), {})


async def submit_proof(request: Request) -> Response:
    """`POST /staff/account/proof`: check the password, code or passkey, and go on."""
    own = await require_own_session(request)
    sent = await forms.read_form(request)
    wanted, errors, status_code = _wanted_path(str(sent.get("next") or "")), dict[str, str](), 422
    runtime, browser = requests.current_runtime(request), login_browser(request)
    code = str(sent.get("code") or "")
    try:
        if sent.get("credential"):
            await own_account.prove_by_passkey(runtime, own, str(sent["credential"]))
        elif code.strip():
            await own_account.prove_by_code(runtime, own, code, browser)
        else:
            await own_account.prove_by_password(runtime, own, str(sent.get("password") or ""), browser)
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid)
    except Refused as refused:
        errors = {"passkey": requests.error_text(request, refused.code)}
    except RateLimited as refused:
        name, text = ("code", "too_many_codes") if code.strip() else ("password", "too_many_logins")
        errors, status_code = {name: too_many_text(request, refused, text)}, 429
    else:
        return requests.see_other(wanted)
    return await _render_proof(request, own, wanted, errors, status_code)


def _wanted_path(path: str | None) -> str:
    safe = safe_return_path(path)
    return safe if safe is not None and safe.startswith(ACCOUNT_PATH) else ACCOUNT_PATH


async def _render_proof(
    request: Request, own: OwnSession, wanted: str, errors: Mapping[str, str], status_code: int = 200
) -> Response:
    runtime = requests.current_runtime(request)
    factors = (await own_account.load_own_account(runtime, own)).factors
    options = None
    if factors.passkeys:
        options = login_options(runtime, PasskeyPurpose.PROOF, own.principal.id, tuple(factors.passkeys))
    return await render_own_page(
        request,
        "staff/sign_in/proof.html",
        own,
        status_code=status_code,
        wanted=wanted,
        factors=factors,
        passkey_options=options,
        errors=errors,
    )


routes = [
    Route(NEW_PASSKEY_PATH, show_new_passkey, methods=["GET"]),
    Route(NEW_PASSKEY_PATH, submit_passkey, methods=["POST"]),
    Route(REMOVE_PASSKEY_PATH, show_passkey_removal, methods=["GET"]),
    Route(REMOVE_PASSKEY_PATH, submit_passkey_removal, methods=["POST"]),
    Route(APP_PATH, show_app, methods=["GET"]),
    Route(APP_PATH, submit_app, methods=["POST"]),
    Route(REMOVE_APP_PATH, show_app_removal, methods=["GET"]),
    Route(REMOVE_APP_PATH, submit_app_removal, methods=["POST"]),
    Route(CODES_PATH, show_codes_form, methods=["GET"]),
    Route(CODES_PATH, submit_codes, methods=["POST"]),
    Route(PROOF_PATH, show_proof, methods=["GET"]),
    Route(PROOF_PATH, submit_proof, methods=["POST"]),
]
