"""JSON over HTTP for hosts: one person's priority and order, a line's walk-ins, a whole office's pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core import web
from ..core.auth import Principal, Role, require
from ..core.runtime import Runtime
from ..offices.service import Line, Office
from . import halting, hosting
from .holding import describe
from .host_messages import OrderMessage, PauseMessage, PriorityMessage, StopMessage
from .ticket import Ticket


async def _host(request: Request) -> Principal:
    return require(await web.principal(request), Role.HOST)


async def _ticket(request: Request, ticket: Ticket) -> Response:
    runtime = web.runtime(request)
    async with runtime.reading() as session:
        return web.json_response(await describe(session, runtime, ticket.id, web.language(request)))


# One person


async def priority(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/priority {class}`."""
    host, message = await _host(request), await web.json_body(request, PriorityMessage)
    ticket = await hosting.set_priority(web.runtime(request), host, request.path_params["id"], message.priority)
    return await _ticket(request, ticket)


async def order(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/order {reason}`."""
    host, message = await _host(request), await web.json_body(request, OrderMessage)
    return await _ticket(
        request, await hosting.place(web.runtime(request), host, request.path_params["id"], message.reason)
    )


async def helped(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/helped`."""
    host = await _host(request)
    return await _ticket(request, await hosting.help_given(web.runtime(request), host, request.path_params["id"]))


async def leave(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/leave`."""
    host = await _host(request)
    return await _ticket(request, await hosting.give_up(web.runtime(request), host, request.path_params["id"]))


# A line, an office

Switching = Callable[[Runtime, Principal, str, str | None], Awaitable[Office]]
Stopping = Callable[[Runtime, Principal, str, str | None], Awaitable[Line]]


def _switching(use_case: Switching) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host, message = await _host(request), await web.json_body(request, PauseMessage)
        office = await use_case(web.runtime(request), host, request.path_params["office"], message.message)
        return web.json_response(
            {"office": office.slug, "paused": office.paused, "pause_message": office.pause_message}
        )

    return act


def _stopping(use_case: Stopping) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host, message = await _host(request), await web.json_body(request, StopMessage)
        line = await use_case(web.runtime(request), host, request.path_params["id"], message.reason)
        return web.json_response(_line(line, web.language(request)))

    return act


def _line(line: Line, language: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "slug": line.slug,
        "name": line.name(language),
        "stopped": line.stopped,
        "stop_reason": line.stop_reason,
    }


def _post(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(f"/api/v1/staff{path}", endpoint, methods=["POST"])


routes = [
    _post("/tickets/{id}/priority", priority),
    _post("/tickets/{id}/order", order),
    _post("/tickets/{id}/helped", helped),
    _post("/tickets/{id}/leave", leave),
    _post("/lines/{id}/stop", _stopping(halting.stop_line)),
    _post("/lines/{id}/open", _stopping(halting.open_line)),
    _post("/offices/{office}/pause", _switching(halting.pause)),
    _post("/offices/{office}/resume", _switching(halting.resume)),
]
