"""Desks of an office, `/staff/manage/o/{office}/desks`: new ones, change, removal, order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.db.audit_entries import AuditActor
from ....core.errors import Conflict, FieldError, Invalid, NotFound
from ....core.i18n.catalogues import N_
from ....core.web import forms, requests
from ....offices.service import Office, OfficeDesk, OfficeDocument, office_by_slug
from ...actions.change_office import rename_office_desk
from ...domain.document_changes import Path, apply_values, value_at
from ...domain.part_edits import order_lines, require_part
from ...domain.proposals import is_number, propose_desk
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from ..office_form import FormField, FormValues, form_routes
from .part_form import PartForm, RemovePartForm, checked, submit_move
from .setup_page import render_part_list

DESKS_PATH = MANAGE_PATH + "/o/{office}/desks"
ARROW_OPTIONS = {"ahead": N_("Straight on"), "left": N_("To the left"), "right": N_("To the right")}
MAX_NEW_DESKS = 50  # more in one step is a mistyped number
LINE_PREFIX = "line."
NAME_LABEL = N_("Number or name")


class DeskForm(PartForm):
    """Way, arrow and lines of a desk.

    Each line has a field with its place in the order of preference.
    """

    section = "desks"
    table = "desks"
    template = "management/desk.html"

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return (
            FormField("way.es", self.path("way", "es"), N_("How to get there, in Spanish")),
            FormField("way.en", self.path("way", "en"), N_("How to get there, in English")),
            FormField("arrow", self.path("arrow"), N_("Arrow"), options=ARROW_OPTIONS),
        )

    def read(self, document: OfficeDocument) -> FormValues:
        return super().read(document) | line_places(value_at(document, self.path("lines")) or [])

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        places = {LINE_PREFIX + line: str(sent.get(LINE_PREFIX + line) or "") for line in document["lines"]}
        return super().typed(document, sent) | {name: place for name, place in places.items() if is_number(place)}

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        lines = {LINE_PREFIX + slug: line["names"]["es"] for slug, line in document["lines"].items()}
        return super().labels(document) | lines

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        served = order_lines({line: values.get(LINE_PREFIX + line) for line in document["lines"]})
        return apply_values(super().write(document, values), [(self.path("lines"), served)])

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {"lines": office.lines, "arrow_options": ARROW_OPTIONS}


class NewDesksForm(DeskForm):
    """The form of one new desk, or of several with consecutive numbers."""

    template = "management/desk_new.html"
    key = "-"  # until the name is typed
    names: Sequence[str] = ()

    def read(self, document: OfficeDocument) -> FormValues:
        return super().read({**document, "desks": {}}) | {"name": "", "last": ""}

    def proposed(self, document: OfficeDocument) -> FormValues:
        known = self.read(document) | line_places(document["lines"])
        return known | {"name": propose_desk(document["desks"]), "arrow": "ahead"}

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        texts = {name: " ".join(str(sent.get(name) or "").split()) for name in ("name", "last")}
        return super().typed(document, sent) | texts

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        own = {"name": NAME_LABEL, "last": N_("Up to number (optional)")}
        return super().labels(document) | own

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        dotted = ".".join(path)
        for name in self.names:  # the desks have the same values
            if dotted.startswith(f"desks.{name}."):
                path = (*self.path(), *dotted.removeprefix(f"desks.{name}.").split("."))
        return super().field_of_path(document, path) or ("last" if path == ("last",) else "name")

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        self.names, errors = new_desk_names(values["name"], values["last"], document["desks"])
        changed = document
        for name in self.names:
            self.key = name  # the last one stays for `field_of_path`
            changed = super().write(changed, values)
        return checked(changed, errors)


class ChangedDeskForm(DeskForm):
    """The form of a present desk.

    Its address has the id of the desk, because a name may hold any character.
    """

    desk: OfficeDesk

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:
        self.desk = present_desk(office, self.request.path_params["desk"])
        self.key = self.desk.name

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        require_part(document, self.table, self.key)
        return super().write(document, values)

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {**super().context(office, document), "desk": self.desk}


class RemoveDeskForm(RemovePartForm):
    """The question whether a desk is removed."""

    section = "desks"
    table = "desks"
    template = "management/desk_remove.html"
    desk: OfficeDesk

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:
        self.desk = present_desk(office, self.request.path_params["desk"])
        self.key = self.desk.name

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        others = [one for one in office.desks if one.id != self.desk.id]
        served = {line_id for one in others for line_id in one.line_ids}
        alone = [line for line in office.lines if line.id in self.desk.line_ids and line.id not in served]
        return {"desk": self.desk, "unserved": alone}


def line_places(lines: Iterable[str]) -> FormValues:
    """Return the values of the fields that tell in which order a desk serves these lines."""
    return {LINE_PREFIX + line: str(place) for place, line in enumerate(lines, 1)}


def new_desk_names(first: str, last: str, taken: Mapping[str, Any]) -> tuple[list[str], list[FieldError]]:
    """Return the names of new desks, and what is wrong with them.

    `last` is empty for a single desk.
    """
    if not first:
        return ["-"], [FieldError("office.name", "required")]
    names = [first]
    if last:
        if not is_number(first):
            return names, [FieldError("office.name", "number_for_several")]
        if not is_number(last) or not int(first) <= int(last) < int(first) + MAX_NEW_DESKS:
            params = {"min": first, "max": int(first) + MAX_NEW_DESKS - 1}
            return names, [FieldError("office.last", "out_of_range", params)]
        names = [str(number) for number in range(int(first), int(last) + 1)]
    if present := [name for name in names if name in taken]:
        return names, [FieldError("office.name", "desks_taken", {"desks": ", ".join(present)})]
    return names, []


def present_desk(office: Office, desk_id: str) -> OfficeDesk:
    """Return a desk that is not removed. Raises NotFound."""
    desk = office.desk(desk_id)
    if desk.removed:
        raise NotFound
    return desk


async def list_desks(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/desks`."""
    return await render_part_list(request, "desks", "management/desks.html", arrow_options=ARROW_OPTIONS)


async def order_desks(request: Request) -> Response:
    """`POST /staff/manage/o/{office}/desks/order`: move one up or down."""
    return await submit_move(request, "desks")


async def show_desk_name(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/desks/{desk}/rename`."""
    return await _rename_page(request)


async def submit_desk_name(request: Request) -> Response:
    """`POST /staff/manage/o/{office}/desks/{desk}/rename`.

    The desk keeps its tickets and its agent.
    """
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    sent = await forms.read_form(request)
    typed = " ".join(str(sent.get("name") or "").split())
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        desk = present_desk(await office_by_slug(session, slug), request.path_params["desk"])
    if typed != desk.name:
        try:
            actor = AuditActor.from_principal(principal)
            await rename_office_desk(runtime, actor, slug, desk.name, typed)
        except Conflict as taken:
            return await _rename_page(request, typed, requests.error_text(request, taken.code), 409)
        except Invalid as invalid:
            first = invalid.fields[0]
            code = "required" if not typed else first.code
            return await _rename_page(request, typed, requests.error_text(request, code, first.params), 422)
    return requests.see_other(f"{MANAGE_PATH}/o/{slug}/desks?saved")


async def _rename_page(
    request: Request, typed: str | None = None, error: str | None = None, status_code: int = 200
) -> Response:
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, slug)
    desk = present_desk(office, request.path_params["desk"])
    return render_manage_page(
        request,
        "management/desk_rename.html",
        principal,
        section="desks",
        office=office,
        status_code=status_code,
        desk=desk,
        typed=desk.name if typed is None else typed,
        errors={"name": error} if error else {},
        page_url=request.url.path,
    )


routes = [
    Route(DESKS_PATH, list_desks, methods=["GET"]),
    Route(DESKS_PATH + "/order", order_desks, methods=["POST"]),
    *form_routes(DESKS_PATH + "/new", NewDesksForm),
    *form_routes(DESKS_PATH + "/{desk}", ChangedDeskForm),
    Route(DESKS_PATH + "/{desk}/rename", show_desk_name, methods=["GET"]),
    Route(DESKS_PATH + "/{desk}/rename", submit_desk_name, methods=["POST"]),
    *form_routes(DESKS_PATH + "/{desk}/remove", RemoveDeskForm),
]
