"""JSON over HTTP for citizens and agents (docs/api.md#calls). No rules, no SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from ...appointments.service import build_requester
from ...core.auth import StaffRole
from ...core.contact.channel_offers import check_channel_number
from ...core.contact.chosen_channels import OLD_CHANNEL, ChosenChannel
from ...core.contact.push_schemas import (
    ENDPOINT_EXAMPLE,
    SUBSCRIPTION_EXAMPLE,
    EndpointMessage,
    SubscriptionMessage,
    to_push_subscription,
)
from ...core.json_types import JsonObject
from ...core.web import authentication, requests
from ...core.web.api_route import ApiAccess, ApiAnswer, ApiRequest, ApiRoute
from ...core.web.limited_route import WriteLimit
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
from ..queries.staff_board import staff_board
from ..queries.ticket_lookup import ticket_by_token
from . import host_api, response_schemas
from .refusal_codes import APPOINTMENT_REFUSALS, PERSON_REFUSALS, TICKET_CHANGED, WALK_IN_REFUSALS
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
from .ticket_responses import issued_response, ticket_endpoint, ticket_response


async def post_ticket(request: ApiRequest[TicketMessage]) -> ApiAnswer:
    return await _create_ticket(request, request.message, take_ticket)


async def post_standby(request: ApiRequest[StandbyMessage]) -> ApiAnswer:
    return await _create_ticket(request, request.message, join_standby)


async def _create_ticket(
    request: ApiRequest[Any], message: StandbyMessage, use_case: TakeTicketUseCase
) -> ApiAnswer:
    caller, office = await authentication.current_principal(request), request.path_params["office"]
    for channel in {*message.channels, *([OLD_CHANNEL] if message.sms else [])}:
        check_channel_number(requests.offered_channels(request), channel, message.phone)
    asked = to_ticket_request(
        message,
        language=requests.current_language(request),
        device=requests.current_device(request),
        address=requests.client_address(request),
        request_key=hashed_idempotency_key(request),
        exempt=caller is not None and caller.role is StaffRole.INTEGRATION and caller.can_access_office(office),
        offers=requests.offered_channels(request),
    )
    requester = await build_requester(request, message.altcha, office=office, program=True)
    asked = replace(asked, requester=requester)
    issued = await use_case(request.runtime, office, asked)
    return await issued_response(request, issued, 201)


async def post_recover(request: ApiRequest[RecoverMessage]) -> JsonObject:
    """Answer the same whether or not such a ticket exists."""
    message = request.message
    address = requests.client_address(request)
    offers = requests.offered_channels(request)
    await send_recovery_link(request.runtime, message.office, message.code, message.contact, address, offers)
    return {}


async def get_ticket(request: ApiRequest[None]) -> ApiAnswer:
    token = request.path_params["token"]
    async with request.runtime.read_session() as session:
        ticket = await ticket_by_token(session, token)
    return await ticket_response(request, ticket, token)


def _citizen_endpoint(use_case: CitizenUseCase) -> Callable[[ApiRequest[None]], Awaitable[ApiAnswer]]:
    async def act(request: ApiRequest[None]) -> ApiAnswer:
        token = request.path_params["token"]
        await requests.read_json_body(request, EmptyMessage)
        ticket = await use_case(request.runtime, token)
        return await ticket_response(request, ticket, token)

    return act


async def post_push(request: ApiRequest[SubscriptionMessage]) -> ApiAnswer:
    token, message = request.path_params["token"], request.message
    ticket = await notification_subscriptions.subscribe_browser(
        request.runtime, token, to_push_subscription(message), requests.push_settings(request)
    )
    return await ticket_response(request, ticket, token)


async def post_push_end(request: ApiRequest[EndpointMessage]) -> ApiAnswer:
    token, message = request.path_params["token"], request.message
    ticket = await notification_subscriptions.unsubscribe_browser(request.runtime, token, message.endpoint)
    return await ticket_response(request, ticket, token)


async def post_channel(request: ApiRequest[PhoneMessage]) -> ApiAnswer:
    """Subscribe; also by `…/sms` of older versions."""
    token, message = request.path_params["token"], request.message
    ticket = await notification_subscriptions.subscribe_number(
        request.runtime,
        token,
        ChosenChannel(request.path_params.get("channel", OLD_CHANNEL), message.phone),
        offers=requests.offered_channels(request),
        requester=await build_requester(request),
    )
    return await ticket_response(request, ticket, token)


async def post_channel_end(request: ApiRequest[None]) -> ApiAnswer:
    """Unsubscribe; also by `…/sms/end` of older versions."""
    token, channel = request.path_params["token"], request.path_params.get("channel", OLD_CHANNEL)
    await requests.read_json_body(request, EmptyMessage)
    ticket = await notification_subscriptions.unsubscribe_channel(
        requests.current_runtime(request), token, channel
    )
    return await ticket_response(request, ticket, token)


# Calls of agents


async def post_desk_open(request: ApiRequest[None]) -> JsonObject:
    await open_desk(request.runtime, request.staff, request.path_params["desk"])
    return await _desk_json(request)


async def post_desk_close(request: ApiRequest[None]) -> JsonObject:
    await close_desk(request.runtime, request.staff, request.path_params["desk"])
    return await _desk_json(request)


async def post_desk_pause(request: ApiRequest[DeskPauseMessage]) -> JsonObject:
    agent, message = request.staff, request.message
    lasts = timedelta(minutes=message.minutes)
    runtime = request.runtime
    await pause_desk(runtime, agent, request.path_params["desk"], message.reason, lasts)
    return await _desk_json(request)


async def post_desk_resume(request: ApiRequest[None]) -> JsonObject:
    await resume_desk(request.runtime, request.staff, request.path_params["desk"])
    return await _desk_json(request)


async def _desk_json(request: ApiRequest[Any]) -> JsonObject:
    """Return the desk as the staff board shows it."""
    runtime, desk_id = request.runtime, request.path_params["desk"]
    async with runtime.read_session() as session:
        office, _ = await office_and_desk_by_id(session, desk_id)
        board = await staff_board(session, office, runtime.now(), requests.current_language(request))
    return next(desk for desk in board["desks"] if desk["id"] == desk_id)


async def post_call_next(request: ApiRequest[None]) -> ApiAnswer | None:
    ticket = await call_next(request.runtime, request.staff, request.path_params["desk"])
    return None if ticket is None else await ticket_response(request, ticket)


M = TypeVar("M")


async def post_hold(request: ApiRequest[HoldTicketMessage]) -> ApiAnswer:
    agent, message = request.staff, request.message
    ticket = await hold_ticket(
        request.runtime,
        agent,
        request.path_params["id"],
        minutes=message.minutes,
        note=message.note,
    )
    return await ticket_response(request, ticket)


async def post_transfer(request: ApiRequest[TransferMessage]) -> ApiAnswer:
    agent, message = request.staff, request.message
    ticket = await transfer_ticket(
        request.runtime,
        agent,
        request.path_params["id"],
        service=message.service,
        desk=message.desk,
        note=message.note,
    )
    return await ticket_response(request, ticket)


async def post_finish(request: ApiRequest[FinishMessage]) -> ApiAnswer:
    agent, message = request.staff, request.message
    ticket = await finish_service(
        request.runtime,
        agent,
        request.path_params["id"],
        outcome=message.outcome,
        note=message.note,
    )
    return await ticket_response(request, ticket)


def _citizen_route(call: str, use_case: CitizenUseCase, summary: str, *codes: str) -> ApiRoute:
    """Build the route of an action of a citizen on their own ticket."""
    return ApiRoute(
        f"POST /tickets/{{token}}/{call}",
        _citizen_endpoint(use_case),
        summary,
        ApiAccess.TOKEN,
        response_schemas.Ticket,
        errors={409: (*TICKET_CHANGED, *codes)},
    )


def _agent_route(
    call: str,
    endpoint: Callable[[ApiRequest[M]], Awaitable[ApiAnswer]],
    summary: str,
    *codes: str,
    body: type[M] | None = None,
    example: JsonObject | None = None,
) -> ApiRoute:
    """Build the route of an action of an agent on a ticket."""
    return ApiRoute(
        f"POST /staff/tickets/{{id}}/{call}",
        endpoint,
        summary,
        ApiAccess.AGENT,
        response_schemas.Ticket,
        body=body,
        errors={403: ("not_your_desk",), 409: (*TICKET_CHANGED, *codes)},
        example=example,
    )


def _channel_routes(path: str) -> tuple[ApiRoute, ApiRoute]:
    """Declare the calls that choose and end a channel of a ticket."""
    return (
        ApiRoute(
            f"POST {path}",
            post_channel,
            "Send notifications of the ticket to this number, by SMS or the channel of the path",
            ApiAccess.TOKEN,
            response_schemas.Ticket,
            body=PhoneMessage,
            errors={409: ("ticket_over",), 503: ("unavailable",)},
            example={"phone": "600000001"},
        ),
        ApiRoute(
            f"POST {path}/end",
            post_channel_end,
            "End the notifications by SMS or the channel of the path",
            ApiAccess.TOKEN,
            response_schemas.Ticket,
        ),
    )


routes = [
    ApiRoute(
        "POST /offices/{office}/tickets",
        post_ticket,
        "Take a turn, with an appointment or without",
        ApiAccess.PUBLIC,
        {201: response_schemas.Ticket},
        body=TicketMessage,
        errors={409: (*WALK_IN_REFUSALS, *APPOINTMENT_REFUSALS, *PERSON_REFUSALS)},
        example={"service": "documents", "email": "amina@example.org"},
        limit=WriteLimit.TICKETS,
    ),
    ApiRoute(
        "POST /offices/{office}/standby",
        post_standby,
        "Wait for room where there is none: a ticket in `standby`",
        ApiAccess.PUBLIC,
        {201: response_schemas.Ticket},
        body=StandbyMessage,
        errors={409: ("closed", "paused", "appointment_only", *PERSON_REFUSALS)},
        example={"service": "documents", "email": "amina@example.org"},
        limit=WriteLimit.TICKETS,
    ),
    ApiRoute(
        "POST /tickets/recover",
        post_recover,
        "Send the link of a turn to the contact that it was taken with; 202 whether there is one or not",
        ApiAccess.PUBLIC,
        {202: response_schemas.Sent},
        body=RecoverMessage,
        example={"office": "centro", "code": "A012", "contact": "amina@example.org"},
    ),
    ApiRoute(
        "GET /tickets/{token}",
        get_ticket,
        "One's own turn",
        ApiAccess.TOKEN,
        response_schemas.Ticket,
    ),
    _citizen_route("leave", leave_line, "Leave the line"),
    _citizen_route("postpone", postpone_call, "Ask for ten more minutes, once", "postpone_used"),
    _citizen_route("rejoin", rejoin_line, "Come back after a missed call", "rejoin_used", "rejoin_too_late"),
    _citizen_route("help", ask_for_help, "Ask the host for help"),
    ApiRoute(
        "POST /tickets/{token}/push",
        post_push,
        "Send notifications of the ticket to this browser",
        ApiAccess.TOKEN,
        response_schemas.Ticket,
        body=SubscriptionMessage,
        errors={409: ("ticket_over",), 503: ("unavailable",)},
        example=SUBSCRIPTION_EXAMPLE,
    ),
    ApiRoute(
        "POST /tickets/{token}/push/end",
        post_push_end,
        "End the notifications to this browser",
        ApiAccess.TOKEN,
        response_schemas.Ticket,
        body=EndpointMessage,
        example=ENDPOINT_EXAMPLE,
    ),
    *_channel_routes("/tickets/{token}/sms"),
    *_channel_routes("/tickets/{token}/channels/{channel}"),
    ApiRoute(
        "POST /desks/{desk}/open",
        post_desk_open,
        "Sit down at a desk",
        ApiAccess.AGENT,
        response_schemas.Desk,
        errors={409: ("desk_taken", "desk_busy")},
    ),
    ApiRoute(
        "POST /desks/{desk}/close",
        post_desk_close,
        "Leave a desk",
        ApiAccess.AGENT,
        response_schemas.Desk,
        errors={403: ("not_your_desk",), 409: ("desk_busy",)},
    ),
    ApiRoute(
        "POST /desks/{desk}/pause",
        post_desk_pause,
        "Pause the agent's own desk, with a reason and until when",
        ApiAccess.AGENT,
        response_schemas.Desk,
        body=DeskPauseMessage,
        errors={403: ("not_your_desk",)},
        example={"reason": "break", "minutes": 5},
    ),
    ApiRoute(
        "POST /desks/{desk}/resume",
        post_desk_resume,
        "End the pause of a desk; a host, of any desk",
        ApiAccess.AGENT,
        response_schemas.Desk,
        errors={403: ("not_your_desk",)},
    ),
    ApiRoute(
        "POST /desks/{desk}/call-next",
        post_call_next,
        "Call the next ticket; 204 when no ticket may be called",
        ApiAccess.AGENT,
        {200: response_schemas.Ticket, 204: None},
        errors={403: ("not_your_desk",), 409: ("desk_busy", "paused")},
    ),
    _agent_route("recall", ticket_endpoint(recall_ticket), "Repeat the call of a ticket"),
    _agent_route(
        "start",
        ticket_endpoint(start_service),
        "Start to serve the person who was called, or who is on hold",
        "desk_busy",
        "desk_not_for_service",
    ),
    _agent_route("put-back", ticket_endpoint(put_back_ticket), "Put a called ticket back into the line"),
    _agent_route(
        "no-show",
        ticket_endpoint(record_no_show),
        "Record that the person who was called did not come: the ticket is missed",
    ),
    _agent_route(
        "undo-no-show",
        ticket_endpoint(undo_no_show),
        "Call a missed ticket again, at the desk of the agent who called it",
        "desk_busy",
        "desk_not_for_service",
        "paused",
    ),
    _agent_route(
        "hold",
        post_hold,
        "Put a ticket on hold for this desk",
        body=HoldTicketMessage,
        example={"minutes": 10, "note": "Makes copies"},
    ),
    _agent_route(
        "transfer",
        post_transfer,
        "Transfer the person at the desk to another service or desk",
        "service_not_here",
        "desk_not_for_service",
        "desk_not_open",
        body=TransferMessage,
        example={"service": "documents"},
    ),
    _agent_route("finish", post_finish, "Finish a visit", body=FinishMessage, example={"outcome": "resolved"}),
    *host_api.routes,
]
