"""Routes and error texts of the manager's console, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import home_page
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [*home_page.routes]
