"""Pages that add and remove second factors, and the proof that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import FieldError, Invalid, NotFound, Refused
from ....core.formats.qr import encode_qr
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....core.web.forms import ANY_CODE
from ....offices.service import current_site
from ...actions import own_account
from ...actions.own_account import OwnAccount, OwnSession
from ...actions.passkeys import PasskeyPurpose, login_options, registration_options
from ...actions.totp import new_totp_secret, totp_uri
from ...domain.account import safe_return_path
from ...domain.second_factor import MAX_PASSKEY_NAME_LENGTH, Passkey
from ..staff_session import ACCOUNT_PATH
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
    return await _render_new_passkey(request, await require_proved_session(request), "", NO_PROBLEM)


@handle_form_for(require_proved_session)
async def submit_passkey(request: Request, form: SentForm, own: OwnSession) -> Response:
    """`POST /staff/account/passkeys/new`: add the passkey that the browser has made."""
    name, language = form.text("name"), requests.current_language(request)
    with form.catch(Invalid, Refused, refused_field="passkey", refused_status=422) as problem:
        codes = await own_account.add_passkey(form.runtime, own, name, form.text("credential"), language)
        return await _after_adding(request, own, codes, "passkey_added")
    return await _render_new_passkey(request, own, name, problem)


async def _render_new_passkey(request: Request, own: OwnSession, name: str, problem: FormProblem) -> Response:
    runtime = requests.current_runtime(request)
    account = await own_account.load_own_account(runtime, own)
    return await render_own_page(
        request,
        "staff/sign_in/passkey_new.html",
        own,
        name=name[:MAX_PASSKEY_NAME_LENGTH],
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
        **problem.context,
    )


async def show_passkey_removal(request: Request) -> Response:
    """`GET /staff/account/passkeys/{id}/remove`: what will happen, before it does."""
    return await _render_passkey_removal(request, await require_proved_session(request), NO_PROBLEM)


@handle_form_for(require_proved_session)
async def submit_passkey_removal(request: Request, form: SentForm, own: OwnSession) -> Response:
    with form.catch(Refused) as problem:
        await own_account.remove_passkey(
            form.runtime, own, request.path_params["id"], requests.current_language(request)
        )
        return requests.see_other(f"{ACCOUNT_PATH}?done=passkey_removed")
    return await _render_passkey_removal(request, own, problem)


async def _render_passkey_removal(request: Request, own: OwnSession, problem: FormProblem) -> Response:
    account = await own_account.load_own_account(requests.current_runtime(request), own)
    found = next((key for key in account.factors.passkeys if key.id == request.path_params["id"]), None)
    if found is None:
        raise NotFound
    return await _render_removal(request, own, account, found, problem)


async def _render_removal(
    request: Request, own: OwnSession, account: OwnAccount, passkey: Passkey | None, problem: FormProblem
) -> Response:
    return await render_own_page(
        request,
        "staff/sign_in/factor_remove.html",
        own,
        passkey=passkey,
        is_last=account.factors.count == 1,
        **problem.context,
    )


# Authenticator app


async def show_app(request: Request) -> Response:
    """`GET /staff/account/app`: a QR code with a new secret."""
    own = await require_proved_session(request)
    return await _render_app(request, own, new_totp_secret(), NO_PROBLEM)


@handle_form_for(require_proved_session)
async def submit_app(request: Request, form: SentForm, own: OwnSession) -> Response:
    """`POST /staff/account/app`: connect the app that shows the right code."""
    secret = own_account.unwrap_new_secret(form.runtime, own, form.text("secret"))
    with form.catch(Invalid) as problem:
        if secret is None:
            raise Invalid(FieldError("code", "setup_expired"))
        codes = await own_account.add_app(
            form.runtime, own, secret, form.text("code"), requests.current_language(request)
        )
        return await _after_adding(request, own, codes, "app_added")
    return await _render_app(request, own, secret or new_totp_secret(), problem)


async def _render_app(request: Request, own: OwnSession, secret: str, problem: FormProblem) -> Response:
    runtime = requests.current_runtime(request)
    site_name = current_site(runtime).profile.name(requests.current_language(request))
    groups = range(0, len(secret), SECRET_GROUP_LENGTH)
    return await render_own_page(
        request,
        "staff/sign_in/app_new.html",
        own,
        qr=encode_qr(totp_uri(secret, own.username, site_name), "m"),
        shown_secret=" ".join(secret[start : start + SECRET_GROUP_LENGTH] for start in groups),
        wrapped_secret=own_account.wrap_new_secret(runtime, own, secret),
        **problem.context,
    )


async def show_app_removal(request: Request) -> Response:
    """`GET /staff/account/app/remove`: what will happen, before it does."""
    return await _render_app_removal(request, await require_proved_session(request), NO_PROBLEM)


@handle_form_for(require_proved_session)
async def submit_app_removal(request: Request, form: SentForm, own: OwnSession) -> Response:
    with form.catch(Refused) as problem:
        await own_account.remove_app(form.runtime, own, requests.current_language(request))
        return requests.see_other(f"{ACCOUNT_PATH}?done=app_removed")
    return await _render_app_removal(request, own, problem)


async def _render_app_removal(request: Request, own: OwnSession, problem: FormProblem) -> Response:
    account = await own_account.load_own_account(requests.current_runtime(request), own)
    if account.factors.app is None:
        return requests.see_other(f"{ACCOUNT_PATH}?done=app_removed")
    return await _render_removal(request, own, account, None, problem)


# Recovery codes


async def show_codes_form(request: Request) -> Response:
    """`GET /staff/account/codes`: what new codes change, before they are made."""
    own = await require_proved_session(request)
    account = await own_account.load_own_account(requests.current_runtime(request), own)
    if not account.factors.has_any:
        return requests.see_other(ACCOUNT_PATH)
    return await render_own_page(request, "staff/sign_in/codes_renew.html", own, factors=account.factors)


@handle_form_for(require_proved_session)
async def submit_codes(request: Request, form: SentForm, own: OwnSession) -> Response:
    """`POST /staff/account/codes`: make new recovery codes, and show them once."""
    with suppress(Refused):  # the last factor was removed meanwhile
        codes = await own_account.renew_recovery_codes(form.runtime, own)
        return await _render_codes(request, own, codes, None)
    return requests.see_other(ACCOUNT_PATH)


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
    return await _render_proof(request, own, _wanted_path(request.query_params.get("next")), NO_PROBLEM)


@handle_form_for(require_own_session)
async def submit_proof(request: Request, form: SentForm, own: OwnSession) -> Response:
    """`POST /staff/account/proof`: check the password, code or passkey, and go on."""
    wanted, code, browser = _wanted_path(form.text("next")), form.text("code"), login_browser(request)
    limited, limit_code = ("code", "too_many_codes") if code.strip() else ("password", "too_many_logins")
    with form.catch(
        refused_field={limit_code: limited, ANY_CODE: "passkey"}, refused_status=422, limit_code=limit_code
    ) as problem:
        if form.text("credential"):
            await own_account.prove_by_passkey(form.runtime, own, form.text("credential"))
        elif code.strip():
            await own_account.prove_by_code(form.runtime, own, code, browser)
        else:
            await own_account.prove_by_password(form.runtime, own, form.text("password"), browser)
        return requests.see_other(wanted)
    return await _render_proof(request, own, wanted, problem)


def _wanted_path(path: str | None) -> str:
    safe = safe_return_path(path)
    return safe if safe is not None and safe.startswith(ACCOUNT_PATH) else ACCOUNT_PATH


async def _render_proof(request: Request, own: OwnSession, wanted: str, problem: FormProblem) -> Response:
    runtime = requests.current_runtime(request)
    factors = (await own_account.load_own_account(runtime, own)).factors
    options = None
    if factors.passkeys:
        options = login_options(runtime, PasskeyPurpose.PROOF, own.principal.id, tuple(factors.passkeys))
    return await render_own_page(
        request,
        "staff/sign_in/proof.html",
        own,
        wanted=wanted,
        factors=factors,
        passkey_options=options,
        **problem.context,
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
