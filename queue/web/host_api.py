"""JSON over HTTP for hosts: tickets, priority, walk-ins, pauses. No rules, no SQL."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import Office360Error
from ...core.failures import log_failure
from ...core.i18n.catalogues import Catalogues
from ...core.i18n.languages import LocalizedText
from ...core.runtime import Runtime
from ...core.web import authentication, requests
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
from ..domain.ticket import Ticket
from .schemas import (
    GiveMessage,
    OrderMessage,
    PauseMessage,
    PriorityMessage,
    ResumeMessage,
    StopMessage,
    to_ticket_request,
)
from .ticket_responses import issued_response, ticket_response

logger = logging.getLogger(__name__)


async def _require_host(request: Request) -> Principal:
    return require_role(await authentication.current_principal(request), StaffRole.HOST)


# Calls on one ticket


async def post_priority(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/priority {class}`."""
    host, message = await _require_host(request), await requests.read_json_body(request, PriorityMessage)
    runtime, ticket_id = requests.current_runtime(request), request.path_params["id"]
    return await ticket_response(request, await set_priority(runtime, host, ticket_id, message.priority))


async def post_order(request: Request) -> Response:
    """`POST /api/v1/staff/tickets/{id}/order {reason}`."""
    host, message = await _require_host(request), await requests.read_json_body(request, OrderMessage)
    runtime, ticket_id = requests.current_runtime(request), request.path_params["id"]
    return await ticket_response(request, await put_ticket_first(runtime, host, ticket_id, message.reason))


HostUseCase = Callable[[Runtime, Principal, str], Awaitable[Ticket]]


def _ticket_endpoint(use_case: HostUseCase) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host = await _require_host(request)
        ticket = await use_case(requests.current_runtime(request), host, request.path_params["id"])
        return await ticket_response(request, ticket)

    return act


# Calls for a person at the entrance


async def post_host_ticket(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/tickets`: 201 with the ticket and its token."""
    host, message = await _require_host(request), await requests.read_json_body(request, GiveMessage)
    asked = to_ticket_request(
        message,
        language=requests.current_language(request),
        device=None,
        address=requests.client_address(request),
        request_key=hashed_idempotency_key(request),
        exempt=False,
        sms_countries=requests.sms_countries(request),
    )
    issued = await give_ticket(
        requests.current_runtime(request),
        host,
        request.path_params["office"],
        replace(asked, override=message.override),
        preferential=message.preferential,
    )
    return await issued_response(request, issued, 200 if issued.is_repeat else 201)


async def post_check_in(request: Request) -> Response:
    """`POST /api/v1/staff/appointments/{id}/check-in`: 201, or 200 with an existing ticket."""
    host = await _require_host(request)
    issued = await check_in_appointment(
        requests.current_runtime(request),
        host,
        request.path_params["id"],
        sms_countries=requests.sms_countries(request),
    )
    return await issued_response(request, issued, 200 if issued.is_repeat else 201)


# Calls on a line or an office

WalkInsUseCase = Callable[[Runtime, Principal, str, str | None, TextsForOffice | None], Awaitable[OfficeLine]]


async def post_pause(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/pause {reason?, message?}`."""
    host, message = await _require_host(request), await requests.read_json_body(request, PauseMessage)
    catalogues: Catalogues = request.state.catalogues
    reason, words = message.reason, message.message

    def chosen(office: Office) -> LocalizedText:
        return pause_texts(office, reason or "", words, catalogues.gettext)

    runtime, slug = requests.current_runtime(request), request.path_params["office"]
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


async def post_resume(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/resume {message?}`."""
    host, message = await _require_host(request), await requests.read_json_body(request, ResumeMessage)
    office = await pause.resume_office(
        requests.current_runtime(request), host, request.path_params["office"], message.message
    )
    return _pause_response(request, office)


def _pause_response(request: Request, office: Office, background: BackgroundTask | None = None) -> Response:
    response = requests.json_response(
        {
            "office": office.slug,
            "paused": office.paused,
            "evacuation": office.is_evacuating,
            "pause_message": office.pause_text(requests.current_language(request)),
        }
    )
    response.background = background
    return response


def _walk_ins_endpoint(use_case: WalkInsUseCase) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        host, message = await _require_host(request), await requests.read_json_body(request, StopMessage)
        catalogues: Catalogues = request.state.catalogues
        choice, words = message.choice, message.reason

        def chosen(office: Office) -> LocalizedText:
            return stop_texts(office, choice or "", words, catalogues.gettext)

        runtime, line_id = requests.current_runtime(request), request.path_params["id"]
        line = await use_case(runtime, host, line_id, words, chosen if choice else None)
        return requests.json_response(_line_json(line, requests.current_language(request)))

    return act


def _line_json(line: OfficeLine, language: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "slug": line.slug,
        "name": line.name(language),
        "stopped": line.stopped,
        "stop_reason": line.stop_text(language),
    }


def _post_route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(f"/api/v1/staff{path}", endpoint, methods=["POST"])


routes = [
    _post_route("/tickets/{id}/priority", post_priority),
    _post_route("/tickets/{id}/order", post_order),
    _post_route("/tickets/{id}/helped", _ticket_endpoint(clear_help_request)),
    _post_route("/tickets/{id}/end-missed", _ticket_endpoint(end_missed_ticket)),
    _post_route("/tickets/{id}/leave", _ticket_endpoint(leave_line_for_citizen)),
    _post_route("/offices/{office}/tickets", post_host_ticket),
    _post_route("/appointments/{id}/check-in", post_check_in),
    _post_route("/lines/{id}/stop", _walk_ins_endpoint(pause.stop_walk_ins)),
    _post_route("/lines/{id}/open", _walk_ins_endpoint(pause.reopen_walk_ins)),
    _post_route("/offices/{office}/pause", post_pause),
    _post_route("/offices/{office}/resume", post_resume),
]
