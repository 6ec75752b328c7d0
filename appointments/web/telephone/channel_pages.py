"""Pages that connect a chat to an appointment, or end the messages there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.web import requests
from ....core.web.channel_link_page import create_link, render_link
from ....core.web.form_page import SentForm, handle_form
from ...actions.telephone.linked_chat import end_channel
from ...notify.reminder_timers import outbox_subject
from ...queries.lookup import appointment_by_token


async def show_channel_link(request: Request) -> Response:
    """GET `/a/{token}/channels/{channel}`: the link that connects a chat."""
    token, channel = request.path_params["token"], request.path_params["channel"]
    async with requests.current_runtime(request).read_session() as session:
        appointment = await appointment_by_token(session, token)
    return await render_link(request, channel, outbox_subject(appointment), f"/a/{token}")


@handle_form
async def submit_channel(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/channels/{channel}`: begin to connect a chat."""
    token, channel = request.path_params["token"], request.path_params["channel"]
    async with form.runtime.read_session() as session:
        appointment = await appointment_by_token(session, token)
    return await create_link(request, channel, outbox_subject(appointment), f"/a/{token}/channels/{channel}")


@handle_form
async def submit_channel_end(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/channels/{channel}/end`: end the messages there."""
    token, channel = request.path_params["token"], request.path_params["channel"]
    await end_channel(form.runtime, token, channel)
    return requests.see_other(f"/a/{token}#{channel}")


routes = [
    Route("/a/{token}/channels/{channel}", show_channel_link),
    Route("/a/{token}/channels/{channel}", submit_channel, methods=["POST"]),
    Route("/a/{token}/channels/{channel}/end", submit_channel_end, methods=["POST"]),
]
