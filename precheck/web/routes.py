"""Routes and error texts of the connection test, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import api, citizen_pages, report_download, staff_pages, walk_page
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES", "TEST_ROUTES"]

ROUTES: list[BaseRoute] = [
    *walk_page.routes,  # before the results, whose addresses would contain them
    *citizen_pages.routes,
    *report_download.routes,
    *api.staff_routes,
    *staff_pages.routes,
]

TEST_ROUTES: list[BaseRoute] = [
    *api.routes,
]
