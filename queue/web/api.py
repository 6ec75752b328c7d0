"""JSON over HTTP for citizens and agents (docs/api.md#calls). No rules, no SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import build_requester
from ...core.auth import Principal, StaffRole, require_role
from ...core.contact.phone_numbers import check_sms_number
from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage, to_push_subscription
from ...core.runtime import Runtime
from ...core.web import authentication, requests
from ...core.web.request_identity import hashed_idempotency_key
from ...offices.service import office_and_desk_by_id
from ..actions import notification_subscriptions
from ..actions.agent import (
    call_next,
    finish_service,
    hold_ticket,
    put_back_ticket,
    recall_ticket,
    record_no_show,
    start_service,
    undo_no_show,
)
from ..actions.citizen import CitizenUseCase, ask_for_help, leave_line, postpone_call, rejoin_line
from ..actions.desks import close_desk, open_desk, pause_desk, resume_desk
from ..actions.recover_ticket import send_recovery_link
from ..actions.standby import join_standby
from ..actions.take_ticket import TakeTicketUseCase, take_ticket
from ..actions.transfer import transfer_ticket
from ..domain.ticket import Ticket
from ..queries.staff_board import staff_board
from ..queries.ticket_lookup import ticket_by_token
from . import host_api
from .schemas import (
    DeskPauseMessage,
    EmptyMessage,
    FinishMessage,
    HoldTicketMessage,
    PhoneMessage,
    RecoverMessage,
    StandbyMessage,
    TicketMessage,
    TransferMessage,
    to_ticket_request,
)
from .ticket_responses import issued_response, ticket_response


async def post_ticket(request: Request) -> Response:
    """`POST /api/v1/offices/{office}/tickets`: 201 with the ticket and its token."""
    return await _create_ticket(request, await requests.read_json_body(request, TicketMessage), take_ticket)


async def post_standby(request: Request) -> Response:
    """`POST /api/v1/offices/{office}/standby`: 201 with a ticket on standby."""
    return await _create_ticket(request, await requests.read_json_body(request, StandbyMessage), join_standby)


async def _create_ticket(request: Request, message: StandbyMessage, use_case: TakeTicketUseCase) -> Response:
    caller, office = await authentication.current_principal(request), request.path_params["office"]
    if message.sms:
        check_sms_number(message.phone, requests.sms_countries(request))
    asked = to_ticket_request(
        message,
        language=requests.current_language(request),
        device=requests.current_device(request),
        address=requests.client_address(request),
        request_key=hashed_idempotency_key(request),
        exempt=caller is not None and caller.role is StaffRole.INTEGRATION and caller.can_access_office(office),
        sms_countries=requests.sms_countries(request),
    )
    requester = await build_requester(request, message.altcha, office=office, program=True)
    asked = replace(asked, requester=requester)
    issued = await use_case(requests.current_runtime(request), office, asked)
    return await issued_response(request, issued, 201)


async def post_recover(request: Request) -> Response:
    """`POST /api/v1/tickets/recover`: 202, whether or not such a ticket exists."""
    message = await requests.read_json_body(request, RecoverMessage)
    address = requests.client_address(request)
    await send_recovery_link(
        requests.current_runtime(request), message.office, message.code, message.contact, address
    )
    return requests.json_response({}, 202)


async def get_ticket(request: Request) -> Response:
    """`GET /api/v1/tickets/{token}`."""
    token = request.path_params["token"]
    async with requests.current_runtime(request).read_session() as session:
        ticket = await ticket_by_token(session, token)
    return await ticket_response(request, ticket, token)


def _citizen_endpoint(use_case: CitizenUseCase) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        token = request.path_params["token"]
        await requests.read_json_body(request, EmptyMessage)
        ticket = await use_case(requests.current_runtime(request), token)
        return await ticket_response(request, ticket, token)

    return act


async def post_push(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/push`."""
    token, message = request.path_params["token"], await requests.read_json_body(request, SubscriptionMessage)
    ticket = await notification_subscriptions.subscribe_browser(
        requests.current_runtime(request), token, to_push_subscription(message), requests.push_settings(request)
    )
    return await ticket_response(request, ticket, token)


async def post_push_end(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/push/end`."""
    token, message = request.path_params["token"], await requests.read_json_body(request, EndpointMessage)
    ticket = await notification_subscriptions.unsubscribe_browser(
        requests.current_runtime(request), token, message.endpoint
    )
    return await ticket_response(request, ticket, token)


async def post_sms(request: Request) -> Response:
    """`POST /api/v1/tickets/{token}/sms`."""
    token, message = request.path_params["token"], await requests.read_json_body(request, PhoneMessage)
    countries = requests.sms_countries(request)
    ticket = await notification_subscriptions.subscribe_phone(
        requests.current_runtime(request),
        token,
        message.phone,
        countries=countries,
        requester=await build_requester(request),
    )
    return await ticket_response(request, ticket, token)


# Calls of agents


async def _require_agent(request: Request) -> Principal:
    return require_role(await authentication.current_principal(request), StaffRole.AGENT)


async def post_desk_open(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/open`."""
    await open_desk(requests.current_runtime(request), await _require_agent(request), request.path_params["desk"])
    return await _desk_response(request)


async def post_desk_close(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/close`."""
    await close_desk(requests.current_runtime(request), await _require_agent(request), request.path_params["desk"])
    return await _desk_response(request)


async def post_desk_pause(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/pause {reason, minutes}`."""
    agent, message = await _require_agent(request), await requests.read_json_body(request, DeskPauseMessage)
    lasts = timedelta(minutes=message.minutes)
    runtime = requests.current_runtime(request)
    await pause_desk(runtime, agent, request.path_params["desk"], message.reason, lasts)
    return await _desk_response(request)


async def post_desk_resume(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/resume`."""
    await resume_desk(
        requests.current_runtime(request), await _require_agent(request), request.path_params["desk"]
    )
    return await _desk_response(request)


async def _desk_response(request: Request) -> Response:
    """Return the desk as the staff board shows it."""
    runtime, desk_id = requests.current_runtime(request), request.path_params["desk"]
    async with runtime.read_session() as session:
        office, _ = await office_and_desk_by_id(session, desk_id)
        board = await staff_board(session, office, runtime.now(), requests.current_language(request))
    return requests.json_response(next(desk for desk in board["desks"] if desk["id"] == desk_id))


async def post_call_next(request: Request) -> Response:
    """`POST /api/v1/desks/{desk}/call-next`: 200 with the ticket, or 204."""
    ticket = await call_next(
        requests.current_runtime(request), await _require_agent(request), request.path_params["desk"]
    )
    if ticket is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return await ticket_response(request, ticket)


AgentUseCase = Callable[[Runtime, Principal, str], Awaitable[Ticket]]


def _agent_endpoint(use_case: AgentUseCase) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        ticket = await use_case(
            requests.current_runtime(request), await _require_agent(request), request.path_params["id"]
        )
        return await ticket_response(request, ticket)

    return act


async def post_hold(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/hold {minutes?, note?}`."""
    agent, message = await _require_agent(request), await requests.read_json_body(request, HoldTicketMessage)
    ticket = await hold_ticket(
        requests.current_runtime(request),
        agent,
        request.path_params["id"],
        minutes=message.minutes,
        note=message.note,
    )
    return await ticket_response(request, ticket)


async def post_transfer(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/transfer {service?, desk?, note?}`."""
    agent, message = await _require_agent(request), await requests.read_json_body(request, TransferMessage)
    ticket = await transfer_ticket(
        requests.current_runtime(request),
        agent,
        request.path_params["id"],
        service=message.service,
        desk=message.desk,
        note=message.note,
    )
    return await ticket_response(request, ticket)


async def post_finish(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/finish {outcome?, note?}`."""
    agent, message = await _require_agent(request), await requests.read_json_body(request, FinishMessage)
    ticket = await finish_service(
        requests.current_runtime(request),
        agent,
        request.path_params["id"],
        outcome=message.outcome,
        note=message.note,
    )
    return await ticket_response(request, ticket)


def _post_route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(f"/api/v1{path}", endpoint, methods=["POST"])


routes = [
    _post_route("/offices/{office}/tickets", post_ticket),
    _post_route("/offices/{office}/standby", post_standby),
    _post_route("/tickets/recover", post_recover),
    Route("/api/v1/tickets/{token}", get_ticket),
    _post_route("/tickets/{token}/leave", _citizen_endpoint(leave_line)),
    _post_route("/tickets/{token}/rejoin", _citizen_endpoint(rejoin_line)),
    _post_route("/tickets/{token}/postpone", _citizen_endpoint(postpone_call)),
    _post_route("/tickets/{token}/help", _citizen_endpoint(ask_for_help)),
    _post_route("/tickets/{token}/push", post_push),
    _post_route("/tickets/{token}/push/end", post_push_end),
    _post_route("/tickets/{token}/sms", post_sms),
    _post_route("/tickets/{token}/sms/end", _citizen_endpoint(notification_subscriptions.unsubscribe_phone)),
    _post_route("/desks/{desk}/open", post_desk_open),
    _post_route("/desks/{desk}/close", post_desk_close),
    _post_route("/desks/{desk}/pause", post_desk_pause),
    _post_route("/desks/{desk}/resume", post_desk_resume),
    _post_route("/desks/{desk}/call-next", post_call_next),
    _post_route("/staff/tickets/{id}/recall", _agent_endpoint(recall_ticket)),
    _post_route("/staff/tickets/{id}/start", _agent_endpoint(start_service)),
    _post_route("/staff/tickets/{id}/put-back", _agent_endpoint(put_back_ticket)),
    _post_route("/staff/tickets/{id}/no-show", _agent_endpoint(record_no_show)),
    _post_route("/staff/tickets/{id}/undo-no-show", _agent_endpoint(undo_no_show)),
    _post_route("/staff/tickets/{id}/hold", post_hold),
    _post_route("/staff/tickets/{id}/transfer", post_transfer),
    _post_route("/staff/tickets/{id}/finish", post_finish),
    *host_api.routes,
]
