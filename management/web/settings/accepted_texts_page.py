"""Texts that citizens accept in a video call, `/staff/manage/o/{office}/settings/texts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.web import requests
from ....offices.service import AcceptedText, OfficeDocument, office_by_slug
from ..document_form import DocumentForm, OpenedForm, form_routes
from ..form_fields import NEW_KEY, FormField, FormValues, part_fields
from ..manage_page import render_manage_page, require_manager
from ..setup.part_form import propose_key, removal_form, require_key, with_new_part
from .settings_pages import SETTINGS_PATH

TEXTS_PATH = SETTINGS_PATH + "/texts"
UNNAMED_KEY = "text"  # for a title without a Latin letter


def _text_fields(opened: OpenedForm, key: str) -> Sequence[FormField]:
    return part_fields(AcceptedText, ("texts", key), opened.languages)


def _add_text(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Add the text; its key is made of its title."""
    key = propose_key(opened, values, "title", document["texts"], UNNAMED_KEY)
    return with_new_part(opened, document, values, "texts", key)


# Texts that were accepted before keep their words
CHANGED_TEXT = DocumentForm(
    section="settings",
    template="management/accepted_text.html",
    fields=lambda opened: _text_fields(opened, require_key(opened, "texts", opened.part("text"))),
    done=TEXTS_PATH,
    action="settings.changed",
)
NEW_TEXT = replace(
    CHANGED_TEXT,
    template="management/accepted_text_new.html",
    fields=lambda opened: _text_fields(opened, NEW_KEY),
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
