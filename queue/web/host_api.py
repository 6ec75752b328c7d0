"""JSON over HTTP for hosts: tickets, priority, walk-ins, pauses. No rules, no SQL."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from starlette.background import BackgroundTask

from ...core.auth import Principal
from ...core.errors import Office360Error
from ...core.failures import log_failure
from ...core.i18n.catalogues import Catalogues
from ...core.i18n.languages import LocalizedText
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.api_route import ApiAccess, ApiAnswer, ApiRequest, ApiRoute
from ...core.web.request_identity import hashed_idempotency_key
from ...offices.service import EVACUATION, Office, OfficeLine
from ..actions import pause
from ..actions.host import (
    check_in_appointment,
    clear_help_request,
    end_missed_ticket,
    give_ticket,
    leave_line_for_citizen,
    put_ticket_first,
    set_priority,
)
from ..actions.pause import TextsForOffice
from ..domain.pause_reasons import pause_texts, stop_texts
from . import response_schemas
from .refusal_codes import HOST_REFUSALS
from .schemas import (
    GiveMessage,
    OrderMessage,
    PauseMessage,
    PriorityMessage,
    ResumeMessage,
    StopMessage,
    to_ticket_request,
)
from .ticket_responses import issued_response, ticket_endpoint, ticket_response

logger = logging.getLogger(__name__)


# Calls on one ticket


async def post_priority(request: ApiRequest[PriorityMessage]) -> ApiAnswer:
    host, message = request.staff, request.message
    runtime, ticket_id = request.runtime, request.path_params["id"]
    return await ticket_response(request, await set_priority(runtime, host, ticket_id, message.priority))


async def post_order(request: ApiRequest[OrderMessage]) -> ApiAnswer:
    host, message = request.staff, request.message
    runtime, ticket_id = request.runtime, request.path_params["id"]
    return await ticket_response(request, await put_ticket_first(runtime, host, ticket_id, message.reason))


M = TypeVar("M")


# Calls for a person at the entrance


async def post_host_ticket(request: ApiRequest[GiveMessage]) -> ApiAnswer:
    host, message = request.staff, request.message
    asked = to_ticket_request(
        message,
        language=requests.current_language(request),
        device=None,
        address=requests.client_address(request),
        request_key=hashed_idempotency_key(request),
        exempt=False,
        offers=requests.offered_channels(request),
    )
    issued = await give_ticket(
        request.runtime,
        host,
        request.path_params["office"],
        replace(asked, override=message.override),
        preferential=message.preferential,
    )
    return await issued_response(request, issued, 200 if issued.is_repeat else 201)


async def post_check_in(request: ApiRequest[None]) -> ApiAnswer:
    """Check in; 200 with an existing ticket."""
    host = request.staff
    issued = await check_in_appointment(
        request.runtime,
        host,
        request.path_params["id"],
        offers=requests.offered_channels(request),
    )
    return await issued_response(request, issued, 200 if issued.is_repeat else 201)


# Calls on a line or an office

WalkInsUseCase = Callable[[Runtime, Principal, str, str | None, TextsForOffice | None], Awaitable[OfficeLine]]


async def post_pause(request: ApiRequest[PauseMessage]) -> ApiAnswer:
    host, message = request.staff, request.message
    catalogues: Catalogues = request.state.catalogues
    reason, words = message.reason, message.message

    def chosen(office: Office) -> LocalizedText:
        return pause_texts(office, reason or "", words, catalogues.localized)

    runtime, slug = request.runtime, request.path_params["office"]
    if reason == EVACUATION:
        office = await pause.evacuate_office(runtime, host, slug, chosen)
        # after the response: a locked line must not delay the answer, and a timer makes up for a failure
        return _pause_response(request, office, BackgroundTask(_follow_evacuation, runtime, office))
    office = await pause.pause_office(runtime, host, slug, words, chosen if reason else None)
    return _pause_response(request, office)


async def _follow_evacuation(runtime: Runtime, office: Office) -> None:
    for step in (pause.announce_evacuation_to_agents, pause.take_back_calls):
        try:
            async with runtime.transaction() as tx:
                await step(tx, office.id)
        except Office360Error as error:
            log_failure(logger, "evacuation_step_failed", error, office=office.slug, step=step.__name__)


async def post_resume(request: ApiRequest[ResumeMessage]) -> ApiAnswer:
    host, message = request.staff, request.message
    office = await pause.resume_office(request.runtime, host, request.path_params["office"], message.message)
    return _pause_response(request, office)


def _pause_response(
    request: ApiRequest[Any], office: Office, background: BackgroundTask | None = None
) -> ApiAnswer:
    shown = {
        "office": office.slug,
        "paused": office.paused,
        "evacuation": office.is_evacuating,
        "pause_message": office.pause_text(requests.current_language(request)),
    }
    return ApiAnswer(shown, background=background)


def _walk_ins_endpoint(use_case: WalkInsUseCase) -> Callable[[ApiRequest[StopMessage]], Awaitable[JsonObject]]:
    async def act(request: ApiRequest[StopMessage]) -> JsonObject:
        host, message = request.staff, request.message
        catalogues: Catalogues = request.state.catalogues
        choice, words = message.choice, message.reason

        def chosen(office: Office) -> LocalizedText:
            return stop_texts(office, choice or "", words, catalogues.localized)

        runtime, line_id = request.runtime, request.path_params["id"]
        line = await use_case(runtime, host, line_id, words, chosen if choice else None)
        return _line_json(line, requests.current_language(request))

    return act


def _line_json(line: OfficeLine, language: str) -> JsonObject:
    return {
        "id": line.id,
        "slug": line.slug,
        "name": line.name(language),
        "stopped": line.stopped,
        "stop_reason": line.stop_text(language),
    }


def _ticket_route(
    call: str,
    endpoint: Callable[[ApiRequest[M]], Awaitable[ApiAnswer]],
    summary: str,
    *codes: str,
    body: type[M] | None = None,
    example: JsonObject | None = None,
) -> ApiRoute:
    """Build the route of an action of a host on a ticket."""
    return ApiRoute(
        f"POST /staff/tickets/{{id}}/{call}",
        endpoint,
        summary,
        ApiAccess.HOST,
        response_schemas.Ticket,
        body=body,
        errors={409: ("ticket_moved", *codes)},
        example=example,
    )


routes = [
    _ticket_route(
        "priority",
        post_priority,
        "Confirm preferential attention, or say that it does not apply",
        "illegal_transition",
        body=PriorityMessage,
        example={"class": "preferential"},
    ),
    _ticket_route(
        "order",
        post_order,
        "Call a ticket before all others",
        "illegal_transition",
        body=OrderMessage,
        example={"reason": "The office was late."},
    ),
    _ticket_route(
        "helped", ticket_endpoint(clear_help_request), "Record that a person who asked for help gets it"
    ),
    _ticket_route(
        "end-missed",
        ticket_endpoint(end_missed_ticket),
        "End a missed ticket, and its appointment, because the person did not come",
        "illegal_transition",
    ),
    _ticket_route(
        "leave", ticket_endpoint(leave_line_for_citizen), "Leave the line for a citizen", "illegal_transition"
    ),
    ApiRoute(
        "POST /staff/offices/{office}/tickets",
        post_host_ticket,
        "Give a ticket to a person at the entrance; `override` gives it against the rules",
        ApiAccess.HOST,
        {201: response_schemas.Ticket, 200: response_schemas.Ticket},
        body=GiveMessage,
        errors={409: HOST_REFUSALS},
        example={"service": "documents", "name": "Amina"},
    ),
    ApiRoute(
        "POST /staff/appointments/{id}/check-in",
        post_check_in,
        "Check in the person of an appointment; 200 with the ticket if it exists already",
        ApiAccess.HOST,
        {201: response_schemas.Ticket, 200: response_schemas.Ticket},
        errors={409: ("appointment_over", "appointment_is_video", "appointment_is_phone", "not_confirmed")},
    ),
    ApiRoute(
        "POST /staff/lines/{id}/stop",
        _walk_ins_endpoint(pause.stop_walk_ins),
        "Stop tickets without an appointment in a line",
        ApiAccess.HOST,
        response_schemas.LineSwitched,
        body=StopMessage,
        example={"reason": "Too many people wait."},
    ),
    ApiRoute(
        "POST /staff/lines/{id}/open",
        _walk_ins_endpoint(pause.reopen_walk_ins),
        "Allow tickets without an appointment in a line again",
        ApiAccess.HOST,
        response_schemas.LineSwitched,
        body=StopMessage,
        example={},
    ),
    ApiRoute(
        "POST /staff/offices/{office}/pause",
        post_pause,
        "Stop all calls, with a message on phones and displays",
        ApiAccess.HOST,
        response_schemas.OfficeSwitched,
        body=PauseMessage,
        errors={409: ("evacuating",)},
        example={"message": "We are back at 11."},
    ),
    ApiRoute(
        "POST /staff/offices/{office}/resume",
        post_resume,
        "Resume calls after a pause",
        ApiAccess.HOST,
        response_schemas.OfficeSwitched,
        body=ResumeMessage,
        example={"message": "The computers work again."},
    ),
]
