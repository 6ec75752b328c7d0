"""HTTP responses with a ticket as JSON, for citizens, agents and hosts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ...core.web import requests
from ..actions.ticket_request import IssuedTicket
from ..domain.ticket import Ticket
from ..queries.ticket_lookup import describe_ticket, ticket_url


async def ticket_response(
    request: Request,
    ticket: Ticket,
    token: str | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a ticket; with `token` also its token and links, for its owner only."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        language, since_s = requests.current_language(request), requests.started_s(request)
        shown = await describe_ticket(session, runtime, ticket, language, since_s=since_s)
    if token is not None:
        shown = {**shown, "token": token, "links": {"page": ticket_url(runtime, token)}}
    return requests.json_response(shown, status, headers)


async def issued_response(request: Request, issued: IssuedTicket, status: int) -> Response:
    """Return an issued ticket with its token."""
    location = {"Location": f"/api/v1/tickets/{issued.token}"}
    return await ticket_response(request, issued.ticket, issued.token, status, location)
