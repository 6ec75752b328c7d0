"""Frame of the pages of the manager's console: roles, navigation, notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import MovedTo
from ...core.i18n.catalogues import N_
from ...core.web import requests
from ...offices.service import Office, all_offices
from ...staff.service import current_user
from ..queries.undoable_changes import can_undo

MANAGE_PATH = "/staff/manage"
# Sections of the navigation: key, path and label. `{office}` stands for the slug of the shown office.
OFFICE_SECTIONS = (
    ("office", MANAGE_PATH + "/o/{office}", N_("Office")),
    ("lines", MANAGE_PATH + "/o/{office}/lines", N_("Queues")),
    ("services", MANAGE_PATH + "/o/{office}/services", N_("Services")),
    ("desks", MANAGE_PATH + "/o/{office}/desks", N_("Desks")),
    ("hours", MANAGE_PATH + "/o/{office}/hours", N_("Hours")),
    ("settings", MANAGE_PATH + "/o/{office}/settings", N_("Settings")),
    ("targets", MANAGE_PATH + "/o/{office}/targets", N_("Targets")),
    ("what-if", MANAGE_PATH + "/o/{office}/what-if", N_("What if?")),
    ("calendar", "/staff/calendar?office={office}", N_("Calendar")),
)
SITE_SECTIONS = (
    ("today", MANAGE_PATH + "/today", N_("Today")),
    ("figures", MANAGE_PATH + "/figures", N_("Figures")),
    ("messages", MANAGE_PATH + "/messages", N_("Messages")),
    ("posters", MANAGE_PATH + "/posters", N_("Posters and screens")),
    ("home", MANAGE_PATH, N_("Offices")),
    ("people", MANAGE_PATH + "/people", N_("People")),
    ("keys", MANAGE_PATH + "/keys", N_("API keys")),
    ("look", MANAGE_PATH + "/look", N_("Look and law")),
    ("audit", MANAGE_PATH + "/audit", N_("Audit")),
)
ADMINISTRATOR_SECTIONS = {"look"}


async def require_manager(
    request: Request, office: str | None = None, *, role: StaffRole = StaffRole.MANAGER
) -> Principal:
    """Return the person who is logged in and may manage `office` (slug).

    Loads the offices between which the page can switch, and whether the change that it confirms can be undone:
    another person may have changed the same values since then.
    Raises MovedTo the login if there is none, NotAllowed for another role or office.
    """
    principal = await current_user(request)
    if principal is None:
        raise MovedTo(f"/staff/?next={quote(request.url.path)}")
    require_role(principal, role, office)
    async with requests.current_runtime(request).read_session() as session:
        offices = await all_offices(session)
        if (entry_id := request.query_params.get("undo")) is not None:
            request.state.undo = entry_id if await can_undo(session, entry_id, offices) else ""
    request.state.manageable_offices = {
        each.slug: each.name for each in offices if principal.can_access_office(each.slug)
    }
    return principal


async def require_administrator(request: Request) -> Principal:
    """Return the administrator who is logged in. Raises as `require_manager` does."""
    return await require_manager(request, role=StaffRole.ADMINISTRATOR)


def render_manage_page(
    request: Request,
    template: str,
    principal: Principal,
    *,
    section: str,
    office: Office | None = None,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """Render a page of the console.

    `section`: a key of the navigation. `office`: the office that the page is about.
    """
    sections = [
        (key, path.format(office=office.slug), label) for key, path, label in OFFICE_SECTIONS if office is not None
    ]
    return requests.render_page(
        request,
        template,
        status_code=status_code,
        headers=headers,
        person=principal.name,
        is_administrator=principal.has_role(StaffRole.ADMINISTRATOR),
        section=section,
        office=office,
        office_sections=sections,
        manageable_offices=getattr(request.state, "manageable_offices", {}),
        page_path=request.url.path,
        site_sections=[
            section
            for section in SITE_SECTIONS
            if section[0] not in ADMINISTRATOR_SECTIONS or principal.has_role(StaffRole.ADMINISTRATOR)
        ],
        saved="saved" in request.query_params,
        undo=getattr(request.state, "undo", None),
        **context,
    )
