"""Routes and error texts of the manager's console, for server/app.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute

from ...core.web.late_routes import LateRoutes
from . import go_to
from .error_texts import ERROR_TEXTS as OFFICE_ERROR_TEXTS
from .look.site_texts import ERROR_TEXTS as SITE_ERROR_TEXTS
from .manage_page import MANAGE_PATH

__all__ = ["ERROR_TEXTS", "ROUTES"]

ERROR_TEXTS: Mapping[str, str] = {**OFFICE_ERROR_TEXTS, **SITE_ERROR_TEXTS}


def _load_pages() -> Sequence[BaseRoute]:
    from .page_routes import ROUTES  # 70 modules

    return ROUTES


ROUTES: list[BaseRoute] = [*go_to.routes, LateRoutes(MANAGE_PATH, _load_pages)]
