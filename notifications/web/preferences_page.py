"""Preferences page `/n/{token}`: a contact stops and restarts groups of messages.

A mail program posts here for its reader without a form of ours, so the token alone is the authorisation (RFC
8058). GET changes nothing, because mail scanners follow links.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound
from ...core.web import requests
from ...core.web.form_page import read_form
from ..actions.preferences import contact_preferences, set_group_preference
from ..domain.channel_declaration import MessageGroup
from ..domain.message_texts import GROUP_TEXTS, RECIPIENT_TEXTS

ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058, 3.1: the form field of a mail program
PRIVATE_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


async def show_preferences(request: Request) -> Response:
    """Show all groups; the group that the URL names comes first."""
    group = request.path_params.get("group")
    if group is not None and group not in set(MessageGroup):
        raise NotFound
    token = request.path_params["token"]
    preferences = await contact_preferences(requests.current_runtime(request), token, group)
    texts = GROUP_TEXTS[preferences.channel]
    ordered = sorted(preferences.groups, key=lambda preference: preference.group != group)
    return requests.render_page(
        request,
        "notifications/choice.html",
        headers=PRIVATE_HEADERS,
        token=token,
        recipient=RECIPIENT_TEXTS[preferences.channel],
        asked=group,
        choices=[(preference, texts[preference.group]) for preference in ordered],
    )


async def change_preference(request: Request) -> Response:
    """Stop or restart a group, for a mail program or for the form of the page."""
    token, group = request.path_params["token"], request.path_params["group"]
    runtime = requests.current_runtime(request)
    # a mail program sends no CSRF token: its field is looked for before the form is read, which checks the token
    if await _is_one_click(request):
        await set_group_preference(runtime, token, group, stop=True)
        return Response(status_code=200, headers=PRIVATE_HEADERS)
    form = await read_form(request)
    await set_group_preference(runtime, token, group, stop=form.get("want") != "again")
    return requests.see_other(f"/n/{token}/{group}")


async def _is_one_click(request: Request) -> bool:
    """Tell whether a mail program sent the request.

    The form of the page has no such field, and is checked for its CSRF token like every form.
    """
    name, value = ONE_CLICK
    return (await request.form(max_files=0, max_fields=4)).get(name) == value


routes: list[BaseRoute] = [
    Route("/n/{token}", show_preferences, methods=["GET"]),
    Route("/n/{token}/{group}", show_preferences, methods=["GET"]),
    Route("/n/{token}/{group}", change_preference, methods=["POST"]),
]
