"""Lines of an office: list, new, change, removal. `/staff/manage/o/{office}/lines`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import FieldError, Refused
from ....core.i18n.catalogues import N_
from ....core.i18n.languages import text_in_language
from ....offices.service import OfficeDocument, OfficeLine
from ...domain.part_edits import add_line_to_desks, remove_part, services_of_line
from ...domain.proposals import unused_codes
from ..document_form import OFFICE_PATH, DocumentForm, OpenedForm, form_routes, write_fields
from ..form_fields import NEW_KEY, FormField, FormValues, part_fields
from .part_form import add_part, checked, removal_form, require_key, slug_field
from .setup_page import render_part_list

LINES_PATH = OFFICE_PATH + "/lines"
ALL_DESKS = "all_desks"


def _line_fields(opened: OpenedForm, key: str) -> Sequence[FormField]:
    return part_fields(OfficeLine, ("lines", key), opened.languages)


def _code_errors(opened: OpenedForm, key: str, typed: str) -> list[FieldError]:
    owners = [line for line in opened.office.lines if line.letter == typed and line.slug != key]
    return [
        FieldError(f"office.lines.{key}.letter", "taken", {"by": owner.name(opened.language)})
        for owner in owners[:1]
    ]


def _unused_codes(opened: OpenedForm, key: str | None = None) -> list[str]:
    lines = opened.document["lines"]
    return list(unused_codes({line["letter"] for slug, line in lines.items() if slug != key}))


# A present line


def _changed_line_fields(opened: OpenedForm) -> Sequence[FormField]:
    return _line_fields(opened, require_key(opened, "lines", opened.part("line")))


def _change_line(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    errors = _code_errors(opened, opened.part("line"), values["letter"])
    return checked(write_fields(opened, document, values), errors, opened.language_choice)


def _changed_line_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    key = opened.part("line")
    return {"letters": _unused_codes(opened, key), "line": opened.office.line(key)}


CHANGED_LINE = DocumentForm(
    section="lines",
    template="management/line.html",
    fields=_changed_line_fields,
    done=LINES_PATH,
    edit=_change_line,
    context=_changed_line_context,
)


# A new line, which the desks can serve at once


def _new_line_fields(opened: OpenedForm) -> Sequence[FormField]:
    all_desks = FormField(ALL_DESKS, (), N_("All desks serve this queue too"), "flag")
    return [*_line_fields(opened, NEW_KEY), slug_field("lines"), all_desks]


def _propose_line(opened: OpenedForm) -> FormValues:
    return {"letter": next(iter(_unused_codes(opened)), ""), ALL_DESKS: True}


def _add_line(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    added, key, errors = add_part(opened, document, values, "lines")
    added = checked(added, errors + _code_errors(opened, key, values["letter"]), opened.language_choice)
    return add_line_to_desks(added, key) if values[ALL_DESKS] else added


NEW_LINE = replace(
    CHANGED_LINE,
    template="management/line_new.html",
    fields=_new_line_fields,
    propose=_propose_line,
    edit=_add_line,
    context=lambda opened, values: {"letters": _unused_codes(opened)},
)


# Removal: the services of a line must go or move first


def _remove_line(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    key = opened.part("line")
    if services := services_of_line(document, key):
        names = ", ".join(
            text_in_language(document["services"][slug]["names"], opened.language) for slug in services
        )
        raise Refused("line_has_services", services=names)
    return remove_part(document, "lines", key)


def _removed_line_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    line = opened.office.line(opened.part("line"))
    return {
        "line": line,
        "services": [service for service in opened.office.services if service.line_id == line.id],
        "desks": [desk for desk in opened.office.desks if line.id in desk.line_ids],
    }


REMOVED_LINE = removal_form(
    "lines",
    "lines",
    "management/line_remove.html",
    lambda opened: opened.part("line"),
    done=LINES_PATH,
    edit=_remove_line,
    context=_removed_line_context,
)


async def list_lines(request: Request) -> Response:
    return await render_part_list(request, "lines", "management/lines.html")


routes = [
    Route(LINES_PATH, list_lines, methods=["GET"]),
    *form_routes(LINES_PATH + "/new", NEW_LINE),
    *form_routes(LINES_PATH + "/{line}", CHANGED_LINE),
    *form_routes(LINES_PATH + "/{line}/remove", REMOVED_LINE),
]
