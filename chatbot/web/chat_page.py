"""The assistant's page. Works without JavaScript; a script fetches only the new turn."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Conflict, Gone, Invalid, NotAllowed, RateLimited
from ...core.ids import new_id
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ..actions.answer_message import ChatAnswer, answer_message
from ..actions.conversation import CONVERSATION_LIFETIME, TranscriptEntry, load_transcript, opening_reply
from .requests import build_incoming_message
from .schemas import ChatMessage

PATH = "/chat"
COOKIE_NAME = "office360_chat"
FRAGMENT_HEADER = "x-fragment"  # sent by the page's script, which replaces the new turn only


async def show_chat_page(request: Request) -> Response:
    """Show the transcript, or the greeting."""
    return _render_chat_page(request, await _load_own_transcript(request))


async def post_chat_form(request: Request) -> Response:
    """Answer a message with the new turn or a redirect; an error keeps the typed text."""
    try:
        form = await forms.read_form(request)
    except NotAllowed as refusal:
        return await _render_error(request, await request.form(), 403, requests.error_text(request, refusal.code))
    try:
        answer = await _answer_form(request, form)
    except Invalid as invalid:
        return await _render_error(request, form, 422, forms.field_error_texts(request, invalid)["text"])
    except RateLimited as refusal:
        return await _render_error(request, form, 429, requests.error_text(request, refusal.code))
    except Conflict as refusal:
        return await _render_error(request, form, 409, requests.error_text(request, refusal.code))
    if FRAGMENT_HEADER in request.headers:
        response = _render_turn(request, answer)
    else:
        response = requests.see_other(f"{PATH}#last")
    max_age_s = int(CONVERSATION_LIFETIME.total_seconds())
    requests.set_cookie(request, response, COOKIE_NAME, answer.session, max_age_s=max_age_s)
    return response


async def _answer_form(request: Request, form: FormData) -> ChatAnswer:
    """Answer the message; if the conversation has expired, begin a new one with it."""
    values = {
        "text": str(form.get("choice") or form.get("text") or ""),
        "session": request.cookies.get(COOKIE_NAME) or None,
        "altcha": str(form.get("altcha") or "") or None,
    }
    key = f"{requests.current_device(request)}:{form.get('request_key')}" if form.get("request_key") else None
    sent = parse_model(ChatMessage, values)
    runtime = requests.current_runtime(request)
    try:
        return await answer_message(runtime, await build_incoming_message(request, sent, key))
    except Gone:
        fresh = sent.model_copy(update={"session": None})
        return await answer_message(runtime, await build_incoming_message(request, fresh, key))


async def _load_own_transcript(request: Request) -> list[TranscriptEntry]:
    return await load_transcript(requests.current_runtime(request), request.cookies.get(COOKIE_NAME))


async def _render_error(request: Request, form: FormData, status_code: int, error: str) -> Response:
    if FRAGMENT_HEADER in request.headers:
        return requests.render_page(request, "chatbot/problem.html", status_code=status_code, error=error)
    entries = await _load_own_transcript(request)
    typed = str(form.get("text") or "")
    return _render_chat_page(request, entries, status_code=status_code, error=error, typed=typed)


def _render_chat_page(
    request: Request, entries: list[TranscriptEntry], *, status_code: int = 200, error: str = "", typed: str = ""
) -> Response:
    language, translate = requests.current_language(request), requests.current_gettext(request)
    return requests.render_page(
        request,
        "chatbot/chat.html",
        status_code=status_code,
        first=opening_reply(language, translate, requests.current_runtime(request).now()),
        entries=entries,
        error=error,
        typed=typed,
        request_key=new_id(),
    )


def _render_turn(request: Request, answer: ChatAnswer) -> Response:
    return requests.render_page(
        request, "chatbot/turn.html", entry=answer.entry, done=answer.done, request_key=new_id()
    )


routes = [Route(PATH, show_chat_page), Route(PATH, post_chat_form, methods=["POST"])]
