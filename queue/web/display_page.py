"""`/o/{office}/display`: the page of the waiting-room screen, painted whole; its script keeps it live."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.formats.qr import qr_code
from ...core.web import requests
from ...offices.service import office_by_slug
from ..realtime.display_board import display_board
from ..realtime.display_sockets import shown_board
from ..realtime.display_texts import SCRIPT_TEXTS

REFRESH_S = 15  # how often a screen without JavaScript is read anew


async def display(request: Request) -> Response:
    """Open to everybody: it shows what hangs on the wall. Raises NotFound."""
    runtime, language = requests.runtime(request), requests.language(request)
    async with runtime.reading() as session:
        office = await office_by_slug(session, request.path_params["office"])
        board = await display_board(session, office, runtime.now(), language)
    say = requests.gettext_of(request)
    return requests.render(
        request,
        "queue/display.html",
        office=office,
        board=shown_board(board, office, language, request.state.catalogues),
        qr=qr_code(f"{runtime.public_url}/o/{office.slug}", "m"),
        texts={key: say(text) for key, text in SCRIPT_TEXTS.items()},
        refresh_s=REFRESH_S,
    )


routes = [Route("/o/{office}/display", display)]
