"""Routes and error texts of the assistant, for server/app.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.routing import BaseRoute, Route

from ...core.json_types import JsonObject
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute
from ...core.web.late_endpoint import Endpoint, late_endpoint
from ...core.web.limited_route import LimitedRoute, WriteLimit
from .error_texts import ERROR_TEXTS
from .paths import LEAVE_PATH, PATH
from .schemas import Answer, ChatMessage

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


def _load_api() -> Callable[[ApiRequest[ChatMessage]], Awaitable[JsonObject]]:
    from .api import post_chat

    return post_chat


ROUTES: list[BaseRoute] = [
    Route(PATH, late_endpoint(_load_page)),
    LimitedRoute(PATH, late_endpoint(_load_form), WriteLimit.CHATS),
    LimitedRoute(LEAVE_PATH, late_endpoint(_load_leave), WriteLimit.CHATS),
    ApiRoute(
        "POST /chat",
        late_endpoint(_load_api),
        "Talk to the assistant",
        ApiAccess.PUBLIC,
        Answer,
        body=ChatMessage,
        errors={410: ("chat_over",), 429: ("chat_too_long",), 409: ("in_progress",)},
        example={"text": "Quiero una cita para el padrón", "language": "es"},
        limit=WriteLimit.CHATS,
    ),
]
