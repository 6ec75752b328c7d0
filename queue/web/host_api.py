"""JSON over HTTP for hosts: one person's priority and order, a line's walk-ins, a whole office's pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.request_identity import hashed_idempotency_key
from ...offices.service import Office, OfficeLine
from ..actions import host as hosting
from ..actions import pause, receiving
from ..actions.citizen import describe_ticket
from ..actions.ticket_request import IssuedTicket
from ..domain.ticket import Ticket
from .schemas import GiveMessage, OrderMessage, PauseMessage, PriorityMessage, StopMessage, to_ticket_request


async def _require_host(request: Request) -> Principal:
    return require_role(await requests.current_principal(request), StaffRole.HOST)


async def _ticket_response(request: Request, ticket: Ticket) -> Response:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        return requests.json_response(
            await describe_ticket(session, runtime, ticket, requests.current_language(request))
        )


# One person


async def post_priority(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/priority {class}`."""
    host, message = await _require_host(request), await requests.read_json_body(request, PriorityMessage)
    ticket = await hosting.set_priority(
        requests.current_runtime(request), host, request.path_params["id"], message.priority
    )
    return await _ticket_response(request, ticket)


async def post_order(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/order {reason}`."""
    host, message = await _require_host(request), await requests.read_json_body(request, OrderMessage)
    return await _ticket_response(
        request,
        await hosting.put_ticket_first(
            requests.current_runtime(request), host, request.path_params["id"], message.reason
        ),
    )


async def post_helped(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/helped`."""
    host = await _require_host(request)
    return await _ticket_response(
        request,
        await hosting.clear_help_request(requests.current_runtime(request), host, request.path_params["id"]),
    )


async def post_leave(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/leave`."""
    host = await _require_host(request)
    return await _ticket_response(
        request,
        await hosting.leave_line_for_citizen(requests.current_runtime(request), host, request.path_params["id"]),
    )


# Whoever stands at the entrance


async def post_host_ticket(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/tickets`. A repeated key is answered before it comes here."""
    host, message = await _require_host(request), await requests.read_json_body(request, GiveMessage)
    asked = to_ticket_request(
        message,
        language=requests.current_language(request),
        device=None,
        address=requests.client_address(request),
        request_key=hashed_idempotency_key(request),
        exempt=False,
    )
    issued = await receiving.give_ticket(
        requests.current_runtime(request),
        host,
        request.path_params["office"],
        replace(asked, override=message.override),
        preferential=message.preferential,
    )
    return await _issued_response(request, issued)


async def post_check_in(request: Request) -> Response:
    """`POST /api/v1/staff/appointments/{id}/check-in`: 201, or 200 with the ticket that there was."""
    host = await _require_host(request)
    issued = await receiving.check_in_appointment(
        requests.current_runtime(request), host, request.path_params["id"]
    )
    return await _issued_response(request, issued)


async def _issued_response(request: Request, issued: IssuedTicket) -> Response:
    """With its secret: a host prints it, or holds it before the person's camera."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        shown = await describe_ticket(session, runtime, issued.ticket, requests.current_language(request))
    links = {"page": f"{runtime.public_url}/t/{issued.token}"}
    headers = {"Location": f"/api/v1/tickets/{issued.token}"}
    return requests.json_response(
        {**shown, "token": issued.token, "links": links}, 200 if issued.is_repeat else 201, headers
    )


# A line, an office

PauseUseCase = Callable[[Runtime, Principal, str, str | None], Awaitable[Office]]
WalkInsUseCase = Callable[[Runtime, Principal, str, str | None], Awaitable[OfficeLine]]


def _pause_endpoint(use_case: PauseUseCase) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host, message = await _require_host(request), await requests.read_json_body(request, PauseMessage)
        office = await use_case(
            requests.current_runtime(request), host, request.path_params["office"], message.message
        )
        return requests.json_response(
            {"office": office.slug, "paused": office.paused, "pause_message": office.pause_message}
        )

    return act


def _walk_ins_endpoint(use_case: WalkInsUseCase) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host, message = await _require_host(request), await requests.read_json_body(request, StopMessage)
        line = await use_case(requests.current_runtime(request), host, request.path_params["id"], message.reason)
        return requests.json_response(_line_json(line, requests.current_language(request)))

    return act


def _line_json(line: OfficeLine, language: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "slug": line.slug,
        "name": line.name(language),
        "stopped": line.stopped,
        "stop_reason": line.stop_reason,
    }


def _post_route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(f"/api/v1/staff{path}", endpoint, methods=["POST"])


routes = [
    _post_route("/tickets/{id}/priority", post_priority),
    _post_route("/tickets/{id}/order", post_order),
    _post_route("/tickets/{id}/helped", post_helped),
    _post_route("/tickets/{id}/leave", post_leave),
    _post_route("/offices/{office}/tickets", post_host_ticket),
    _post_route("/appointments/{id}/check-in", post_check_in),
    _post_route("/lines/{id}/stop", _walk_ins_endpoint(pause.stop_walk_ins)),
    _post_route("/lines/{id}/open", _walk_ins_endpoint(pause.reopen_walk_ins)),
    _post_route("/offices/{office}/pause", _pause_endpoint(pause.pause_office)),
    _post_route("/offices/{office}/resume", _pause_endpoint(pause.resume_office)),
]
