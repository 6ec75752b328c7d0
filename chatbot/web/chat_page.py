"""The assistant's page. A form that works without JavaScript; with it, only what is new comes back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Conflict, Gone, Invalid, NotAllowed, RateLimited
from ...core.ids import new_id
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ..actions.conversation import (
    CONVERSATION_LIFETIME,
    ChatAnswer,
    TranscriptEntry,
    answer_message,
    load_transcript,
    opening_reply,
)
from .requests import build_incoming_message
from .schemas import ChatMessage

PATH = "/chat"
COOKIE_NAME = "office360_chat"
FRAGMENT_HEADER = "x-fragment"  # a header that our script sends: it wants the new turn only


async def show_chat_page(request: Request) -> Response:
    """The conversation so far, or how one begins."""
    entries = await load_transcript(requests.current_runtime(request), request.cookies.get(COOKIE_NAME))
    return _render_chat_page(request, entries)


async def post_chat_form(request: Request) -> Response:
    """One message. Without JavaScript the page again; what was typed is kept when it cannot be sent."""
    try:
        form = await forms.read_form(request)
    except NotAllowed as refusal:
        return await _render_error(request, await request.form(), 403, requests.error_text(request, refusal.code))
    try:
        heard = await _answer_form(request, form)
    except Invalid as invalid:
        return await _render_error(request, form, 422, forms.field_error_texts(request, invalid)["text"])
    except (RateLimited, Conflict) as refusal:
        return await _render_error(
            request,
            form,
            429 if isinstance(refusal, RateLimited) else 409,
            requests.error_text(request, refusal.code),
        )
    response = (
        _render_turn(request, heard) if FRAGMENT_HEADER in request.headers else requests.see_other(f"{PATH}#last")
    )
    seconds = int(CONVERSATION_LIFETIME.total_seconds())
    requests.set_cookie(request, response, COOKIE_NAME, heard.session, max_age_s=seconds)
    return response


async def _answer_form(request: Request, form: Any) -> ChatAnswer:
    """The answer; a conversation that is over meanwhile begins anew with this message."""
    values = {
        "text": str(form.get("choice") or form.get("text") or ""),
        "session": request.cookies.get(COOKIE_NAME) or None,
        "altcha": str(form.get("altcha") or "") or None,
    }
    key = f"{requests.current_device(request)}:{form.get('request_key')}" if form.get("request_key") else None
    message = parse_model(ChatMessage, values)
    try:
        return await answer_message(
            requests.current_runtime(request), await build_incoming_message(request, message, key)
        )
    except Gone:
        fresh = message.model_copy(update={"session": None})
        return await answer_message(
            requests.current_runtime(request), await build_incoming_message(request, fresh, key)
        )


async def _render_error(request: Request, form: Any, status_code: int, error: str) -> Response:
    if FRAGMENT_HEADER in request.headers:
        return requests.render_page(request, "chatbot/problem.html", status_code=status_code, error=error)
    entries = await load_transcript(requests.current_runtime(request), request.cookies.get(COOKIE_NAME))
    return _render_chat_page(
        request, entries, status_code=status_code, error=error, typed=str(form.get("text") or "")
    )


def _render_chat_page(
    request: Request, entries: list[TranscriptEntry], *, status_code: int = 200, error: str = "", typed: str = ""
) -> Response:
    first = opening_reply(
        requests.current_language(request),
        requests.current_gettext(request),
        requests.current_runtime(request).now(),
    )
    return requests.render_page(
        request,
        "chatbot/chat.html",
        status_code=status_code,
        first=first,
        entries=entries,
        error=error,
        typed=typed,
        request_key=new_id(),
    )


def _render_turn(request: Request, heard: ChatAnswer) -> Response:
    return requests.render_page(
        request, "chatbot/turn.html", entry=heard.entry, done=heard.done, request_key=new_id()
    )


routes = [Route(PATH, show_chat_page), Route(PATH, post_chat_form, methods=["POST"])]
