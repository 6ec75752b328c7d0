"""The app under uvicorn, in one process or several, and the worker without a web server."""

from __future__ import annotations

import asyncio
import faulthandler
import random
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette

from ...core.clock import Clock
from ...core.db.process_heartbeats import ProcessKind
from ...core.periodic import wait_for_stop, wait_for_tick
from ...signaling.connection import MAX_FRAME_BYTES
from ...signaling.websocket_protocol import UvicornWebSocketProtocol, WebSocketProtocolFactory
from ..settings import Settings
from ..testroom.installed import is_testroom_installed
from . import logging
from .garbage_collector import tune_garbage_collector
from .supervisor import (
    PROXY_DRAIN_S,
    ChildProcess,
    Pulse,
    Supervisor,
    bound_port,
    reserve_port,
    stop_with_parent,
)
from .systemd import Watchdog, ignore_reload

LISTEN_BACKLOG = 4096  # after a restart every phone of a city reconnects within seconds
SHUTDOWN_TIMEOUT_S = 10
# Sockets are closed over this time, so that a city's phones do not reconnect within one second.
CLOSING_PERIOD_S = 3.0
CLOSING_INTERVAL_S = 0.05
FEW_SOCKETS = 50  # so few may reconnect at once
# Meanwhile each answer ends its connection, so that a proxy uses none in the instant in which it is closed.
PROXY_GRACE_S = 1.0
PROXY_DRAIN_INTERVAL_S = 0.1
PULSE_INTERVAL_S = 0.5
LOOPBACK = "127.0.0.1"
LOCAL_PROXIES = ("127.0.0.1", "::1")


def uvicorn_config(settings: Settings, host: str, port: int, clock: Clock | None = None) -> uvicorn.Config:
    """Build the configuration of the web server; tests pass their own clock."""
    # imported late, as below: a supervisor only starts processes that do
    from ..app import create_app

    return _build_uvicorn_config(create_app(settings, clock), settings, host, port, settings.trusted_proxies)


def testroom_config(settings: Settings, host: str, port: int) -> uvicorn.Config:
    """Build the configuration of a test room, which trusts addresses from local web processes."""
    from ..testroom.app import create_testroom_app

    return _build_uvicorn_config(
        create_testroom_app(settings), settings, host, port, [*LOCAL_PROXIES, *settings.trusted_proxies]
    )


def _build_uvicorn_config(
    app: Starlette, settings: Settings, host: str, port: int, proxies: Sequence[str]
) -> uvicorn.Config:
    from .http_connection import HttpConnectionFactory, HttpLimits

    connections = HttpConnectionFactory(HttpLimits(per_address=settings.connections_per_address), proxies)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=cast(type[asyncio.Protocol], connections),  # uvicorn accepts any callable
        # with its own pings, and without deflate, which costs 35 KB per phone
        ws=cast(type[asyncio.Protocol], WebSocketProtocolFactory(may_bypass_transport=settings.native_fanout)),
        ws_max_size=MAX_FRAME_BYTES,
        log_config=None,
        # server/web/request_context.py writes the access log, with route templates in place of tokens
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies) or None,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        backlog=LISTEN_BACKLOG,
    )


class WebServer(uvicorn.Server):
    """uvicorn's server, with a pulse, which closes its sockets little by little."""

    def __init__(self, config: uvicorn.Config, pulse: Pulse | Watchdog) -> None:
        self._should_exit = False
        self._exit_requested = asyncio.Event()  # wakes the main loop
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(config)
        self._pulse = pulse

    @property
    def should_exit(self) -> bool:
        """Tell whether to exit; uvicorn polls an attribute of this name."""
        return self._should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        """Wake the main loop; also called by signal handlers and other threads."""
        self._should_exit = value
        if value and self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._exit_requested.set)

    async def main_loop(self) -> None:
        """Beat until the exit is requested.

        uvicorn's own loop wakes up ten times a second to poll for it.
        """
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):  # 0: with the time of the `Date` header
            self._pulse.beat()
            await wait_for_tick(self._exit_requested, PULSE_INTERVAL_S)

    async def _beat(self) -> None:
        while True:
            self._pulse.beat()
            await asyncio.sleep(PULSE_INTERVAL_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, close the sockets, then shut down as uvicorn does."""
        self._beating = asyncio.create_task(self._beat(), name="pulse")  # the main loop has ended
        for server in self.servers:
            server.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await self._close_sockets()
        await self._drain_proxy_connections()
        if self.server_state.connections:
            await asyncio.sleep(PROXY_GRACE_S)
        await super().shutdown(sockets)

    async def _drain_proxy_connections(self) -> None:
        """Wait until no trusted proxy has a connection open, if this process is replaced.

        A request on such a connection is still answered, and its answer ends the connection. The proxy closes
        those that it does not use. So no connection is closed in the instant in which a proxy sends a POST.
        """
        from .http_connection import LimitedHttpConnection

        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + PROXY_DRAIN_S
        while self._pulse.is_replaced and loop.time() < deadline_s:
            open_connections = (
                each for each in self.server_state.connections if isinstance(each, LimitedHttpConnection)
            )
            if not any(each.is_of_proxy for each in open_connections):
                return
            await asyncio.sleep(PROXY_DRAIN_INTERVAL_S)

    async def _close_sockets(self) -> None:
        open_sockets = [
            connection
            for connection in self.server_state.connections
            if isinstance(connection, UvicornWebSocketProtocol)
        ]
        if len(open_sockets) <= FEW_SOCKETS:
            return
        random.shuffle(open_sockets)
        size = -(-len(open_sockets) // round(CLOSING_PERIOD_S / CLOSING_INTERVAL_S))
        for start in range(0, len(open_sockets), size):
            for open_socket in open_sockets[start : start + size]:
                open_socket.shutdown()
            await asyncio.sleep(CLOSING_INTERVAL_S)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError when the port is in use."""
    if settings.workers == 1:
        run_single(uvicorn_config(settings, host, port), settings)
        return
    with reserve_port(host, port) as taken, reserve_port(LOOPBACK, 0) as for_room:
        children = _build_children(settings, host, bound_port(taken), bound_port(for_room))
        Supervisor(children, others_serve=settings.others_serve).run()


def run_single(config: uvicorn.Config, settings: Settings) -> None:
    """Run a server without a supervisor until SIGINT or SIGTERM.

    systemd notices when it hangs.
    """
    faulthandler.enable()  # the watchdog sends SIGABRT
    ignore_reload()
    server = WebServer(config, Watchdog(is_replaced=settings.others_serve))
    # before the first request: what has been imported lives as long as the process
    tune_garbage_collector()
    server.run()


def _build_children(settings: Settings, host: str, port: int, room_port: int) -> list[ChildProcess]:
    """Build the web processes, and their shared test room if the settings name none.

    Without the libraries of a test room, none is started: each web process refuses tests itself.
    """
    rooms = []
    if not settings.testroom_url and is_testroom_installed():
        settings = settings.model_copy(update={"testroom_url": [f"http://{LOOPBACK}:{room_port}"]})
        rooms = [
            ChildProcess("test room", _run_child, (testroom_config, settings.model_dump()), (LOOPBACK, room_port))
        ]
    web = [
        ChildProcess(f"web {number}", _run_child, (uvicorn_config, settings.model_dump()), (host, port))
        for number in range(1, settings.workers + 1)
    ]
    return [*web, *rooms]


def _run_child(
    build_config: Callable[[Settings, str, int], uvicorn.Config],
    values: Mapping[str, Any],
    listener: socket.socket,
    pulse: Pulse,
) -> None:
    """Run a web process or a test room under the supervisor. `values`: of its settings."""
    settings = Settings(**values)
    logging.configure_logging(settings.log_level, human=settings.environment == "development")
    faulthandler.enable()  # the supervisor asks a hung child for its stacks
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # for the supervisor only
    host, port, *_ = listener.getsockname()
    server = WebServer(build_config(settings, host, port), pulse)

    def stop() -> None:
        server.should_exit = True

    stop_with_parent(stop)
    tune_garbage_collector()
    with suppress(KeyboardInterrupt):  # ^C in a terminal reaches every process
        server.run([listener])


def worker_config(settings: Settings, host: str, port: int, *, delivers: bool = True) -> uvicorn.Config:
    """Build the configuration of a worker that answers `/healthz` and `/readyz` only."""
    from ..app import create_app
    from ..web import health

    worker = create_app(settings, kinds=[ProcessKind.WORKER], delivers=delivers)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with worker.router.lifespan_context(worker) as state:
            yield state or {}

    app = Starlette(routes=health.routes, lifespan=lifespan)
    return _build_uvicorn_config(app, settings, host, port, settings.trusted_proxies)


async def run_worker(settings: Settings, *, delivers: bool = True) -> None:
    """Send the outbox, unless `delivers` is false, and fire timers until SIGINT or SIGTERM."""
    from ..app import create_app

    app = create_app(settings, kinds=[ProcessKind.WORKER], delivers=delivers)
    stop, watchdog = asyncio.Event(), Watchdog()
    faulthandler.enable()
    ignore_reload()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with app.router.lifespan_context(app):
        tune_garbage_collector()
        watchdog.beat()
        while not await wait_for_stop(stop, PULSE_INTERVAL_S):
            watchdog.beat()
