"""An earlier time over HTTP: asking to be told, and answering (contract.md: `…/earlier`); the waiting list."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.web import requests
from ..service import Wish, accept_earlier, join, refuse_earlier, stop_wanting, want_earlier
from .api import described
from .requester import asker_of
from .schemas import AnswerMessage, EarlierMessage, WaitingMessage, waiting_request


async def want_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier {wanted, not_before?, part?}`."""
    message, token = await requests.json_body(request, EarlierMessage), request.path_params["token"]
    runtime = requests.runtime(request)
    if message.wanted:
        appointment = await want_earlier(runtime, token, Wish(message.not_before, message.part))
    else:
        appointment = await stop_wanting(runtime, token)
    return requests.json_response(await described(request, appointment))


async def accept_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier/accept {offer}`: the new appointment, with its own token."""
    message = await requests.json_body(request, AnswerMessage)
    appointment = await accept_earlier(requests.runtime(request), request.path_params["token"], message.offer)
    return requests.json_response(await described(request, appointment))


async def refuse_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier/refuse {offer}`."""
    message = await requests.json_body(request, AnswerMessage)
    appointment = await refuse_earlier(requests.runtime(request), request.path_params["token"], message.offer)
    return requests.json_response(await described(request, appointment))


async def wait(request: Request) -> Response:
    """`POST /api/v1/waiting-list {service, office?, mode?, email, privacy_accepted, altcha?}`."""
    message = await requests.json_body(request, WaitingMessage)
    asker = await asker_of(request, message.altcha, program=True)
    state = await join(requests.runtime(request), waiting_request(message, requests.language(request)), asker)
    return requests.json_response({"state": state}, 202)


routes = [
    Route("/api/v1/waiting-list", wait, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier", want_one, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier/accept", accept_one, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier/refuse", refuse_one, methods=["POST"]),
]
