"""Progressive web app: service worker, manifest and offline page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ...core.web import requests
from ...offices.service import current_site
from .static_files import StaticFolder

PAPER_COLOUR = "#FBFAF7"


def build_routes(static: StaticFolder) -> list[BaseRoute]:
    """Build the routes. Service worker and icons are those of this build."""
    source = (static.path / "server" / "sw.js").read_text().replace("__BUILD__", static.build)

    async def worker(request: Request) -> Response:
        """`GET /sw.js`: at the root, because its scope is the whole site; never cached."""
        headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
        return Response(source, headers=headers, media_type="text/javascript")

    async def manifest(request: Request) -> Response:
        """`GET …/manifest.webmanifest`: the app, which opens on the page that installed it.

        An app on a home screen may have no cookies of the browser, so a ticket's address is its start.
        """
        t, language = requests.current_gettext(request), requests.current_language(request)
        site = current_site(requests.current_runtime(request))
        here = request.url.path.removesuffix("manifest.webmanifest").rstrip("/") or "/"
        content = {
            # the same app whichever page installed it, although each has another start_url
            "id": "/",
            "name": site.profile.name(language),
            "short_name": site.profile.name_under_icon(language),
            "description": t("Appointments and queues at your public offices."),
            "lang": language,
            "dir": "ltr",
            "start_url": here,
            "scope": "/",
            "display": "standalone",
            "background_color": PAPER_COLOUR,
            "theme_color": PAPER_COLOUR if site.theme.is_default else site.theme.light["plaque"],
            "icons": [
                _icon_entry(static, "icon.svg", "any", "image/svg+xml"),
                _icon_entry(static, "icon-192.png", "192x192", "image/png"),
                _icon_entry(static, "icon-512.png", "512x512", "image/png"),
                _icon_entry(static, "maskable-192.png", "192x192", "image/png", "maskable"),
                _icon_entry(static, "maskable-512.png", "512x512", "image/png", "maskable"),
            ],
        }
        headers = {"Cache-Control": "private, no-cache"}
        return JSONResponse(content, headers=headers, media_type="application/manifest+json")

    return [
        Route("/sw.js", worker),
        Route("/manifest.webmanifest", manifest),
        Route("/t/{token}/manifest.webmanifest", manifest),
        Route("/a/{token}/manifest.webmanifest", manifest),
        Route("/offline", show_offline_page),
    ]


def _icon_entry(static: StaticFolder, name: str, sizes: str, media: str, purpose: str = "any") -> dict[str, str]:
    return {"src": static.url(f"server/{name}"), "sizes": sizes, "type": media, "purpose": purpose}


async def show_offline_page(request: Request) -> Response:
    """`GET /offline`: the page that the service worker shows without a network."""
    return requests.render_page(request, "offline.html")
