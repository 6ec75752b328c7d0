"""Other servers of the same run: how each is started, joined and triggered.

Programs: servers/.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..machine import OTHER_CORE, SERVER_CORE, PinnedProcess, free_port, run_process
from .phones import PhoneCrowd, run_phones
from .tools import NCHAN, SERVERS, BenchmarkTools

CEILING = "C ceiling"
NCHAN_REDIS = "nchan + Redis"
NODE_WS = "node ws"
SOCKET_IO = "Socket.IO"
NAIVE = "await send_text"
WEBSOCKETS = "websockets"
PROTOCOL = "our sends alone"
NCHAN_READY_S = 1.5  # it listens before its Redis connection is up, and answers 503 until then
EIO_PATH = "/socket.io/?EIO=4&transport=websocket"


@dataclass(frozen=True, slots=True)
class PushServer:
    """A running server with its phones.

    Commands such as "saturate …" of the phones publish its events.
    """

    name: str
    process: PinnedProcess
    crowd: PhoneCrowd
    port: int


def available_servers(tools: BenchmarkTools, *names: str) -> list[str]:
    """List the servers that this machine can run."""
    absent = {NCHAN_REDIS} if tools.nginx is None else set()
    absent |= {NODE_WS, SOCKET_IO} if tools.node is None else set()
    return [name for name in names if name not in absent]


@asynccontextmanager
async def run_server_with_phones(
    name: str,
    tools: BenchmarkTools,
    redis_url: str,
    phones: int,
    payload_bytes: int,
    *options: str,
    core: int = SERVER_CORE,
) -> AsyncIterator[PushServer]:
    """Run a server on the core under test, with joined phones and a publisher."""
    port = free_port()
    with _run_server(name, tools, redis_url, port, core) as process:
        reading, writing = os.pipe()
        environment = {"REDIS_URL": redis_url, "PAYLOAD_BYTES": str(payload_bytes), **_node_path(tools)}
        command = _publisher(name, tools, port)
        with run_process(command, tools.folder, core=OTHER_CORE, environment=environment, stdin=reading):
            os.close(reading)
            extra = ["--path", EIO_PATH, "--eio"] if name == SOCKET_IO else []
            try:
                async with run_phones(tools, [port], phones, *extra, "--pubfd", str(writing), *options) as people:
                    yield PushServer(name, process, people, port)
            finally:
                os.close(writing)


@asynccontextmanager
async def add_phones(of: PushServer, tools: BenchmarkTools, phones: int) -> AsyncIterator[PhoneCrowd]:
    """Connect further phones to a running server, which get no messages."""
    async with run_phones(tools, [of.port], phones) as people:
        yield people


@contextmanager
def _run_server(name: str, tools: BenchmarkTools, redis_url: str, port: int, core: int) -> Iterator[PinnedProcess]:
    environment = {
        "PORT": str(port),
        "REDIS_URL": redis_url,
        "CHANNEL": _channel(port),
        **_node_path(tools),
    }
    command = _command(name, tools, redis_url, port)
    with run_process(command, tools.folder, core=core, port=port, environment=environment) as process:
        if name == NCHAN_REDIS:
            time.sleep(NCHAN_READY_S)
        yield process


def _command(name: str, tools: BenchmarkTools, redis_url: str, port: int) -> list[str]:
    if name == NCHAN_REDIS:
        return [str(tools.nginx), "-c", str(_nchan_conf(tools.folder, redis_url, port)), "-e", "stderr"]
    return {
        CEILING: [str(tools.ceiling), str(port), _redis_port(redis_url), _channel(port)],
        NODE_WS: [str(tools.node), str(SERVERS / "ws.js")],
        SOCKET_IO: [str(tools.node), str(SERVERS / "socketio.js")],
        NAIVE: [sys.executable, str(SERVERS / "naive.py"), "starlette"],
        WEBSOCKETS: [sys.executable, str(SERVERS / "naive.py"), "websockets"],
        PROTOCOL: [sys.executable, str(SERVERS / "naive.py"), "protocol"],
    }[name]


def _publisher(name: str, tools: BenchmarkTools, port: int) -> list[str]:
    if name == SOCKET_IO:
        return [str(tools.node), str(SERVERS / "socketio_publisher.js")]
    way = ["nchan", str(port)] if name == NCHAN_REDIS else ["redis", _channel(port)]
    return [sys.executable, str(SERVERS / "publisher.py"), *way]


def _channel(port: int) -> str:
    """Return the channel of a server, because several run at a time."""
    return f"line-{port}"


def _nchan_conf(folder: Path, redis_url: str, port: int) -> Path:
    home = folder / f"nchan-{port}"
    home.mkdir(exist_ok=True)
    text = (SERVERS / "nchan.conf.in").read_text()
    values = {"MODULE": NCHAN, "DIR": home, "PORT": port, "REDIS_PORT": _redis_port(redis_url)}
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    (home / "nginx.conf").write_text(text)
    return home / "nginx.conf"


def _redis_port(redis_url: str) -> str:
    return redis_url.rsplit(":", 1)[1].split("/")[0]


def _node_path(tools: BenchmarkTools) -> dict[str, str]:
    return {"NODE_PATH": str(tools.modules)}
