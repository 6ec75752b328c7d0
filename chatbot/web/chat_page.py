"""The assistant's page. Works without JavaScript; a script fetches only the new turn."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import Conflict, Gone, Invalid, NotAllowed, RateLimited
from ...core.ids import new_id
from ...core.web import requests
from ...core.web.form_page import SentForm, read_form
from ...core.web.validation import parse_model
from ..actions.answer_danger import DangerAnswer, answer_danger
from ..actions.answer_message import ChatAnswer, answer_message
from ..actions.conversation import (
    CONVERSATION_LIFETIME,
    TranscriptEntry,
    delete_conversation,
    load_transcript,
    opening_reply,
)
from .paths import PATH
from .requests import build_incoming_message, prepare_grammars
from .schemas import ChatMessage

COOKIE_NAME = "office360_chat"
NEUTRAL_PATH = "/"  # the page after "leave this page"
# The back button must load the page again: the conversation may have been deleted by "leave this page".
PAGE_HEADERS = {"Cache-Control": "private, no-store"}
FRAGMENT_HEADER = "x-fragment"  # sent by the page's script, which replaces the new turn only


async def show_chat_page(request: Request) -> Response:
    """Show the transcript, or the greeting."""
    return _render_chat_page(request, await _load_own_transcript(request))


async def post_chat_form(request: Request) -> Response:
    """Answer a message with the new turn or a redirect; an error keeps the typed text."""
    await prepare_grammars()
    try:
        form = await read_form(request)
    except NotAllowed as refusal:
        form = SentForm(request, await request.form())
        danger = await _answer_danger_of_old_page(form)
        if danger is not None:
            return await _render_danger(request, danger)
        return await _render_error(form, 403, requests.error_text(request, refusal.code))
    with form.catch(Invalid, RateLimited, Conflict, refused_field="text") as problem:
        answer = await _answer_form(form)
        if isinstance(answer, DangerAnswer):
            return await _render_danger(request, answer)
        if FRAGMENT_HEADER in request.headers:
            response = _render_turn(request, answer)
        else:
            response = requests.see_other(f"{PATH}#last")
        _set_session_cookie(request, response, answer.session)
        return response
    return await _render_error(form, problem.status_code, problem.errors["text"])


async def _answer_form(form: SentForm) -> ChatAnswer | DangerAnswer:
    """Answer the message; if the conversation has expired, begin a new conversation with it."""
    request, runtime = form.request, form.runtime
    key = f"{requests.current_device(request)}:{form.get('request_key')}" if form.get("request_key") else None
    sent = _parse_form(form)
    message = await build_incoming_message(request, sent, key, from_page=True)
    danger = await answer_danger(runtime, message)
    if danger is not None:
        return danger
    try:
        return await answer_message(runtime, message)
    except Gone:
        fresh = sent.model_copy(update={"session": None})
        return await answer_message(runtime, await build_incoming_message(request, fresh, key, from_page=True))


def _parse_form(form: SentForm) -> ChatMessage:
    values = {
        "text": form.text("choice") or form.text("text"),
        "session": form.request.cookies.get(COOKIE_NAME) or None,
        "altcha": form.text("altcha") or None,
    }
    return parse_model(ChatMessage, values)


async def _answer_danger_of_old_page(form: SentForm) -> DangerAnswer | None:
    """Answer danger also when the form is refused: the answer changes nothing."""
    with suppress(Invalid):
        message = await build_incoming_message(form.request, _parse_form(form), None, from_page=True)
        return await answer_danger(form.runtime, message)
    return None


async def leave_page(request: Request) -> Response:
    """Delete the conversation and open a page that tells nothing about it."""
    token = request.cookies.get(COOKIE_NAME)
    with suppress(NotAllowed):  # a foreign or very old page deletes nothing, but leaves all the same
        await read_form(request)
        if token:
            await delete_conversation(requests.current_runtime(request), token)
    response = requests.see_other(NEUTRAL_PATH)
    response.delete_cookie(COOKIE_NAME)
    return response


async def _render_danger(request: Request, answer: DangerAnswer) -> Response:
    """Render the notice, without the message that told danger."""
    context: dict[str, Any] = {
        "notice": answer.notice,
        "question": answer.question,
        "question_language": answer.question_language,
    }
    if FRAGMENT_HEADER in request.headers:
        response = requests.render_page(request, "chatbot/danger.html", headers=PAGE_HEADERS, **context)
    else:
        response = _render_chat_page(request, await _load_own_transcript(request), **context)
    _set_session_cookie(request, response, answer.session)
    return response


def _set_session_cookie(request: Request, response: Response, session: str) -> None:
    max_age_s = int(CONVERSATION_LIFETIME.total_seconds())
    requests.set_cookie(request, response, COOKIE_NAME, session, max_age_s=max_age_s)


async def _load_own_transcript(request: Request) -> list[TranscriptEntry]:
    return await load_transcript(
        requests.current_runtime(request),
        request.cookies.get(COOKIE_NAME),
        requests.current_language(request),
        requests.current_gettext(request),
    )


async def _render_error(form: SentForm, status_code: int, error: str) -> Response:
    request = form.request
    if FRAGMENT_HEADER in request.headers:
        return requests.render_page(request, "chatbot/problem.html", status_code=status_code, error=error)
    entries = await _load_own_transcript(request)
    return _render_chat_page(request, entries, status_code=status_code, error=error, typed=form.text("text"))


def _render_chat_page(
    request: Request,
    entries: list[TranscriptEntry],
    *,
    status_code: int = 200,
    error: str = "",
    typed: str = "",
    **context: Any,
) -> Response:
    language, translate = requests.current_language(request), requests.current_gettext(request)
    return requests.render_page(
        request,
        "chatbot/chat.html",
        status_code=status_code,
        headers=PAGE_HEADERS,
        first=opening_reply(language, translate, requests.current_runtime(request).now()),
        entries=entries,
        error=error,
        typed=typed,
        request_key=new_id(),
        **{"notice": None, **context},
    )


def _render_turn(request: Request, answer: ChatAnswer) -> Response:
    return requests.render_page(
        request, "chatbot/turn.html", entry=answer.entry, done=answer.done, request_key=new_id()
    )
