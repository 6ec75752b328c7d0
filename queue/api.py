"""JSON over HTTP: tickets for those who hold one, desks and tickets for agents (contract.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core import web
from ..core.auth import Principal, Role, require
from ..core.caller import request_key
from ..core.phones import check_number
from ..core.push_message import EndpointMessage, SubscriptionMessage, browser_of
from ..core.runtime import Runtime
from . import following, host_api, service
from .messages import (
    FinishMessage,
    HoldMessage,
    Nothing,
    PhoneMessage,
    RecoverMessage,
    StandbyMessage,
    TicketMessage,
    TransferMessage,
    ticket_request,
)
from .service import IssuedTicket, Ticket, TicketRequest


async def take(request: Request) -> Response:
    """`POST /api/v1/offices/{office}/tickets`. A repeated key is answered before it comes here."""
    return await _taken(request, await web.json_body(request, TicketMessage), service.take_ticket)


async def standby(request: Request) -> Response:
    """`POST /api/v1/offices/{office}/standby`: 201 with a ticket that waits for room."""
    return await _taken(request, await web.json_body(request, StandbyMessage), service.join_standby)


Taking = Callable[[Runtime, str, TicketRequest], Awaitable[IssuedTicket]]


async def _taken(request: Request, message: StandbyMessage, use_case: Taking) -> Response:
    caller, office = await web.principal(request), request.path_params["office"]
    if message.sms:
        check_number(message.phone, web.sms_countries(request))
    asked = ticket_request(
        message,
        language=web.language(request),
        device=web.device_of(request),
        address=web.address_of(request),
        request_key=request_key(request),
        exempt=caller is not None and caller.role is Role.INTEGRATION and caller.works_in(office),
    )
    issued = await use_case(web.runtime(request), office, asked)
    shown = await _described(request, issued.ticket, issued.token)
    return web.json_response(shown, 201, {"Location": f"/api/v1/tickets/{issued.token}"})


async def recover(request: Request) -> Response:
    """`POST /api/v1/tickets/recover`: 202, whether or not there is such a ticket."""
    message = await web.json_body(request, RecoverMessage)
    address = web.address_of(request)
    await service.recover(web.runtime(request), message.office, message.code, message.contact, address)
    return web.json_response({}, 202)


async def show(request: Request) -> Response:
    """`GET /api/v1/tickets/{token}`."""
    token = request.path_params["token"]
    async with web.runtime(request).reading() as session:
        ticket = await service.ticket_by_token(session, token)
    return web.json_response(await _described(request, ticket, token))


Holding = Callable[[Runtime, str], Awaitable[Ticket]]


def _holding(use_case: Holding) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        token = request.path_params["token"]
        await web.json_body(request, Nothing)
        ticket = await use_case(web.runtime(request), token)
        return web.json_response(await _described(request, ticket, token))

    return act


async def subscribe(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/push`."""
    token, message = request.path_params["token"], await web.json_body(request, SubscriptionMessage)
    ticket = await following.subscribe(web.runtime(request), token, browser_of(message), web.push_site(request))
    return web.json_response(await _described(request, ticket, token))


async def unsubscribe(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/push/end`."""
    token, message = request.path_params["token"], await web.json_body(request, EndpointMessage)
    ticket = await following.unsubscribe(web.runtime(request), token, message.endpoint)
    return web.json_response(await _described(request, ticket, token))


async def ask_sms(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/sms`."""
    token, message = request.path_params["token"], await web.json_body(request, PhoneMessage)
    countries = web.sms_countries(request)
    ticket = await following.ask_sms(web.runtime(request), token, message.phone, countries=countries)
    return web.json_response(await _described(request, ticket, token))


async def _described(request: Request, ticket: Ticket, token: str | None = None) -> dict[str, Any]:
    runtime = web.runtime(request)
    async with runtime.reading() as session:
        shown = await service.describe_ticket(session, runtime, ticket, web.language(request))
    if token is None:
        return shown
    return {**shown, "token": token, "links": {"page": f"{runtime.public_url}/t/{token}"}}


# Agents


async def _agent(request: Request) -> Principal:
    return require(await web.principal(request), Role.AGENT)


async def open_desk(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/open`."""
    await service.open_desk(web.runtime(request), await _agent(request), request.path_params["desk"])
    return await _desk(request)


async def close_desk(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/close`."""
    await service.close_desk(web.runtime(request), await _agent(request), request.path_params["desk"])
    return await _desk(request)


async def _desk(request: Request) -> Response:
    runtime = web.runtime(request)
    async with runtime.reading() as session:
        desk = await service.desk_object(session, request.path_params["desk"], web.language(request), runtime)
    return web.json_response(desk)


async def call_next(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/call-next`: 200 with the ticket, 204 when nobody may be called."""
    ticket = await service.call_next(web.runtime(request), await _agent(request), request.path_params["desk"])
    if ticket is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return web.json_response(await _described(request, ticket))


Acting = Callable[[Runtime, Principal, str], Awaitable[Ticket]]


def _acting(use_case: Acting) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        ticket = await use_case(web.runtime(request), await _agent(request), request.path_params["id"])
        return web.json_response(await _described(request, ticket))

    return act


async def hold(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/hold {minutes?}`."""
    agent, message = await _agent(request), await web.json_body(request, HoldMessage)
    ticket = await service.hold(web.runtime(request), agent, request.path_params["id"], minutes=message.minutes)
    return web.json_response(await _described(request, ticket))


async def transfer(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/transfer {service?, desk?}`."""
    agent, message = await _agent(request), await web.json_body(request, TransferMessage)
    ticket = await service.transfer(
        web.runtime(request), agent, request.path_params["id"], service=message.service, desk=message.desk
    )
    return web.json_response(await _described(request, ticket))


async def finish(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/finish {outcome?, note?}`."""
    agent, message = await _agent(request), await web.json_body(request, FinishMessage)
    ticket = await service.finish(
        web.runtime(request), agent, request.path_params["id"], outcome=message.outcome, note=message.note
    )
    return web.json_response(await _described(request, ticket))


def _post(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(f"/api/v1{path}", endpoint, methods=["POST"])


routes = [
    _post("/offices/{office}/tickets", take),
    _post("/offices/{office}/standby", standby),
    _post("/tickets/recover", recover),
    Route("/api/v1/tickets/{token}", show),
    _post("/tickets/{token}/leave", _holding(service.leave)),
    _post("/tickets/{token}/rejoin", _holding(service.rejoin)),
    _post("/tickets/{token}/postpone", _holding(service.postpone)),
    _post("/tickets/{token}/help", _holding(service.ask_help)),
    _post("/tickets/{token}/push", subscribe),
    _post("/tickets/{token}/push/end", unsubscribe),
    _post("/tickets/{token}/sms", ask_sms),
    _post("/tickets/{token}/sms/end", _holding(following.stop_sms)),
    _post("/desks/{desk}/open", open_desk),
    _post("/desks/{desk}/close", close_desk),
    _post("/desks/{desk}/call-next", call_next),
    _post("/staff/tickets/{id}/recall", _acting(service.recall)),
    _post("/staff/tickets/{id}/start", _acting(service.start)),
    _post("/staff/tickets/{id}/put-back", _acting(service.put_back)),
    _post("/staff/tickets/{id}/no-show", _acting(service.no_show)),
    _post("/staff/tickets/{id}/hold", hold),
    _post("/staff/tickets/{id}/transfer", transfer),
    _post("/staff/tickets/{id}/finish", finish),
    *host_api.routes,
]
