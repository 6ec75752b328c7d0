"""Files made from the database or the code: the logo and the API's document."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...core.errors import NotFound
from ...core.json_types import JsonObject
from ...core.web import requests
from ...offices.service import LOGO_PATH, current_site
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
    asked = f"{request.url.path}?v={request.query_params.get('v', '')}"
    headers = {
        "Cache-Control": IMMUTABLE_CACHE_CONTROL if asked == site.logo_path else "no-cache",
        "Content-Security-Policy": LOGO_POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(site.logo.content, headers=headers, media_type=site.logo.media_type)


async def get_openapi_document(request: Request) -> Response:
    document = await asyncio.to_thread(_load_openapi_document)
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})


def _load_openapi_document() -> JsonObject:
    # imported late: the schemas of all calls take 0.2 s
    from .openapi_document import build_openapi_document

    return build_openapi_document()


routes = [Route(LOGO_PATH, send_logo), Route("/api/openapi.json", get_openapi_document)]
