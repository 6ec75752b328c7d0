"""`/n/{token}`: what we tell one address or number, and how to stop it.

A mail program posts here on its reader's behalf, without a form of ours: the link alone says who asks (RFC 8058).
`GET` changes nothing, for mail scanners follow links.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound
from ...core.web import requests
from ..actions.preferences import choices_of, choose
from ..domain.message_kinds import Group
from ..domain.message_texts import GROUPS

ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058, 3.1: what the program's form says
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


async def page(request: Request) -> Response:
    """Everything that can be chosen; `group` in the address is what the link was about."""
    asked = request.path_params.get("group")
    if asked is not None and asked not in set(Group):
        raise NotFound
    return await _page(request, asked)


async def _page(request: Request, asked: str | None) -> Response:
    found = await choices_of(requests.runtime(request), request.path_params["token"])
    words = GROUPS[found.channel]
    first = sorted(found.choices, key=lambda one: one.group != asked)
    return requests.render(
        request,
        "notifications/choice.html",
        headers=PRIVATE,
        token=request.path_params["token"],
        by_email=found.by_email,
        asked=asked,
        choices=[(one, words[one.group]) for one in first],
    )


async def change(request: Request) -> Response:
    """Stop it, or ask for it again."""
    token, group = request.path_params["token"], request.path_params["group"]
    if await _is_one_click(request):
        await choose(requests.runtime(request), token, group, stop=True)
        return Response(status_code=200, headers=PRIVATE)
    sent = await requests.form(request)
    await choose(requests.runtime(request), token, group, stop=sent.get("want") != "again")
    return requests.see_other(f"/n/{token}/{group}")


async def _is_one_click(request: Request) -> bool:
    """Whether a mail program asks. Our own page's form never says so, and is guarded like every other."""
    name, value = ONE_CLICK
    return (await request.form(max_files=0, max_fields=4)).get(name) == value


routes: list[BaseRoute] = [
    Route("/n/{token}", page, methods=["GET"]),
    Route("/n/{token}/{group}", page, methods=["GET"]),
    Route("/n/{token}/{group}", change, methods=["POST"]),
]
