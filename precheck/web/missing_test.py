"""Page in place of the connection test on a site without a test room."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ...core.web import requests


def render_missing_test(request: Request, appointment: str | None) -> Response:
    """Render the page.

    `appointment`: the token of the citizen's appointment, for the way back.
    """
    headers = requests.PRIVATE_PAGE_HEADERS if appointment else None
    return requests.render_page(request, "precheck/test_missing.html", headers=headers, appointment=appointment)
