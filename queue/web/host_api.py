"""JSON over HTTP for hosts: one person's priority and order, a line's walk-ins, a whole office's pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, Role, require
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.request_identity import request_key
from ...offices.service import Line, Office
from ..actions import host as hosting
from ..actions import pause, receiving
from ..actions.citizen import describe_ticket
from ..actions.ticket_request import IssuedTicket
from ..domain.ticket import Ticket
from .host_schemas import GiveMessage, OrderMessage, PauseMessage, PriorityMessage, StopMessage
from .schemas import ticket_request


async def _host(request: Request) -> Principal:
    return require(await requests.principal(request), Role.HOST)


async def _ticket(request: Request, ticket: Ticket) -> Response:
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        return requests.json_response(await describe_ticket(session, runtime, ticket, requests.language(request)))


# One person


async def priority(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/priority {class}`."""
    host, message = await _host(request), await requests.json_body(request, PriorityMessage)
    ticket = await hosting.set_priority(
        requests.runtime(request), host, request.path_params["id"], message.priority
    )
    return await _ticket(request, ticket)


async def order(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/order {reason}`."""
    host, message = await _host(request), await requests.json_body(request, OrderMessage)
    return await _ticket(
        request, await hosting.place(requests.runtime(request), host, request.path_params["id"], message.reason)
    )


async def helped(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/helped`."""
    host = await _host(request)
    return await _ticket(
        request, await hosting.help_given(requests.runtime(request), host, request.path_params["id"])
    )


async def leave(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/leave`."""
    host = await _host(request)
    return await _ticket(
        request, await hosting.give_up(requests.runtime(request), host, request.path_params["id"])
    )


# Whoever stands at the entrance


async def give(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/tickets`. A repeated key is answered before it comes here."""
    host, message = await _host(request), await requests.json_body(request, GiveMessage)
    asked = ticket_request(
        message,
        language=requests.language(request),
        device=None,
        address=requests.address_of(request),
        request_key=request_key(request),
        exempt=False,
    )
    issued = await receiving.give_ticket(
        requests.runtime(request),
        host,
        request.path_params["office"],
        replace(asked, override=message.override),
        preferential=message.preferential,
    )
    return await _issued(request, issued)


async def check_in(request: Request) -> Response:
    """`POST /api/v1/staff/appointments/{id}/check-in`: 201, or 200 with the ticket that there was."""
    host = await _host(request)
    issued = await receiving.check_in_appointment(requests.runtime(request), host, request.path_params["id"])
    return await _issued(request, issued)


async def _issued(request: Request, issued: IssuedTicket) -> Response:
    """With its secret: a host prints it, or holds it before the person's camera."""
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        shown = await describe_ticket(session, runtime, issued.ticket, requests.language(request))
    links = {"page": f"{runtime.public_url}/t/{issued.token}"}
    headers = {"Location": f"/api/v1/tickets/{issued.token}"}
    return requests.json_response(
        {**shown, "token": issued.token, "links": links}, 200 if issued.again else 201, headers
    )


# A line, an office

Switching = Callable[[Runtime, Principal, str, str | None], Awaitable[Office]]
Stopping = Callable[[Runtime, Principal, str, str | None], Awaitable[Line]]


def _switching(use_case: Switching) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host, message = await _host(request), await requests.json_body(request, PauseMessage)
        office = await use_case(requests.runtime(request), host, request.path_params["office"], message.message)
        return requests.json_response(
            {"office": office.slug, "paused": office.paused, "pause_message": office.pause_message}
        )

    return act


def _stopping(use_case: Stopping) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host, message = await _host(request), await requests.json_body(request, StopMessage)
        line = await use_case(requests.runtime(request), host, request.path_params["id"], message.reason)
        return requests.json_response(_line(line, requests.language(request)))

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
    _post("/offices/{office}/tickets", give),
    _post("/appointments/{id}/check-in", check_in),
    _post("/lines/{id}/stop", _stopping(pause.stop_line)),
    _post("/lines/{id}/open", _stopping(pause.open_line)),
    _post("/offices/{office}/pause", _switching(pause.pause)),
    _post("/offices/{office}/resume", _switching(pause.resume)),
]
