"""HTTP API of the assistant: `POST /api/v1/chat` (docs/api.md#calls)."""

from __future__ import annotations

from ...core.contact.phone_numbers import tel_url
from ...core.json_types import JsonObject
from ...core.web.api_route import ApiRequest
from ...core.web.request_identity import forget_request, hashed_idempotency_key
from ..actions.answer_danger import DangerAnswer, answer_danger
from ..actions.answer_message import answer_message
from ..dialogue.rendering import RenderedReply
from .requests import build_incoming_message, prepare_grammars
from .schemas import ChatMessage


async def post_chat(request: ApiRequest[ChatMessage]) -> JsonObject:
    """Answer a message."""
    await prepare_grammars()
    message = await build_incoming_message(request, request.message, hashed_idempotency_key(request))
    danger = await answer_danger(request.runtime, message)
    if danger is not None:
        forget_request(request)
        return _danger_json(danger)
    answer = await answer_message(request.runtime, message)
    return {
        "session": answer.session,
        "replies": [_reply_json(reply) for reply in answer.entry.replies],
        "done": answer.done,
        "language": answer.entry.language,
    }


def _danger_json(answer: DangerAnswer) -> JsonObject:
    """Describe the notice and the question that is asked again, as replies."""
    notice = answer.notice
    links = [{"label": link.label, "url": link.url} for link in notice.links]
    return {
        "session": answer.session,
        "replies": [{"text": notice.text, "links": links}, _reply_json(answer.question)],
        "done": False,
        "language": notice.language,
    }


def _reply_json(reply: RenderedReply) -> JsonObject:
    members: JsonObject = {"text": reply.text}
    if reply.picks:
        members["choices"] = [{"label": choice.text, "value": choice.value} for choice in reply.picks]
    if reply.link:
        members["link"] = reply.link
    if reply.phone:
        members["links"] = [{"label": reply.phone_text, "url": tel_url(reply.phone)}]
    return members
