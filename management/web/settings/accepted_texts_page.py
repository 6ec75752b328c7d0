"""Texts that citizens accept in a video call, `/staff/manage/o/{office}/settings/texts`."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import OfficeDocument, office_by_slug
from ...actions.change_office import SavedOffice
from ...domain.part_edits import require_part
from ...domain.proposals import propose_slug
from ..manage_page import render_manage_page, require_manager
from ..office_form import FormField, FormValues, form_routes
from ..setup.part_form import PartForm, RemovePartForm
from .settings_pages import SETTINGS_PATH

TEXTS_PATH = SETTINGS_PATH + "/texts"
UNNAMED_KEY = "text"  # for a title without a Latin letter


class AcceptedTextForm(PartForm):
    """Title and body of a text, in both languages."""

    section = "settings"
    table = "texts"
    template = "management/accepted_text.html"
    action = "settings.changed"

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return (
            FormField("title.es", self.path("title", "es"), N_("Title in Spanish")),
            FormField("title.en", self.path("title", "en"), N_("Title in English")),
            FormField("body.es", self.path("body", "es"), N_("Text in Spanish")),
            FormField("body.en", self.path("body", "en"), N_("Text in English")),
        )

    def done_url(self, saved: SavedOffice) -> str:
        return TEXTS_PATH.format(office=self.slug)


class NewAcceptedTextForm(AcceptedTextForm):
    """The form of a new text. Its key is made of the Spanish title."""

    template = "management/accepted_text_new.html"
    key = "-"  # until the title is typed

    def read(self, document: OfficeDocument) -> FormValues:
        return {one.name: "" for one in self.fields(document)}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        taken = document[self.table]
        self.key = propose_slug(values["title.es"], taken) or propose_slug(UNNAMED_KEY, taken)
        return super().write(document, values)


class ChangedAcceptedTextForm(AcceptedTextForm):
    """The form of a present text. Texts that were accepted before keep their words."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.key = request.path_params["text"]

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        require_part(document, self.table, self.key)
        return super().fields(document)


class RemoveAcceptedTextForm(RemovePartForm):
    """The question whether a text is removed."""

    section = "settings"
    table = "texts"
    template = "management/accepted_text_remove.html"
    action = "settings.changed"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.key = request.path_params["text"]

    def fields(self, document: OfficeDocument) -> tuple[()]:
        require_part(document, self.table, self.key)
        return ()

    def done_url(self, saved: SavedOffice) -> str:
        return TEXTS_PATH.format(office=self.slug)


async def list_texts(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/settings/texts`: all texts."""
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, slug)
    return render_manage_page(
        request, "management/accepted_texts.html", principal, section="settings", office=office
    )


routes = [
    Route(TEXTS_PATH, list_texts, methods=["GET"]),
    *form_routes(TEXTS_PATH + "/new", NewAcceptedTextForm),
    *form_routes(TEXTS_PATH + "/{text}", ChangedAcceptedTextForm),
    *form_routes(TEXTS_PATH + "/{text}/remove", RemoveAcceptedTextForm),
]
