"""Logo and colours of the organisation, under addresses that name their content."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import NotFound
from ...core.web import requests
from ...offices.service import LOGO_PATH, THEME_PATH, current_site
from .static_files import IMMUTABLE_CACHE_CONTROL

# The picture is a document of its own when it is opened alone: it may run and load nothing.
LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


async def send_logo(request: Request) -> Response:
    """`GET /logo`: the current logo, whatever version is asked for. Raises NotFound.

    Mail programs show it on other sites, so it is the only file that other sites may load.
    """
    site = current_site(requests.current_runtime(request))
    if site.logo is None:
        raise NotFound
    headers = {
        "Cache-Control": _cache_control(request, site.logo_path),
        "Content-Security-Policy": LOGO_POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(site.logo.content, headers=headers, media_type=site.logo.media_type)


async def send_theme(request: Request) -> Response:
    """`GET /theme.css`: the current colours; empty for the product's own."""
    site = current_site(requests.current_runtime(request))
    headers = {"Cache-Control": _cache_control(request, site.theme_path)}
    return Response(site.theme.css(), headers=headers, media_type="text/css")


def _cache_control(request: Request, current_path: str) -> str:
    asked = f"{request.url.path}?v={request.query_params.get('v', '')}"
    return IMMUTABLE_CACHE_CONTROL if asked == current_path else "no-cache"


routes = [Route(LOGO_PATH, send_logo), Route(THEME_PATH, send_theme)]
