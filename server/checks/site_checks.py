"""Checks of the site as people reach it: a page and a WebSocket through the proxy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import aiohttp

from ...signaling import close_codes
from ..settings import Settings
from .check_result import CHECK_TIMEOUT_S, CheckResult, first_line, timeout_text

UNKNOWN_TOKEN = "office360-check"  # noqa: S105 - of no ticket
FORBIDDEN_ADVICE = "the proxy must pass on Host unchanged"
UPGRADE_ADVICE = "the proxy must pass on Upgrade and Connection (deploy/server/nginx.conf)"


async def check_site(settings: Settings) -> list[CheckResult]:
    """Check a page of PUBLIC_URL, and a WebSocket."""
    timeout = aiohttp.ClientTimeout(total=CHECK_TIMEOUT_S)
    async with aiohttp.ClientSession(settings.public_url, timeout=timeout) as client:
        page = await _run_check(f"site {settings.public_url}", _find_page_problem, client, settings)
        if page.problem:
            return [page]
        return [page, await _run_check("WebSockets", _find_socket_problem, client, settings)]


async def _run_check(
    part: str,
    find_problem: Callable[[aiohttp.ClientSession, Settings], Awaitable[str | None]],
    client: aiohttp.ClientSession,
    settings: Settings,
) -> CheckResult:
    try:
        return CheckResult(part, await find_problem(client, settings))
    except TimeoutError:
        return CheckResult(part, timeout_text())
    except (aiohttp.ClientError, OSError) as error:
        return CheckResult(part, f"{first_line(error)}; do proxy and web processes run?")


async def _find_page_problem(client: aiohttp.ClientSession, settings: Settings) -> str | None:
    async with client.get("/api/v1/offices") as answer:
        if answer.status == HTTPStatus.OK and answer.content_type == "application/json":
            return None
        return f"/api/v1/offices answers {answer.status} ({answer.content_type}); is PUBLIC_URL this installation?"


async def _find_socket_problem(client: aiohttp.ClientSession, settings: Settings) -> str | None:
    """Ask for an unknown ticket; the product closes such a socket with its own code."""
    try:
        async with client.ws_connect("/ws/ticket", headers={"Origin": settings.public_url}) as socket:
            await socket.send_json({"type": "hello", "token": UNKNOWN_TOKEN})
            await socket.receive(timeout=CHECK_TIMEOUT_S)
            if socket.close_code == close_codes.NOT_FOUND:
                return None
            return f"closed with {socket.close_code} in place of {close_codes.NOT_FOUND}; {UPGRADE_ADVICE}"
    except aiohttp.WSServerHandshakeError as refused:
        advice = FORBIDDEN_ADVICE if refused.status == HTTPStatus.FORBIDDEN else UPGRADE_ADVICE
        return f"refused with {refused.status}; {advice}"
