"""Taking back of a change of an office, `/staff/manage/audit/{id}/undo`."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor, audit_entry_by_id
from ...core.errors import NotFound
from ...core.web import requests
from ...core.web.form_page import SentForm, handle_form_for
from ...offices.service import PATH_SEPARATOR, PROFILE_CHANGED, undo_site_change
from ..actions.change_office import undo_office_change
from .look.look_pages import LOOK_PATH
from .manage_page import MANAGE_PATH, require_manager


@handle_form_for(require_manager)
async def submit_undo(request: Request, form: SentForm, reader: Principal) -> Response:
    """Give the values of an audit entry their former values again, and show their page.

    Raises NotAllowed, NotFound, Refused("cannot_undo"), Conflict("changed_since").
    """
    runtime = form.runtime
    async with runtime.read_session() as session:
        entry = await audit_entry_by_id(session, request.path_params["id"])
    if entry is not None and entry.action == PROFILE_CHANGED:
        require_role(reader, StaffRole.ADMINISTRATOR)
        async with runtime.transaction() as tx:
            await undo_site_change(tx.session, tx.now, AuditActor.from_principal(reader), entry.id)
        return requests.see_other(f"{LOOK_PATH}?saved")
    if entry is None or entry.office is None:
        raise NotFound
    principal = await require_manager(request, entry.office)
    saved = await undo_office_change(runtime, AuditActor.from_principal(principal), entry.id)
    undo = f"&undo={saved.entry_id}" if saved.entry_id else ""
    is_about_hours = all(path.split(PATH_SEPARATOR)[0] in HOURS_TABLES for path in entry.before or {})
    path = _return_path(form.text("back"), saved.office.slug, "/hours" if is_about_hours else "")
    return requests.see_other(f"{path}?saved{undo}&undone")


def _return_path(back: str, slug: str, page: str) -> str:
    """Return the page that showed the button if it is of this office, else `page`."""
    office_path = f"{MANAGE_PATH}/o/{slug}"
    is_of_office = back.startswith(office_path + "/") and PAGE_PATH.fullmatch(back)
    return back if is_of_office else office_path + page


HOURS_TABLES = ("hours", "closures", "extra_openings")


PAGE_PATH = re.compile(r"(/[A-Za-z0-9_-]+)+")


routes = [Route(MANAGE_PATH + "/audit/{id}/undo", submit_undo, methods=["POST"])]
