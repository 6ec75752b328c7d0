"""Waiting-room screens of a manager's offices, `/staff/manage/screens`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.errors import FieldError, Invalid
from ....core.formats.qr import encode_qr
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....offices.service import Office, all_offices, hours
from ....queue.service import DisplayScreen, load_screens, screen_key
from ....staff.service import device_label
from ...actions.display_screens import create_screen, load_own_screen, remove_screen, rename_screen
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager

SCREENS_PATH = MANAGE_PATH + "/screens"
SCREEN_PATH = SCREENS_PATH + "/{id}"


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """A screen as the list shows it. `state`: connected, lost or never."""

    screen: DisplayScreen
    state: str
    device: str | None


@dataclass(frozen=True, slots=True)
class OfficeScreens:
    """The screens of an office; `unnamed` are all that were opened without a screen's link."""

    office: Office
    is_open: bool
    named: Sequence[ScreenLine]
    unnamed: ScreenLine | None


async def show_screens(request: Request) -> Response:
    principal = await require_manager(request)
    return await _list_page(request, principal, office=request.query_params.get("office", ""))


@handle_form_for(require_manager)
async def submit_screen(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/screens`: create a screen, then show its link.

    Raises NotAllowed, NotFound.
    """
    office, name = form.text("office"), form.text("name")
    with form.catch(Invalid) as problem:
        if not office:
            raise Invalid(FieldError("office", "required"))
        screen_id = await create_screen(form.runtime, principal, office, name)
        return requests.see_other(f"{SCREENS_PATH}/{screen_id}?created")
    return await _list_page(request, principal, problem, office=office, name=name)


async def show_screen(request: Request) -> Response:
    """`GET /staff/manage/screens/{id}`: link, QR code, name. Raises NotAllowed, NotFound."""
    return await _screen_page(request, await require_manager(request))


@handle_form_for(require_manager)
async def submit_name(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/screens/{id}`: rename. Raises NotAllowed, NotFound."""
    name, screen_id = form.text("name"), request.path_params["id"]
    with form.catch(Invalid) as problem:
        await rename_screen(form.runtime, principal, screen_id, name)
        return requests.see_other(f"{SCREENS_PATH}/{screen_id}?saved")
    return await _screen_page(request, principal, problem, name=name)


async def show_removal(request: Request) -> Response:
    """`GET /staff/manage/screens/{id}/remove`: what will happen. Raises NotAllowed, NotFound."""
    principal = await require_manager(request)
    screen, office = await _load(request, principal)
    return render_manage_page(
        request,
        "management/screen_remove.html",
        principal,
        section="posters",
        line=_screen_line(request, screen),
        of=office,
    )


@handle_form_for(require_manager)
async def submit_removal(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/screens/{id}/remove`. Raises NotAllowed, NotFound."""
    await remove_screen(form.runtime, principal, request.path_params["id"])
    return requests.see_other(f"{SCREENS_PATH}?removed")


async def _load(request: Request, principal: Principal) -> tuple[DisplayScreen, Office]:
    async with requests.current_runtime(request).read_session() as session:
        return await load_own_screen(session, principal, request.path_params["id"])


async def _list_page(
    request: Request,
    principal: Principal,
    problem: FormProblem = NO_PROBLEM,
    *,
    office: str = "",
    name: str = "",
) -> Response:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
        screens = await load_screens(session, [each.id for each in offices])
    lines = [_screen_line(request, screen) for screen in screens]
    groups = [
        OfficeScreens(
            each,
            hours.is_open(each.hours, runtime.now()),
            named=[line for line in lines if line.screen.office_id == each.id and line.screen.name is not None],
            unnamed=next((line for line in lines if line.screen.id == each.id), None),
        )
        for each in offices
    ]
    return render_manage_page(
        request,
        "management/screens.html",
        principal,
        section="posters",
        groups=sorted(groups, key=lambda group: group.office.slug != office),
        chosen=office,
        name=name,
        was_removed="removed" in request.query_params,
        page_url=SCREENS_PATH,
        **problem.context,
    )


async def _screen_page(
    request: Request, principal: Principal, problem: FormProblem = NO_PROBLEM, *, name: str | None = None
) -> Response:
    runtime = requests.current_runtime(request)
    screen, office = await _load(request, principal)
    link = f"{runtime.public_url}/o/{office.slug}/display?screen={screen_key(runtime.tokens, screen.id)}"
    return render_manage_page(
        request,
        "management/screen.html",
        principal,
        section="posters",
        headers=requests.PRIVATE_PAGE_HEADERS,
        line=_screen_line(request, screen),
        of=office,
        link=link,
        qr=encode_qr(link, "m"),
        name=screen.name if name is None else name,
        was_created="created" in request.query_params,
        page_url=f"{SCREENS_PATH}/{screen.id}",
        **problem.context,
    )


def _screen_line(request: Request, screen: DisplayScreen) -> ScreenLine:
    now = requests.current_runtime(request).now()
    state = "never" if screen.last_seen_at is None else "connected" if screen.is_connected(now) else "lost"
    return ScreenLine(screen, state, device_label(screen.user_agent) if screen.user_agent else None)


routes = [
    Route(SCREENS_PATH, show_screens, methods=["GET"]),
    Route(SCREENS_PATH, submit_screen, methods=["POST"]),
    Route(SCREEN_PATH, show_screen, methods=["GET"]),
    Route(SCREEN_PATH, submit_name, methods=["POST"]),
    Route(SCREEN_PATH + "/remove", show_removal, methods=["GET"]),
    Route(SCREEN_PATH + "/remove", submit_removal, methods=["POST"]),
]
