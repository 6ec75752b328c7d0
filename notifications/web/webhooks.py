"""Calls by the services of channels at `/webhooks/{channel}`: receipts and answers.

The channel authenticates each call by the secret that its service knows.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound
from ...core.web import requests
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ..channel_setup import ChannelSetup, WebhookCall


async def receive_webhook(request: Request) -> Response:
    """Hand a call to its channel. Raises NotFound for a channel that takes none."""
    setups: tuple[ChannelSetup, ...] = request.state.settings.chosen_channels
    found = (setup.receive for setup in setups if setup.name == request.path_params["channel"])
    receive = next(found, None)
    if receive is None:
        raise NotFound
    translate = request.state.catalogues.gettext
    call = WebhookCall(request.method, request.query_params, request.headers, await request.body(), translate)
    answer = await receive(requests.current_runtime(request), call)
    if answer.json is not None:
        return JSONResponse(answer.json, answer.status)
    return PlainTextResponse(answer.text, answer.status)


routes: list[BaseRoute] = [
    Route("/webhooks/{channel}", receive_webhook, methods=["GET"]),
    LimitedRoute("/webhooks/{channel}", receive_webhook, WriteLimit.WEBHOOKS),
]
