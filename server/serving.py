"""Runs the app under uvicorn, or the worker without any web."""

from __future__ import annotations

import asyncio
import signal

import uvicorn

from ..signaling.connection import FRAME_BYTES
from .app import create_app
from .settings import Settings

PING_EVERY_S = 20  # contract.md: protocol pings every 20 s, given up after 45
PING_TIMEOUT_S = 45
BACKLOG = 4096  # a restart brings every phone of the city back within seconds
SHUTDOWN_S = 10


def uvicorn_config(settings: Settings, host: str, port: int) -> uvicorn.Config:
    """How this product wants to be served; also used by the tests."""
    return uvicorn.Config(
        create_app(settings),
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_max_size=FRAME_BYTES,
        ws_ping_interval=PING_EVERY_S,
        ws_ping_timeout=PING_TIMEOUT_S,
        ws_per_message_deflate=False,  # 35 KB a phone, for frames of a hundred bytes
        log_config=None,
        access_log=False,  # server/security.py writes it, with route templates in place of tokens
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=SHUTDOWN_S,
        backlog=BACKLOG,
    )


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal says stop."""
    uvicorn.Server(uvicorn_config(settings, host, port)).run()


async def work(settings: Settings) -> None:
    """Send the outbox and fire timers until a signal says stop."""
    app = create_app(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with app.router.lifespan_context(app):
        await stop.wait()
