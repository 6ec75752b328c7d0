"""JSON over HTTP: `POST /api/v1/chat` (contract.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.web import requests
from ...core.web.request_identity import hashed_idempotency_key
from ..actions.conversation import RenderedChoice, RenderedReply, answer_message
from .requests import build_incoming_message
from .schemas import ChatMessage


async def post_chat(request: Request) -> Response:
    """One message; the answer has the session to be sent with the next one."""
    body = await requests.read_json_body(request, ChatMessage)
    heard = await answer_message(
        requests.current_runtime(request),
        await build_incoming_message(request, body, hashed_idempotency_key(request)),
    )
    answer = {
        "session": heard.session,
        "replies": [_reply_json(one) for one in heard.entry.replies],
        "done": heard.done,
        "language": heard.entry.language,
    }
    return requests.json_response(answer)


def _reply_json(one: RenderedReply) -> dict[str, Any]:
    reply: dict[str, Any] = {"text": one.text}
    if one.picks:
        reply["choices"] = [_choice_json(pick) for pick in one.picks]
    return reply | ({"link": one.link} if one.link else {})


def _choice_json(pick: RenderedChoice) -> dict[str, str]:
    return {"label": f"{pick.label}, {pick.detail}" if pick.detail else pick.label, "value": pick.value}


routes = [Route("/api/v1/chat", post_chat, methods=["POST"])]
