"""Routes and error texts of the manager's console, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import (
    audit_page,
    choice_lists_page,
    details_page,
    key_pages,
    look_pages,
    people_pages,
    person_pages,
    settings_pages,
    undo_page,
)
from .error_texts import ERROR_TEXTS
from .hours import closures_page, extra_openings_page, holidays_page, settle_page, week_page

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *audit_page.routes,
    *choice_lists_page.routes,
    *closures_page.routes,
    *details_page.routes,
    *extra_openings_page.routes,
    *holidays_page.routes,
    *key_pages.routes,
    *look_pages.routes,
    *people_pages.routes,
    *person_pages.routes,
    *settings_pages.routes,
    *settle_page.routes,
    *undo_page.routes,
    *week_page.routes,
]
