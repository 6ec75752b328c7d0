"""Taking back of a change of an office, `/staff/manage/audit/{id}/undo`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.db.audit_entries import AuditActor, audit_entry_by_id
from ...core.errors import NotFound
from ...core.web import forms, requests
from ..actions.change_office import PATH_SEPARATOR, undo_office_change
from .manage_page import MANAGE_PATH, require_manager


async def submit_undo(request: Request) -> Response:
    """Give the values of an audit entry their former values again, and show the office.

    Raises NotAllowed, NotFound, Refused("cannot_undo"), Conflict("changed_since").
    """
    await require_manager(request)
    await forms.read_form(request)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        entry = await audit_entry_by_id(session, request.path_params["id"])
    if entry is None or entry.office is None:
        raise NotFound
    principal = await require_manager(request, entry.office)
    saved = await undo_office_change(runtime, AuditActor.from_principal(principal), entry.id)
    undo = f"&undo={saved.entry_id}" if saved.entry_id else ""
    is_about_hours = all(path.split(PATH_SEPARATOR)[0] in HOURS_TABLES for path in entry.before or {})
    page = "hours?undone&saved" if is_about_hours else "details?saved"
    return requests.see_other(f"{MANAGE_PATH}/o/{saved.office.slug}/{page}{undo}")


HOURS_TABLES = ("hours", "closures", "extra_openings")


routes = [Route(MANAGE_PATH + "/audit/{id}/undo", submit_undo, methods=["POST"])]
