"""Lines of an office: list, new, change, removal. `/staff/manage/o/{office}/lines`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import FieldError, Refused
from ....core.i18n.catalogues import N_
from ....offices.service import Office, OfficeDocument
from ...domain.part_edits import add_line_to_desks, require_part, services_of_line
from ...domain.proposals import unused_codes
from ..manage_page import MANAGE_PATH
from ..office_form import FormField, FormValues, form_routes
from .part_form import NewPartForm, PartForm, RemovePartForm, checked
from .setup_page import render_part_list

LINES_PATH = MANAGE_PATH + "/o/{office}/lines"
ALL_DESKS = "all_desks"


class LineForm(PartForm):
    """Names, letter and daily quota of a line."""

    section = "lines"
    table = "lines"
    template = "management/line.html"

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return (
            FormField("names.es", self.path("names", "es"), N_("Name in Spanish")),
            FormField("names.en", self.path("names", "en"), N_("Name in English")),
            FormField("letter", self.path("letter"), N_("Letter of the queue")),
            FormField(
                "daily_quota", self.path("daily_quota"), N_("Most people without appointment in a day"), "number"
            ),
        )

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        return checked(super().write(document, values), self._code_errors(document, values["letter"]))

    def _code_errors(self, document: OfficeDocument, typed: str) -> list[FieldError]:
        owners = [line for slug, line in document["lines"].items() if line["letter"] == typed and slug != self.key]
        if not owners:
            return []
        name = owners[0]["names"]["es"]
        return [FieldError(".".join(("office", *self.path("letter"))), "taken", {"by": name})]

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        own = document["lines"].get(self.key, {}).get("letter")
        taken = {line["letter"] for line in document["lines"].values()} - {own}
        return {"letters": unused_codes(taken)}


class NewLineForm(NewPartForm, LineForm):
    """The form of a new line, which the desks can serve at once."""

    template = "management/line_new.html"

    def read(self, document: OfficeDocument) -> FormValues:
        return super().read(document) | {ALL_DESKS: False}

    def proposed(self, document: OfficeDocument) -> FormValues:
        taken = {line["letter"] for line in document["lines"].values()}
        return self.read(document) | {"letter": next(iter(unused_codes(taken)), ""), ALL_DESKS: True}

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        return super().typed(document, sent) | {ALL_DESKS: ALL_DESKS in sent}

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        return super().labels(document) | {ALL_DESKS: N_("All desks serve this queue too")}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        changed = super().write(document, values)
        return add_line_to_desks(changed, self.key) if values[ALL_DESKS] else changed


class ChangedLineForm(LineForm):
    """The form of a present line."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.key = request.path_params["line"]

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        require_part(document, self.table, self.key)
        return super().fields(document)

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {**super().context(office, document), "line": office.line(self.key)}


class RemoveLineForm(RemovePartForm):
    """The question whether a line is removed. Its services must go or move first."""

    section = "lines"
    table = "lines"
    template = "management/line_remove.html"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.key = request.path_params["line"]

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        if services := services_of_line(document, self.key):
            names = ", ".join(document["services"][slug]["names"]["es"] for slug in services)
            raise Refused("line_has_services", services=names)
        return super().write(document, values)

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        line = office.line(self.key)
        return {
            "line": line,
            "services": [service for service in office.services if service.line_id == line.id],
            "desks": [desk for desk in office.desks if line.id in desk.line_ids],
        }


async def list_lines(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/lines`."""
    return await render_part_list(request, "lines", "management/lines.html")


routes = [
    Route(LINES_PATH, list_lines, methods=["GET"]),
    *form_routes(LINES_PATH + "/new", NewLineForm),
    *form_routes(LINES_PATH + "/{line}", ChangedLineForm),
    *form_routes(LINES_PATH + "/{line}/remove", RemoveLineForm),
]
