"""JSON over HTTP: `POST /api/v1/chat` (contract.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.web import requests
from ...core.web.request_identity import request_key
from ..actions.conversation import Pick, Spoken, say
from .requests import message_of
from .schemas import ChatMessage


async def chat(request: Request) -> Response:
    """One message; the answer has the session to be sent with the next one."""
    body = await requests.json_body(request, ChatMessage)
    heard = await say(requests.runtime(request), await message_of(request, body, request_key(request)))
    answer = {
        "session": heard.session,
        "replies": [_reply(one) for one in heard.entry.replies],
        "done": heard.done,
        "language": heard.entry.language,
    }
    return requests.json_response(answer)


def _reply(one: Spoken) -> dict[str, Any]:
    reply: dict[str, Any] = {"text": one.text}
    if one.picks:
        reply["choices"] = [_choice(pick) for pick in one.picks]
    return reply | ({"link": one.link} if one.link else {})


def _choice(pick: Pick) -> dict[str, str]:
    return {"label": f"{pick.label}, {pick.detail}" if pick.detail else pick.label, "value": pick.value}


routes = [Route("/api/v1/chat", chat, methods=["POST"])]
