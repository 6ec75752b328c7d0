"""Answers with a ticket, for citizens, agents and hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ...core.auth import Principal
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.api_route import ApiAnswer, ApiRequest
from ..actions.ticket_request import IssuedTicket
from ..domain.ticket import Ticket
from ..queries.ticket_lookup import describe_ticket, ticket_url


async def ticket_response(
    request: ApiRequest[Any],
    ticket: Ticket,
    token: str | None = None,
    status: int | None = None,
    headers: dict[str, str] | None = None,
) -> ApiAnswer:
    """Return a ticket; with `token` also its token and links, for its owner only."""
    runtime = request.runtime
    async with runtime.read_session() as session:
        language, since_s = requests.current_language(request), requests.started_s(request)
        shown = await describe_ticket(session, runtime, ticket, language, since_s=since_s)
    if token is not None:
        shown = {**shown, "token": token, "links": {"page": ticket_url(runtime, token)}}
    return ApiAnswer(shown, status, headers or {})


async def issued_response(request: ApiRequest[Any], issued: IssuedTicket, status: int) -> ApiAnswer:
    """Return an issued ticket with its token."""
    location = {"Location": f"/api/v1/tickets/{issued.token}"}
    return await ticket_response(request, issued.ticket, issued.token, status, location)


def ticket_endpoint(
    use_case: Callable[[Runtime, Principal, str], Awaitable[Ticket]],
) -> Callable[[ApiRequest[None]], Awaitable[ApiAnswer]]:
    """Make the endpoint of an action of staff on the ticket of the path."""

    async def act(request: ApiRequest[None]) -> ApiAnswer:
        ticket = await use_case(request.runtime, request.staff, request.path_params["id"])
        return await ticket_response(request, ticket)

    return act
