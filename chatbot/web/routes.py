"""Routes and error texts of the assistant, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import api, chat_page
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *chat_page.routes,
    *api.routes,
]
