"""The assistant's page. A form that works without JavaScript; with it, only what is new comes back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Conflict, Gone, Invalid, NotAllowed, RateLimited
from ...core.ids import new_id
from ...core.web import requests
from ...core.web.validation import parse
from ..actions.conversation import KEPT, Entry, Heard, beginning, history, say
from .requests import message_of
from .schemas import ChatMessage

PATH = "/chat"
COOKIE = "office360_chat"
FRAGMENT = "x-fragment"  # a header that our script sends: it wants the new turn only


async def show(request: Request) -> Response:
    """The conversation so far, or how one begins."""
    entries = await history(requests.runtime(request), request.cookies.get(COOKIE))
    return _page(request, entries)


async def hear(request: Request) -> Response:
    """One message. Without JavaScript the page again; what was typed is kept when it cannot be sent."""
    try:
        form = await requests.form(request)
    except NotAllowed as refusal:
        return await _again(request, await request.form(), 403, requests.say(request, refusal.code))
    try:
        heard = await _said(request, form)
    except Invalid as invalid:
        return await _again(request, form, 422, requests.field_texts(request, invalid)["text"])
    except (RateLimited, Conflict) as refusal:
        return await _again(
            request, form, 429 if isinstance(refusal, RateLimited) else 409, requests.say(request, refusal.code)
        )
    response = _turn(request, heard) if FRAGMENT in request.headers else requests.see_other(f"{PATH}#last")
    seconds = int(KEPT.total_seconds())
    requests.set_cookie(request, response, COOKIE, heard.session, max_age_s=seconds)
    return response


async def _said(request: Request, form: Any) -> Heard:
    """The answer; a conversation that is over meanwhile begins anew with this message."""
    values = {
        "text": str(form.get("choice") or form.get("text") or ""),
        "session": request.cookies.get(COOKIE) or None,
        "altcha": str(form.get("altcha") or "") or None,
    }
    key = f"{requests.device_of(request)}:{form.get('request_key')}" if form.get("request_key") else None
    message = parse(ChatMessage, values)
    try:
        return await say(requests.runtime(request), await message_of(request, message, key))
    except Gone:
        fresh = message.model_copy(update={"session": None})
        return await say(requests.runtime(request), await message_of(request, fresh, key))


async def _again(request: Request, form: Any, status_code: int, error: str) -> Response:
    if FRAGMENT in request.headers:
        return requests.render(request, "chatbot/problem.html", status_code=status_code, error=error)
    entries = await history(requests.runtime(request), request.cookies.get(COOKIE))
    return _page(request, entries, status_code=status_code, error=error, typed=str(form.get("text") or ""))


def _page(
    request: Request, entries: list[Entry], *, status_code: int = 200, error: str = "", typed: str = ""
) -> Response:
    first = beginning(requests.language(request), requests.gettext_of(request), requests.runtime(request).now())
    return requests.render(
        request,
        "chatbot/chat.html",
        status_code=status_code,
        first=first,
        entries=entries,
        error=error,
        typed=typed,
        request_key=new_id(),
    )


def _turn(request: Request, heard: Heard) -> Response:
    return requests.render(request, "chatbot/turn.html", entry=heard.entry, done=heard.done, request_key=new_id())


routes = [Route(PATH, show), Route(PATH, hear, methods=["POST"])]
