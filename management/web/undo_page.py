"""Undo of an audited change, `/staff/manage/audit/{id}/undo`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditEntryRow, audit_entry_by_id
from ...core.errors import NotFound
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.form_page import SentForm, handle_form_for
from ...offices.service import PATH_SEPARATOR, PROFILE_CHANGED
from ...staff.service import RULES_CHANGED
from ..actions.undo_change import undo_office_change, undo_profile_change, undo_rules_change
from .look.look_pages import LOOK_PATH
from .manage_page import MANAGE_PATH, require_manager
from .people.sign_in_rules_page import RULES_PATH

Undo = Callable[[Runtime, Principal, AuditEntryRow], Awaitable[None]]

# Changes of no office, by action: how an administrator undoes them, and the page that shows their values.
UNDO_OF_ADMINISTRATORS: Mapping[str, tuple[Undo, str]] = {
    PROFILE_CHANGED: (undo_profile_change, LOOK_PATH),
    RULES_CHANGED: (undo_rules_change, RULES_PATH),
}
HOURS_TABLES = ("hours", "closures", "extra_openings")
PAGE_PATH = re.compile(r"(/[A-Za-z0-9_-]+)+")


@handle_form_for(require_manager)
async def submit_undo(request: Request, form: SentForm, reader: Principal) -> Response:
    """Give the values of an audit entry their former values again, and show their page.

    Raises NotAllowed, NotFound, Refused("cannot_undo"), Conflict("changed_since").
    """
    async with form.runtime.read_session() as session:
        entry = await audit_entry_by_id(session, request.path_params["id"])
    if entry is not None and entry.action in UNDO_OF_ADMINISTRATORS:
        # the audit shows these entries to administrators only, but any id can be sent
        require_role(reader, StaffRole.ADMINISTRATOR)
        undo, page = UNDO_OF_ADMINISTRATORS[entry.action]
        await undo(form.runtime, reader, entry)
        return requests.see_other(f"{page}?saved")
    if entry is None or entry.office is None:
        raise NotFound
    principal = await require_manager(request, entry.office)
    saved = await undo_office_change(form.runtime, principal, entry)
    again = f"&undo={saved.entry_id}" if saved.entry_id else ""
    is_about_hours = all(path.split(PATH_SEPARATOR)[0] in HOURS_TABLES for path in entry.before or {})
    path = _return_path(form.text("back"), saved.office.slug, "/hours" if is_about_hours else "")
    return requests.see_other(f"{path}?saved{again}&undone")


def _return_path(back: str, slug: str, page: str) -> str:
    """Return the page that showed the button if it is of this office, else `page`."""
    office_path = f"{MANAGE_PATH}/o/{slug}"
    is_of_office = back.startswith(office_path + "/") and PAGE_PATH.fullmatch(back)
    return back if is_of_office else office_path + page


routes = [Route(MANAGE_PATH + "/audit/{id}/undo", submit_undo, methods=["POST"])]
