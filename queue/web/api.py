"""JSON over HTTP: tickets for those who hold one, desks and tickets for agents (contract.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, Role, require
from ...core.contact.phone_numbers import check_number
from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage, browser_of
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.request_identity import request_key
from .. import service
from ..actions import notification_subscriptions
from ..service import IssuedTicket, Ticket, TicketRequest
from . import host_api
from .schemas import (
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


async def take(request: Request) -> Response:
    """`POST /api/v1/offices/{office}/tickets`. A repeated key is answered before it comes here."""
    return await _taken(request, await requests.json_body(request, TicketMessage), service.take_ticket)


async def standby(request: Request) -> Response:
    """`POST /api/v1/offices/{office}/standby`: 201 with a ticket that waits for room."""
    return await _taken(request, await requests.json_body(request, StandbyMessage), service.join_standby)


Taking = Callable[[Runtime, str, TicketRequest], Awaitable[IssuedTicket]]


async def _taken(request: Request, message: StandbyMessage, use_case: Taking) -> Response:
    caller, office = await requests.principal(request), request.path_params["office"]
    if message.sms:
        check_number(message.phone, requests.sms_countries(request))
    asked = ticket_request(
        message,
        language=requests.language(request),
        device=requests.device_of(request),
        address=requests.address_of(request),
        request_key=request_key(request),
        exempt=caller is not None and caller.role is Role.INTEGRATION and caller.works_in(office),
    )
    issued = await use_case(requests.runtime(request), office, asked)
    shown = await _described(request, issued.ticket, issued.token)
    return requests.json_response(shown, 201, {"Location": f"/api/v1/tickets/{issued.token}"})


async def recover(request: Request) -> Response:
    """`POST /api/v1/tickets/recover`: 202, whether or not there is such a ticket."""
    message = await requests.json_body(request, RecoverMessage)
    address = requests.address_of(request)
    await service.recover(requests.runtime(request), message.office, message.code, message.contact, address)
    return requests.json_response({}, 202)


async def show(request: Request) -> Response:
    """`GET /api/v1/tickets/{token}`."""
    token = request.path_params["token"]
    async with requests.runtime(request).reading() as session:
        ticket = await service.ticket_by_token(session, token)
    return requests.json_response(await _described(request, ticket, token))


Holding = Callable[[Runtime, str], Awaitable[Ticket]]


def _holding(use_case: Holding) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        token = request.path_params["token"]
        await requests.json_body(request, Nothing)
        ticket = await use_case(requests.runtime(request), token)
        return requests.json_response(await _described(request, ticket, token))

    return act


async def subscribe(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/push`."""
    token, message = request.path_params["token"], await requests.json_body(request, SubscriptionMessage)
    ticket = await notification_subscriptions.subscribe(
        requests.runtime(request), token, browser_of(message), requests.push_site(request)
    )
    return requests.json_response(await _described(request, ticket, token))


async def unsubscribe(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/push/end`."""
    token, message = request.path_params["token"], await requests.json_body(request, EndpointMessage)
    ticket = await notification_subscriptions.unsubscribe(requests.runtime(request), token, message.endpoint)
    return requests.json_response(await _described(request, ticket, token))


async def ask_sms(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/sms`."""
    token, message = request.path_params["token"], await requests.json_body(request, PhoneMessage)
    countries = requests.sms_countries(request)
    ticket = await notification_subscriptions.ask_sms(
        requests.runtime(request), token, message.phone, countries=countries
    )
    return requests.json_response(await _described(request, ticket, token))


async def _described(request: Request, ticket: Ticket, token: str | None = None) -> dict[str, Any]:
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        shown = await service.describe_ticket(session, runtime, ticket, requests.language(request))
    if token is None:
        return shown
    return {**shown, "token": token, "links": {"page": f"{runtime.public_url}/t/{token}"}}


# Agents


async def _agent(request: Request) -> Principal:
    return require(await requests.principal(request), Role.AGENT)


async def open_desk(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/open`."""
    await service.open_desk(requests.runtime(request), await _agent(request), request.path_params["desk"])
    return await _desk(request)


async def close_desk(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/close`."""
    await service.close_desk(requests.runtime(request), await _agent(request), request.path_params["desk"])
    return await _desk(request)


async def _desk(request: Request) -> Response:
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        desk = await service.desk_object(session, request.path_params["desk"], requests.language(request), runtime)
    return requests.json_response(desk)


async def call_next(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/call-next`: 200 with the ticket, 204 when nobody may be called."""
    ticket = await service.call_next(requests.runtime(request), await _agent(request), request.path_params["desk"])
    if ticket is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return requests.json_response(await _described(request, ticket))


Acting = Callable[[Runtime, Principal, str], Awaitable[Ticket]]


def _acting(use_case: Acting) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        ticket = await use_case(requests.runtime(request), await _agent(request), request.path_params["id"])
        return requests.json_response(await _described(request, ticket))

    return act


async def hold(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/hold {minutes?}`."""
    agent, message = await _agent(request), await requests.json_body(request, HoldMessage)
    ticket = await service.hold(
        requests.runtime(request), agent, request.path_params["id"], minutes=message.minutes
    )
    return requests.json_response(await _described(request, ticket))


async def transfer(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/transfer {service?, desk?}`."""
    agent, message = await _agent(request), await requests.json_body(request, TransferMessage)
    ticket = await service.transfer(
        requests.runtime(request), agent, request.path_params["id"], service=message.service, desk=message.desk
    )
    return requests.json_response(await _described(request, ticket))


async def finish(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/finish {outcome?, note?}`."""
    agent, message = await _agent(request), await requests.json_body(request, FinishMessage)
    ticket = await service.finish(
        requests.runtime(request), agent, request.path_params["id"], outcome=message.outcome, note=message.note
    )
    return requests.json_response(await _described(request, ticket))


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
    _post("/tickets/{token}/sms/end", _holding(notification_subscriptions.stop_sms)),
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
