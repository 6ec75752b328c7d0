"""Checks of the site as people reach it: a page and a WebSocket through the proxy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import aiohttp

from ...signaling import close_codes
from ..bundling.manifest import current_manifest
from ..settings import Settings
from .check_result import CHECK_TIMEOUT_S, CheckResult, CheckTopic, first_line, timeout_text

ROOT = Path(__file__).parent.parent.parent
SINGLE_MODULES = "single modules, slower: the package was built without esbuild"
UNKNOWN_TOKEN = "office360-check"  # noqa: S105 - of no ticket
FORBIDDEN_ADVICE = "the proxy must pass on Host unchanged"
START_ADVICE = "start: office360 serve (systemctl start office360@web)"
# of a proxy without its upstream. The product answers 503 too, without its database: see the line of that.
NO_PROCESS_STATUSES = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
UPGRADE_ADVICE = "the proxy must pass on Upgrade and Connection (deploy/server/nginx.conf)"


async def check_site(settings: Settings, *, has_database: bool = True) -> list[CheckResult]:
    """Check the API at PUBLIC_URL, and a WebSocket.

    `has_database`: whether the database works, without which the product itself answers 503.
    """
    timeout = aiohttp.ClientTimeout(total=CHECK_TIMEOUT_S)
    async with aiohttp.ClientSession(settings.public_url, timeout=timeout) as client:
        page = await _run_check(CheckTopic.SITE, settings.public_url, _find_page_problem, client, settings)
        if page.problem and not has_database:
            return [replace(page, problem=f"{page.problem}, or it has no database; see: database")]
        if page.problem:
            return [page]
        return [page, await _run_check(CheckTopic.WEBSOCKETS, "", _find_socket_problem, client, settings)]


def check_page_files(root: Path = ROOT) -> CheckResult:
    """Tell whether pages load bundles or single modules. `root`: the folder of the package."""
    if current_manifest(root) is None:
        return CheckResult(CheckTopic.PAGES, remark=SINGLE_MODULES, is_absent=True)
    return CheckResult(CheckTopic.PAGES, remark="bundles")


async def _run_check(
    topic: CheckTopic,
    subject: str,
    find_problem: Callable[[aiohttp.ClientSession, Settings], Awaitable[str | None]],
    client: aiohttp.ClientSession,
    settings: Settings,
) -> CheckResult:
    try:
        return CheckResult(topic, await find_problem(client, settings), subject=subject)
    except TimeoutError:
        return CheckResult(topic, timeout_text(), subject=subject)
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, ConnectionRefusedError):
            problem = f"the connection is refused: no proxy and no web process answers; {START_ADVICE}"
        else:
            problem = first_line(error)
        return CheckResult(topic, problem, subject=subject)
    except (aiohttp.ClientError, OSError) as error:
        return CheckResult(topic, f"{first_line(error)}; do proxy and web processes run?", subject=subject)


async def _find_page_problem(client: aiohttp.ClientSession, settings: Settings) -> str | None:
    async with client.get("/api/v1/offices") as answer:
        if answer.status == HTTPStatus.OK and answer.content_type == "application/json":
            return None
        if answer.status in NO_PROCESS_STATUSES:
            return f"the proxy answers {answer.status}: no web process answers; {START_ADVICE}"
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
