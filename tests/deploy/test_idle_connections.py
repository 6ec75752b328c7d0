"""POST requests through nginx, sent when their upstream connection reaches a time limit."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
from office360.server.process.http_connection import HttpConnectionFactory, HttpLimits
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..conftest import skip_or_fail_tier
from ..signaling.support.asgi_apps import run_server
from ..support.http_client import open_client
from ..support.ports import LOOPBACK
from .files import NGINX, is_program_installed, running_nginx

CLIENTS = 1_000
NGINX_KEEPALIVE_S = 15.0  # deploy/server/nginx.conf
# After these pauses every client sends at once: at the server's limit for others, and at that of nginx.
PAUSES_S = (*8 * (HttpLimits().idle_timeout_s,), NGINX_KEEPALIVE_S, NGINX_KEEPALIVE_S)
SPREAD_S = 0.01  # around the moment, because server and clients count from different instants


async def test_no_post_is_lost_when_idle_connections_expire(tmp_path: Path) -> None:
    if not is_program_installed(NGINX):
        skip_or_fail_tier("NO NGINX ON THIS MACHINE: idle connections were not tried (apt-get install nginx)")
    served: Counter[str] = Counter()

    async def serve_post(request: Request) -> Response:
        served[(await request.body()).decode()] += 1
        return Response()

    app = Starlette(routes=[Route("/", serve_post, methods=["POST"])])
    http: Any = HttpConnectionFactory(None, [LOOPBACK])
    answers: Counter[int] = Counter()
    async with run_server(app, http=http) as upstream:
        # a connection for each client, so that the requests of one moment use no fresh one
        with running_nginx(tmp_path, upstream.port, {"keepalive 64;": f"keepalive {CLIENTS};"}) as (_, tls_port):
            connector = aiohttp.TCPConnector(ssl=False, limit=CLIENTS, keepalive_timeout=60)
            async with (
                open_client(f"https://{LOOPBACK}:{tls_port}", connector=connector) as browser,
                asyncio.TaskGroup() as clients,
            ):
                for number in range(CLIENTS):
                    clients.create_task(_post_after_pauses(browser, number, answers))
    expected = CLIENTS * (1 + len(PAUSES_S))
    assert answers == {200: expected}
    assert len(served) == served.total() == expected


async def _post_after_pauses(browser: aiohttp.ClientSession, number: int, answers: Counter[int]) -> None:
    offset_s = SPREAD_S * (2 * number / CLIENTS - 1)
    for turn, pause_s in enumerate((0.0, *PAUSES_S)):
        await asyncio.sleep(max(0.0, pause_s + offset_s))  # the time itself is what is tried
        async with browser.post("/", data=f"{number}-{turn}") as answer:
            answers[answer.status] += 1
