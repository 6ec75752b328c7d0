"""An earlier time over HTTP: asking to be told, and answering (contract.md: `…/earlier`); the waiting list."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.web import requests
from ..actions.earlier_slot import (
    accept_earlier_slot,
    cancel_earlier_request,
    refuse_earlier_slot,
    request_earlier_slot,
)
from ..actions.waitlist import join_waitlist
from ..domain.offer import EarlierSlotRequest
from .api import appointment_json
from .requester import build_requester
from .schemas import AnswerMessage, EarlierMessage, WaitingMessage, waitlist_request


async def post_earlier(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier {wanted, not_before?, part?}`."""
    message, token = await requests.read_json_body(request, EarlierMessage), request.path_params["token"]
    runtime = requests.current_runtime(request)
    if message.wanted:
        appointment = await request_earlier_slot(
            runtime, token, EarlierSlotRequest(message.not_before, message.part)
        )
    else:
        appointment = await cancel_earlier_request(runtime, token)
    return requests.json_response(await appointment_json(request, appointment))


async def post_earlier_accept(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier/accept {offer}`: the new appointment, with its own token."""
    message = await requests.read_json_body(request, AnswerMessage)
    appointment = await accept_earlier_slot(
        requests.current_runtime(request), request.path_params["token"], message.offer
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_earlier_refuse(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier/refuse {offer}`."""
    message = await requests.read_json_body(request, AnswerMessage)
    appointment = await refuse_earlier_slot(
        requests.current_runtime(request), request.path_params["token"], message.offer
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_waitlist(request: Request) -> Response:
    """`POST /api/v1/waiting-list {service, office?, mode?, email, privacy_accepted, altcha?}`."""
    message = await requests.read_json_body(request, WaitingMessage)
    asker = await build_requester(request, message.altcha, program=True)
    state = await join_waitlist(
        requests.current_runtime(request), waitlist_request(message, requests.current_language(request)), asker
    )
    return requests.json_response({"state": state}, 202)


routes = [
    Route("/api/v1/waiting-list", post_waitlist, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier", post_earlier, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier/accept", post_earlier_accept, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier/refuse", post_earlier_refuse, methods=["POST"]),
]
