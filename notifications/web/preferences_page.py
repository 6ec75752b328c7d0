"""`/n/{token}`: what we tell one address or number, and how to stop it.

A mail program posts here on its reader's behalf, without a form of ours: the link alone says who asks (RFC 8058).
`GET` changes nothing, for mail scanners follow links.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound
from ...core.web import forms, requests
from ..actions.preferences import contact_preferences, set_group_preference
from ..domain.message_kinds import MessageGroup
from ..domain.message_texts import GROUP_TEXTS

ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058, 3.1: what the program's form says
PRIVATE_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


async def show_preferences(request: Request) -> Response:
    """Everything that can be chosen; `group` in the address is what the link was about."""
    asked = request.path_params.get("group")
    if asked is not None and asked not in set(MessageGroup):
        raise NotFound
    return await _render_preferences(request, asked)


async def _render_preferences(request: Request, asked: str | None) -> Response:
    found = await contact_preferences(requests.current_runtime(request), request.path_params["token"])
    words = GROUP_TEXTS[found.channel]
    first = sorted(found.groups, key=lambda one: one.group != asked)
    return requests.render_page(
        request,
        "notifications/choice.html",
        headers=PRIVATE_HEADERS,
        token=request.path_params["token"],
        by_email=found.is_email,
        asked=asked,
        choices=[(one, words[one.group]) for one in first],
    )


async def change_preference(request: Request) -> Response:
    """Stop it, or ask for it again."""
    token, group = request.path_params["token"], request.path_params["group"]
    if await _is_one_click(request):
        await set_group_preference(requests.current_runtime(request), token, group, stop=True)
        return Response(status_code=200, headers=PRIVATE_HEADERS)
    sent = await forms.read_form(request)
    await set_group_preference(requests.current_runtime(request), token, group, stop=sent.get("want") != "again")
    return requests.see_other(f"/n/{token}/{group}")


async def _is_one_click(request: Request) -> bool:
    """Whether a mail program asks. Our own page's form never says so, and is guarded like every other."""
    name, value = ONE_CLICK
    return (await request.form(max_files=0, max_fields=4)).get(name) == value


routes: list[BaseRoute] = [
    Route("/n/{token}", show_preferences, methods=["GET"]),
    Route("/n/{token}/{group}", show_preferences, methods=["GET"]),
    Route("/n/{token}/{group}", change_preference, methods=["POST"]),
]
