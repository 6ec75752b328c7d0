"""Addresses that programs expect on every site, such as `/robots.txt`. No page."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound
from ...core.i18n.languages import LanguageChoice
from ...core.web import requests
from ...offices.service import current_site
from .static_files import StaticFolder

# Crawlers leave out what no person reads. Pages that must not be found send `X-Robots-Tag: noindex` instead
# (request_context.py): a crawler that may not read a page lists its address all the same, with the token in it.
ROBOTS_TXT = "User-agent: *\nDisallow: /api/\nDisallow: /ws/\n"
SECURITY_TXT_PATH = "/.well-known/security.txt"
# from each answer; RFC 9116 section 2.5.5 recommends less than a year
SECURITY_TXT_VALID = timedelta(days=180)
CHANGE_FORM_PATH = "/staff/account/password"
DAY_CACHE_CONTROL = "public, max-age=86400"  # their addresses do not name their content


def build_routes(static: StaticFolder) -> list[BaseRoute]:
    """Build the routes. The icon is that of this build."""
    icon = static.path / "server" / "favicon.ico"

    async def send_icon(request: Request) -> Response:
        """`GET /favicon.ico`: for programs that read no page; pages name their icons."""
        return FileResponse(icon, headers={"Cache-Control": DAY_CACHE_CONTROL}, media_type="image/x-icon")

    return [
        Route("/robots.txt", send_robots_txt),
        Route("/favicon.ico", send_icon),
        Route(SECURITY_TXT_PATH, send_security_txt),
        Route("/.well-known/change-password", redirect_to_password),
    ]


async def send_robots_txt(request: Request) -> Response:
    """`GET /robots.txt` (RFC 9309)."""
    return PlainTextResponse(ROBOTS_TXT, headers={"Cache-Control": DAY_CACHE_CONTROL})


async def send_security_txt(request: Request) -> Response:
    """`GET /.well-known/security.txt` (RFC 9116).

    Raises NotFound while the organisation gives no e-mail.
    """
    runtime = requests.current_runtime(request)
    email = current_site(runtime).profile.controller_email
    if not email:
        raise NotFound
    text = security_txt(email, runtime.public_url, runtime.now(), runtime.languages)
    return PlainTextResponse(text, headers={"Cache-Control": "no-cache"})


def security_txt(email: str, public_url: str, now: datetime, languages: LanguageChoice) -> str:
    """Build the file: whom to tell of a vulnerability, and until when this is valid."""
    expires = (now + SECURITY_TXT_VALID).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = {
        "Contact": f"mailto:{quote(email, safe='@')}",
        "Expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages": ", ".join(languages.offered),
        "Canonical": f"{public_url}{SECURITY_TXT_PATH}",
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


async def redirect_to_password(request: Request) -> Response:
    """`GET /.well-known/change-password`: to the page, as password managers ask (W3C)."""
    return requests.see_other(CHANGE_FORM_PATH)
