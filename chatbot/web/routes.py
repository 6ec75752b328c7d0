"""Routes and error texts of the assistant, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from ...core.web.late_endpoint import Endpoint, late_endpoint
from .error_texts import ERROR_TEXTS
from .paths import LEAVE_PATH, PATH

__all__ = ["ERROR_TEXTS", "ROUTES"]

# Grammars and dialogue are the largest part of the product, which many processes never use.


def _load_page() -> Endpoint:
    from .chat_page import show_chat_page

    return show_chat_page


def _load_form() -> Endpoint:
    from .chat_page import post_chat_form

    return post_chat_form


def _load_leave() -> Endpoint:
    from .chat_page import leave_page

    return leave_page


def _load_api() -> Endpoint:
    from .api import post_chat

    return post_chat


ROUTES: list[BaseRoute] = [
    Route(PATH, late_endpoint(_load_page)),
    Route(PATH, late_endpoint(_load_form), methods=["POST"]),
    Route(LEAVE_PATH, late_endpoint(_load_leave), methods=["POST"]),
    Route("/api/v1/chat", late_endpoint(_load_api), methods=["POST"]),
]
