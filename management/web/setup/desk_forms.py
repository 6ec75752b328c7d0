"""Desks of an office, `/staff/manage/o/{office}/desks`: adding, change, removal, order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.db.audit_entries import AuditActor
from ....core.errors import Conflict, FieldError, Invalid, NotFound
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, read_form
from ....offices.service import ARROWS, Office, OfficeDesk, OfficeDocument, office_by_slug
from ...actions.change_office import rename_office_desk
from ...domain.document_changes import value_at
from ...domain.part_edits import order_lines, require_part
from ...domain.proposals import is_number, propose_desk
from ..change_texts import NO_VALUE
from ..document_form import OFFICE_PATH, DocumentForm, OpenedForm, form_routes, write_fields
from ..form_fields import NEW_KEY, FormField, FormValues, KeyField, details_to_show, part_fields
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from .part_form import checked, removal_form, submit_move, with_new_part
from .setup_page import render_part_list

DESKS_PATH = OFFICE_PATH + "/desks"
MAX_NEW_DESKS = 50  # more in one step is a mistyped number
LINE_PREFIX = "line."
NAME_LABEL = N_("Number or name")


@dataclass(frozen=True, slots=True)
class LinePlacesField(FormField):
    """Lines that a desk serves: each has an input with its place in the order of preference.

    `lines`: the names of the lines by slug.
    """

    lines: Mapping[str, str] = field(default_factory=dict)

    def read(self, document: Mapping[str, Any]) -> Any:
        return line_places(value_at(document, self.path) or [])

    def typed(self, sent: FormData) -> Any:
        places = {line: str(sent.get(LINE_PREFIX + line) or "") for line in self.lines}
        return {line: place for line, place in places.items() if is_number(place)}

    def to_value(self, typed: Any) -> Any:
        return order_lines({line: typed.get(line) for line in self.lines})

    def typed_text(self, t: GettextFunction, typed: Any) -> str:
        return (
            ", ".join(f"{place}: {self.lines.get(line, line)}" for line, place in sorted(typed.items()))
            or NO_VALUE
        )


def _desk_fields(opened: OpenedForm, key: str) -> list[FormField]:
    part = ("desks", key)
    lines = {line.slug: line.name(opened.language) for line in opened.office.lines}
    return [
        LinePlacesField("lines", (*part, "lines"), N_("Queues that it calls"), lines=lines),
        *part_fields(OfficeDesk, part, opened.languages),
    ]


def _desk_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    details = details_to_show(opened.fields)
    return {"lines": opened.office.lines, "arrow_options": ARROWS, "details": details}


# A present desk. Its address has the id of the desk, because a name may hold any character.


def _present_desk(opened: OpenedForm) -> OfficeDesk:
    return present_desk(opened.office, opened.part("desk"))


def _change_desk(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    require_part(document, "desks", _present_desk(opened).name)
    return write_fields(opened, document, values)


CHANGED_DESK = DocumentForm(
    section="desks",
    template="management/desk.html",
    fields=lambda opened: _desk_fields(opened, _present_desk(opened).name),
    done=DESKS_PATH,
    edit=_change_desk,
    context=lambda opened, values: {**_desk_context(opened, values), "desk": _present_desk(opened)},
)


# New desks: a single desk, or several with consecutive numbers


def _new_desk_fields(opened: OpenedForm) -> Sequence[FormField]:
    last = FormField("last", (), N_("Up to number (optional)"))
    return [KeyField("name", ("desks", NEW_KEY), NAME_LABEL), last, *_desk_fields(opened, NEW_KEY)]


def _propose_desk(opened: OpenedForm) -> FormValues:
    document = opened.document
    return {"name": propose_desk(document["desks"]), "arrow": "ahead", "lines": line_places(document["lines"])}


def _add_desks(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    first, last = (" ".join(values[name].split()) for name in ("name", "last"))
    names, errors = new_desk_names(first, last, document["desks"])
    for name in names:
        document = with_new_part(opened, document, values, "desks", name)
    return checked(document, errors, opened.language_choice)


NEW_DESKS = replace(
    CHANGED_DESK,
    template="management/desk_new.html",
    fields=_new_desk_fields,
    propose=_propose_desk,
    edit=_add_desks,
    context=_desk_context,
)


def _removed_desk_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    office, desk = opened.office, _present_desk(opened)
    served = {line_id for other in office.desks if other.id != desk.id for line_id in other.line_ids}
    unserved = [line for line in office.lines if line.id in desk.line_ids and line.id not in served]
    return {"desk": desk, "unserved": unserved}


REMOVED_DESK = removal_form(
    "desks",
    "desks",
    "management/desk_remove.html",
    lambda opened: _present_desk(opened).name,
    done=DESKS_PATH,
    context=_removed_desk_context,
)


def line_places(lines: Iterable[str]) -> FormValues:
    """Return the place of each line, by slug, in the order in which a desk serves them."""
    return {line: str(place) for place, line in enumerate(lines, 1)}


def new_desk_names(first: str, last: str, taken: Mapping[str, Any]) -> tuple[list[str], list[FieldError]]:
    """Return the names of new desks, and what is wrong with them.

    `last` is empty for a single desk.
    """
    if not first:
        return [NEW_KEY], [FieldError("office.name", "required")]
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
    return await render_part_list(request, "desks", "management/desks.html", arrow_options=ARROWS)


async def order_desks(request: Request) -> Response:
    """`POST /staff/manage/o/{office}/desks/order`: move a desk up or down."""
    return await submit_move(request, "desks")


async def show_desk_name(request: Request) -> Response:
    return await _rename_page(request)


async def submit_desk_name(request: Request) -> Response:
    """`POST /staff/manage/o/{office}/desks/{desk}/rename`.

    The desk keeps its tickets and its agent.
    """
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    form = await read_form(request)
    typed = " ".join(form.text("name").split())
    async with form.runtime.read_session() as session:
        desk = present_desk(await office_by_slug(session, slug), request.path_params["desk"])
    with form.catch(Invalid, Conflict, refused_field="name") as problem:
        if not typed:
            raise Invalid(FieldError("name", "required"))
        if typed != desk.name:
            actor = AuditActor.from_principal(principal)
            await rename_office_desk(form.runtime, actor, slug, desk.name, typed)
        return requests.see_other(f"{MANAGE_PATH}/o/{slug}/desks?saved")
    return await _rename_page(request, typed, problem)


async def _rename_page(request: Request, typed: str | None = None, problem: FormProblem = NO_PROBLEM) -> Response:
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
        desk=desk,
        typed=desk.name if typed is None else typed,
        page_url=request.url.path,
        **problem.context | {"errors": dict(zip(("name",), problem.errors.values(), strict=False))},
    )


routes = [
    Route(DESKS_PATH, list_desks, methods=["GET"]),
    Route(DESKS_PATH + "/order", order_desks, methods=["POST"]),
    *form_routes(DESKS_PATH + "/new", NEW_DESKS),
    *form_routes(DESKS_PATH + "/{desk}", CHANGED_DESK),
    Route(DESKS_PATH + "/{desk}/rename", show_desk_name, methods=["GET"]),
    Route(DESKS_PATH + "/{desk}/rename", submit_desk_name, methods=["POST"]),
    *form_routes(DESKS_PATH + "/{desk}/remove", REMOVED_DESK),
]
