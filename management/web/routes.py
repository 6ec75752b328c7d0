"""Routes and error texts of the manager's console, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import details_page, home_page, key_pages, people_pages, person_pages, undo_page
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *home_page.routes,
    *details_page.routes,
    *people_pages.routes,
    *person_pages.routes,
    *key_pages.routes,
    *undo_page.routes,
]
