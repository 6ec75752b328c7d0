"""Routes and error texts of the manager's console, for server/app.py."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import BaseRoute

from . import home_page

__all__ = ["ERROR_TEXTS", "ROUTES"]

ERROR_TEXTS: Mapping[str, str] = {}
ROUTES: list[BaseRoute] = [*home_page.routes]
