"""Routes and error texts of the manager's console, for server/app.py."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import BaseRoute

from . import details_page, home_page, key_pages, look_pages, people_pages, person_pages, site_texts, undo_page
from .error_texts import ERROR_TEXTS as OFFICE_ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ERROR_TEXTS: Mapping[str, str] = {**OFFICE_ERROR_TEXTS, **site_texts.ERROR_TEXTS}
ROUTES: list[BaseRoute] = [
    *home_page.routes,
    *details_page.routes,
    *people_pages.routes,
    *person_pages.routes,
    *key_pages.routes,
    *undo_page.routes,
    *look_pages.routes,
]
