"""Pages of an agent: choice of a desk, console of that desk, the office's poster, logout."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound, Refused
from ...core.i18n.catalogues import N_, Catalogues
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.web import authentication, requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form, handle_form_for
from ...offices.service import (
    Office,
    all_offices,
    current_site,
    office_and_desk_by_id,
    office_by_slug,
    posters_pdf,
)
from ...queue.service import close_desk, desk_id_for_agent, open_desk
from ..actions import accounts
from ..consoles.alerts import ConsoleReader
from ..consoles.desk import build_desk_console
from ..consoles.desk_activities import build_activity_fields
from ..consoles.locale import LocaleContext
from . import host_pages, login_page, messages_page
from .sign_in.oidc_pages import leaving_page
from .staff_session import DESK_PATH, current_user, no_office_page, require_agent, require_login

# Sentences of the consoles' scripts.
SCRIPT_TEXTS: dict[str, str] = {
    "age_seconds": N_("Live, %(seconds)s s ago"),
    "age_minutes": N_("Live, %(minutes)s min ago"),
    "away": N_("Offline since %(time)s. What you see is from then."),
    "blocked": N_("Not done: there is no connection."),
    "no_answer": N_("No answer came. Press again: nobody is called twice."),
    "not_done": N_("That was not done. Try again."),
    "nobody": N_("Nobody can be called now."),
    "missed": N_("Noted: did not come. You can undo it."),
    "light_green": N_("In its time"),
    "light_amber": N_("Takes longer"),
    "light_red": N_("Takes much longer"),
    "bar": N_("%(spent)s of %(minutes)s min"),
}


@handle_form
async def submit_logout(request: Request, form: SentForm) -> Response:
    """`POST /staff/logout`: close the desk, and end the session here and at its provider.

    Refused while a citizen is at the desk.
    """
    runtime = form.runtime
    principal, token = await current_user(request), request.cookies.get(authentication.STAFF_COOKIE)
    if principal is not None and (desk_id := await _current_desk_id(runtime, principal)) is not None:
        with form.catch(Refused) as problem:
            await close_desk(runtime, principal, desk_id)
        if problem.error is not None:  # the called citizen would find an empty desk
            return await _busy_desk_page(request, principal, desk_id, problem)
    # Before the logout: the page needs the tokens of the session.
    leaving = await leaving_page(request, token) if token else None
    if token:
        await accounts.logout(runtime, token)
    response = leaving or requests.see_other("/staff/")
    response.delete_cookie(authentication.STAFF_COOKIE, httponly=True, samesite="lax")
    return response


async def _current_desk_id(runtime: Runtime, principal: Principal) -> str | None:
    async with runtime.read_session() as session:
        return await desk_id_for_agent(session, principal.id)


async def _busy_desk_page(request: Request, principal: Principal, desk_id: str, problem: FormProblem) -> Response:
    """Show the console again, with the reason why the desk cannot be closed."""
    async with requests.current_runtime(request).read_session() as session:
        office, _ = await office_and_desk_by_id(session, desk_id)
        return await _console_page(request, session, principal, office, problem)


# The desk


async def show_desk(request: Request) -> Response:
    """`GET /staff/desk`: the console of the agent's desk, or the choice of a desk."""
    principal = await require_login(request)
    require_role(principal, StaffRole.AGENT)
    async with requests.current_runtime(request).read_session() as session:
        desk_id = await desk_id_for_agent(session, principal.id)
        if desk_id is not None:
            office, _ = await office_and_desk_by_id(session, desk_id)
            if principal.can_access_office(office.slug):
                return await _console_page(request, session, principal, office)
        return await _desk_choice_page(request, session, principal)


async def _console_page(
    request: Request,
    session: AsyncSession,
    principal: Principal,
    office: Office,
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    return await host_pages.render_console(
        request,
        session,
        principal,
        office,
        "staff/desk.html",
        build_desk_console,
        SCRIPT_TEXTS,
        page_url=f"{DESK_PATH}?office={office.slug}",
        outcomes=host_pages.shown_choices(request, office, "outcomes"),
        desk_pauses=host_pages.shown_choices(request, office, "desk_pauses"),
        notes_kept_days=request.state.settings.contacts_kept_days,
        **problem.context,
    )


async def _desk_choice_page(
    request: Request,
    session: AsyncSession,
    principal: Principal,
    problem: FormProblem = NO_PROBLEM,
    *,
    slug: str | None = None,
) -> Response:
    offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
    if not offices:
        return no_office_page(request, principal)
    now = requests.current_runtime(request).now()
    office = host_pages.selected_office(offices, slug or request.query_params.get("office"), now)
    return await host_pages.render_console(
        request,
        session,
        principal,
        office,
        "staff/desks.html",
        _build_desk_choice,
        SCRIPT_TEXTS,
        page_url=f"{DESK_PATH}?office={office.slug}",
        offices=offices,
        **problem.context,
    )


def _build_desk_choice(
    board: JsonObject, reader: ConsoleReader, now: datetime, locale: LocaleContext
) -> JsonObject:
    """Build the view of an agent without a desk, with the desks and lines to choose from."""
    return {
        **build_desk_console(board, reader, now, locale),
        "desks": [{**desk, **build_activity_fields(desk, now, locale)} for desk in board["desks"]],
        "lines": {line["slug"]: line["name"] for line in board["lines"]},
    }


@handle_form_for(require_agent)
async def submit_open_desk(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/desk/open`: open the chosen desk, or show the choice again if it is taken."""
    with form.catch(Refused, refused_field="desk") as problem:
        try:
            await open_desk(form.runtime, principal, form.text("desk"))
        except NotFound:
            raise Refused("choose_a_desk") from None
        return requests.see_other(DESK_PATH)
    async with form.runtime.read_session() as session:
        return await _desk_choice_page(request, session, principal, problem, slug=form.text("office"))


@handle_form_for(require_agent)
async def submit_close_desk(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/desk/close`: close the desk. Refused while a citizen is at it."""
    desk_id = await _current_desk_id(form.runtime, principal)
    if desk_id is None:
        return requests.see_other(DESK_PATH)
    with form.catch(Refused) as problem:
        await close_desk(form.runtime, principal, desk_id)
        async with form.runtime.read_session() as session:
            office, _ = await office_and_desk_by_id(session, desk_id)
        return requests.see_other(f"{DESK_PATH}?office={office.slug}")
    return await _busy_desk_page(request, principal, desk_id, problem)


async def download_poster(request: Request) -> Response:
    """`GET /staff/posters/{office}.pdf`. Raises NotAllowed, NotFound."""
    runtime, slug = requests.current_runtime(request), request.path_params["office"]
    principal = await authentication.current_principal(request)
    if principal is None:
        return requests.see_other(f"/staff/?next=/staff/posters/{slug}.pdf")
    require_role(principal, StaffRole.AGENT, slug)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    catalogues: Catalogues = request.state.catalogues
    address = f"{runtime.public_url}/o/{office.slug}"
    site = current_site(runtime)
    pdf = await asyncio.to_thread(posters_pdf, [(office, address)], site, catalogues.gettext, runtime.now())
    # As an attachment: the PDF viewers of browsers fail under a policy that forbids inline content.
    headers = {"Content-Disposition": f'attachment; filename="{office.slug}.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, headers=headers, media_type="application/pdf")


routes = [
    *login_page.routes,
    Route("/staff/logout", submit_logout, methods=["POST"]),
    Route("/staff/desk", show_desk, methods=["GET"]),
    Route("/staff/desk/open", submit_open_desk, methods=["POST"]),
    Route("/staff/desk/close", submit_close_desk, methods=["POST"]),
    *host_pages.routes,
    *messages_page.routes,
    Route("/staff/posters/{office}.pdf", download_poster),
]
