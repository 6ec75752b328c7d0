"""Pages of the people who work here: the login, the choice of a desk, the console of that desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import (
    FieldError,
    Invalid,
    NotAllowed,
    NotFound,
    Office360Error,
    RateLimited,
    Refused,
    Unauthenticated,
)
from ...core.i18n.catalogues import N_
from ...core.i18n.dates import format_rfc3339
from ...core.runtime import Runtime
from ...core.web import authentication, forms, requests
from ...offices.service import Office, all_offices, office_and_desk_by_id
from ...queue.service import close_desk, desk_id_for_agent, open_desk
from ..actions import accounts
from ..consoles.desk import OUTCOMES, build_desk_console
from ..domain.account import MAX_USERNAME_LENGTH, safe_return_path
from . import host_pages, messages_page, poster_page

DESK_PATH = "/staff/desk"
CREDENTIALS = ("user", "password")

# What the scripts of the consoles say.
SCRIPT_TEXTS: dict[str, str] = {
    "age_seconds": N_("Live, %(seconds)s s ago"),
    "age_minutes": N_("Live, %(minutes)s min ago"),
    "away": N_("Offline since %(time)s. What you see is from then."),
    "blocked": N_("Not done: there is no connection."),
    "no_answer": N_("No answer came. Press again: nobody is called twice."),
    "not_done": N_("That was not done. Try again."),
    "nobody": N_("Nobody can be called now."),
    "light_green": N_("In its time"),
    "light_amber": N_("Takes longer"),
    "light_red": N_("Takes much longer"),
    "bar": N_("%(spent)s of %(minutes)s minutes"),
}


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What the login page shows again: never the password."""

    user: str = ""
    next: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    refused: str | None = None


async def show_login(request: Request) -> Response:
    """The login, or straight on for those who are signed in."""
    wanted = safe_return_path(request.query_params.get("next"))
    if (who := await _current_user(request)) is not None:
        return requests.see_other(wanted or _home_path(who))
    return _login_page(request, LoginForm(next=wanted))


def _home_path(who: Principal) -> str:
    """Where somebody's work begins: at a desk, or at the entrance."""
    return host_pages.HOST_PATH if who.has_role(StaffRole.HOST) else DESK_PATH


async def redirect_to_slash(request: Request) -> Response:
    """`/staff` as people type it."""
    return RedirectResponse("/staff/", 308)


async def submit_login(request: Request) -> Response:
    """Sign in; the answer to a wrong one is the same page, with the user kept. For a program it is a problem that
    names the fields, both of them where either may be wrong."""
    sent = await forms.read_form(request)
    user, password = str(sent.get("user") or ""), str(sent.get("password") or "")
    filled = LoginForm(user=user[:MAX_USERNAME_LENGTH], next=safe_return_path(str(sent.get("next") or "")))
    if (missing := _missing_credentials(user, password)) is not None:
        if requests.should_answer_json(request):
            raise missing
        return _login_page(
            request, LoginForm(filled.user, filled.next, forms.field_error_texts(request, missing)), 422
        )
    try:
        token = await accounts.login(
            requests.current_runtime(request),
            filled.user,
            password,
            requests.client_address(request),
            previous=request.cookies.get(authentication.STAFF_COOKIE),
        )
    except Unauthenticated as refused:
        if requests.should_answer_json(request):
            raise Invalid(*(FieldError(name, refused.code) for name in CREDENTIALS)) from None
        return _login_page(request, _refused_form(request, filled, refused.code), 422)
    except RateLimited as refused:
        if requests.should_answer_json(request):
            raise
        return _too_many_attempts_page(request, filled, refused)
    response = requests.see_other(filled.next or await _home_path_by_token(request, token))
    # Without an age: on a shared computer it ends with the browser. The server ends it by itself after that.
    requests.set_cookie(request, response, authentication.STAFF_COOKIE, token, max_age_s=None)
    return response


async def _home_path_by_token(request: Request, token: str) -> str:
    who = await accounts.authenticate(requests.current_runtime(request), cookie=token, bearer=None)
    return _home_path(who) if who is not None else DESK_PATH


def _missing_credentials(user: str, password: str) -> Invalid | None:
    sent = dict(zip(CREDENTIALS, (user.strip(), password), strict=True))
    empty = [FieldError(name, "required") for name, value in sent.items() if not value]
    return Invalid(*empty) if empty else None


def _refused_form(request: Request, filled: LoginForm, code: str, **params: Any) -> LoginForm:
    return LoginForm(filled.user, filled.next, refused=requests.error_text(request, code, params or None))


def _too_many_attempts_page(request: Request, filled: LoginForm, refused: RateLimited) -> Response:
    minutes = -(-refused.retry_after_s // 60)
    form = _refused_form(request, filled, "too_many_logins", minutes=minutes)
    return _login_page(request, form, 429, {"Retry-After": str(refused.retry_after_s)})


def _login_page(
    request: Request, form: LoginForm, status_code: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return requests.render_page(request, "staff/login.html", status_code=status_code, headers=headers, form=form)


async def submit_logout(request: Request) -> Response:
    """Close the desk, sign out on the server, and forget the cookie. Not while somebody is at the desk."""
    await forms.read_form(request)
    runtime = requests.current_runtime(request)
    who, token = await _current_user(request), request.cookies.get(authentication.STAFF_COOKIE)
    if who is not None and (sits_at := await _current_desk_id(runtime, who)) is not None:
        try:
            await close_desk(runtime, who, sits_at)
        except Refused as refused:  # whoever was called would go to an empty desk
            return await _busy_desk_page(request, who, sits_at, refused)
    if token:
        await accounts.logout(runtime, token)
    response = requests.see_other("/staff/")
    response.delete_cookie(authentication.STAFF_COOKIE, httponly=True, samesite="lax")
    return response


async def _current_desk_id(runtime: Runtime, who: Principal) -> str | None:
    async with runtime.read_session() as session:
        return await desk_id_for_agent(session, who.id)


async def _busy_desk_page(request: Request, who: Principal, desk_id: str, refused: Refused) -> Response:
    """The console again, saying what is to be done before one may go."""
    async with requests.current_runtime(request).read_session() as session:
        office, _ = await office_and_desk_by_id(session, desk_id)
        return await _console_page(request, session, who, office, refused)


async def _current_user(request: Request) -> Principal | None:
    found = await authentication.current_principal(request)
    return None if found is None or found.is_api_key else found


# The desk


async def show_desk(request: Request) -> Response:
    """The console of the desk that is open; else the choice of one."""
    who = await _current_user(request)
    if who is None:
        return requests.see_other(f"/staff/?next={DESK_PATH}")
    require_role(who, StaffRole.AGENT)
    async with requests.current_runtime(request).read_session() as session:
        sits_at = await desk_id_for_agent(session, who.id)
        if sits_at is not None:
            office, _ = await office_and_desk_by_id(session, sits_at)
            if who.can_access_office(office.slug):
                return await _console_page(request, session, who, office)
        return await _desk_choice_page(request, session, who)


async def _console_page(
    request: Request, session: AsyncSession, who: Principal, office: Office, refused: Office360Error | None = None
) -> Response:
    now = requests.current_runtime(request).now()
    board = await accounts.load_board(session, office, requests.current_language(request), now)
    console = build_desk_console(board, who.id, now, host_pages.request_locale(request, office))
    t = requests.current_gettext(request)
    return requests.render_page(
        request,
        "staff/desk.html",
        status_code=409 if refused else 200,
        person=who.name,
        is_host=who.has_role(StaffRole.HOST),
        office=office,
        frame={"at": format_rfc3339(now, office.timezone), "console": console},
        outcomes=[(value, t(text)) for value, text in OUTCOMES],
        texts={key: t(text) for key, text in SCRIPT_TEXTS.items()},
        refused=requests.error_text(request, refused.code) if refused else None,
        **console,
    )


async def _desk_choice_page(
    request: Request,
    session: AsyncSession,
    who: Principal,
    *,
    slug: str | None = None,
    refused: Office360Error | None = None,
) -> Response:
    offices = [one for one in await all_offices(session) if who.can_access_office(one.slug)]
    if not offices:
        raise NotAllowed("no_office")
    now = requests.current_runtime(request).now()
    office = host_pages.selected_office(offices, slug or request.query_params.get("office"), now)
    board = await accounts.load_board(session, office, requests.current_language(request), now)
    t = requests.current_gettext(request)
    return requests.render_page(
        request,
        "staff/desks.html",
        status_code=409 if refused else 200,
        person=who.name,
        is_host=who.has_role(StaffRole.HOST),
        office=office,
        offices=offices,
        desks=board["desks"],
        lines={line["slug"]: line["name"] for line in board["lines"]},
        texts={key: t(text) for key, text in SCRIPT_TEXTS.items()},
        errors={"desk": requests.error_text(request, refused.code)} if refused else {},
        **build_desk_console(board, who.id, now, host_pages.request_locale(request, office)),
    )


async def submit_open_desk(request: Request) -> Response:
    """Open the desk that was chosen. Somebody else may have taken it meanwhile: then choose again."""
    sent = await forms.read_form(request)
    who = require_role(await _current_user(request), StaffRole.AGENT)
    try:
        await open_desk(requests.current_runtime(request), who, str(sent.get("desk") or ""))
    except (Refused, NotFound) as refused:
        error = Refused("choose_a_desk") if isinstance(refused, NotFound) else refused
        async with requests.current_runtime(request).read_session() as session:
            return await _desk_choice_page(
                request, session, who, slug=str(sent.get("office") or ""), refused=error
            )
    return requests.see_other(DESK_PATH)


async def submit_close_desk(request: Request) -> Response:
    """Close the desk and choose another; not while somebody is at it."""
    await forms.read_form(request)
    who = require_role(await _current_user(request), StaffRole.AGENT)
    runtime = requests.current_runtime(request)
    sits_at = await _current_desk_id(runtime, who)
    if sits_at is None:
        return requests.see_other(DESK_PATH)
    try:
        await close_desk(runtime, who, sits_at)
    except Refused as refused:
        return await _busy_desk_page(request, who, sits_at, refused)
    return requests.see_other(f"{DESK_PATH}?office={(await _office_of_desk(request, sits_at)).slug}")


async def _office_of_desk(request: Request, desk_id: str) -> Office:
    async with requests.current_runtime(request).read_session() as session:
        office, _ = await office_and_desk_by_id(session, desk_id)
        return office


routes = [
    Route("/staff", redirect_to_slash),
    Route("/staff/", show_login),
    Route("/staff/login", submit_login, methods=["POST"]),
    Route("/staff/logout", submit_logout, methods=["POST"]),
    Route("/staff/desk", show_desk, methods=["GET"]),
    Route("/staff/desk/open", submit_open_desk, methods=["POST"]),
    Route("/staff/desk/close", submit_close_desk, methods=["POST"]),
    *host_pages.routes,
    *messages_page.routes,
    *poster_page.routes,
]
