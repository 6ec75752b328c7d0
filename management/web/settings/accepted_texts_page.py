"""Texts that citizens accept in a video call, `/staff/manage/o/{office}/settings/texts`."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import OfficeDocument, office_by_slug
from ...domain.proposals import propose_slug
from ..document_form import DocumentForm, OpenedForm, form_routes
from ..form_fields import NEW_KEY, FormField, FormValues
from ..manage_page import render_manage_page, require_manager
from ..setup.part_form import removal_form, require_key, with_new_part
from .settings_pages import SETTINGS_PATH

TEXTS_PATH = SETTINGS_PATH + "/texts"
UNNAMED_KEY = "text"  # for a title without a Latin letter


def _text_fields(key: str) -> list[FormField]:
    part = ("texts", key)
    return [
        FormField("title.es", (*part, "title", "es"), N_("Title in Spanish")),
        FormField("title.en", (*part, "title", "en"), N_("Title in English")),
        FormField("body.es", (*part, "body", "es"), N_("Text in Spanish")),
        FormField("body.en", (*part, "body", "en"), N_("Text in English")),
    ]


def _add_text(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Add the text; its key is made of the Spanish title."""
    taken = document["texts"]
    key = propose_slug(values["title.es"], taken) or propose_slug(UNNAMED_KEY, taken)
    return with_new_part(opened, document, values, "texts", key)


# Texts that were accepted before keep their words
CHANGED_TEXT = DocumentForm(
    section="settings",
    template="management/accepted_text.html",
    fields=lambda opened: _text_fields(require_key(opened, "texts", opened.part("text"))),
    done=TEXTS_PATH,
    action="settings.changed",
)
NEW_TEXT = replace(
    CHANGED_TEXT,
    template="management/accepted_text_new.html",
    fields=lambda opened: _text_fields(NEW_KEY),
    edit=_add_text,
)
REMOVED_TEXT = removal_form(
    "settings",
    "texts",
    "management/accepted_text_remove.html",
    lambda opened: opened.part("text"),
    done=TEXTS_PATH,
    action="settings.changed",
)


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
    *form_routes(TEXTS_PATH + "/new", NEW_TEXT),
    *form_routes(TEXTS_PATH + "/{text}", CHANGED_TEXT),
    *form_routes(TEXTS_PATH + "/{text}/remove", REMOVED_TEXT),
]
