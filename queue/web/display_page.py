"""The page `/o/{office}/display` of the waiting-room display. Its script keeps it current."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.formats.qr import encode_qr
from ...core.web import requests
from ...offices.service import office_by_slug
from ..realtime.display_board import load_display_board
from ..realtime.display_sockets import board_with_texts
from ..realtime.display_texts import SCRIPT_TEXTS

DISPLAY_PAGE_REFRESH_S = 15  # a display without JavaScript reloads as often
MAX_SCREEN_KEY = 80  # longer than any key of a screen


async def display_page(request: Request) -> Response:
    """`GET /o/{office}/display`, without login. Raises NotFound."""
    runtime, language = requests.current_runtime(request), requests.current_language(request)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        board = await load_display_board(session, office, runtime.now(), language)
    say = requests.current_gettext(request)
    return requests.render_page(
        request,
        "queue/display.html",
        office=office,
        screen=request.query_params.get("screen", "")[:MAX_SCREEN_KEY],
        board=board_with_texts(board, office, language, request.state.catalogues),
        qr=encode_qr(f"{runtime.public_url}/o/{office.slug}", "m"),
        texts={key: say(text) for key, text in SCRIPT_TEXTS.items()},
        refresh_s=DISPLAY_PAGE_REFRESH_S,
    )


routes = [Route("/o/{office}/display", display_page)]
