"""Floods and their effect on others: `python -m office360.benchmarks.floods [FLOOD…]`.

A child process attacks the demo over loopback, bounded in count and time. Meanwhile this process reads pages and
`/healthz`, and pings over the socket of a waiting-room display, one probe of each kind at a time. Their p99 is
compared with the p99 of calm seconds of the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from .installation import DemoProduct, run_demo

CALM_S = 5.0
PROBE_INTERVAL_S = 0.02
RSS_INTERVAL_S = 0.2
RECOVERY_S = 15.0  # from the end of a flood to the last figure of memory
HEADER_BYTES = 30_000_000
BODY_CLIENTS = 60
BODY_WAIT_S = 24.0  # longer than the limit for a silent body
PIPELINED_REQUESTS = 400_000
PIPELINING_CLIENTS = 4
PINGING_CLIENTS = 6
PING_SECONDS = 15.0
BURST_SOCKETS = 9_000
BURST_CLOSING_S = 3.0  # phones do not all leave in one instant
SPARE_FILES = 500  # of a process that holds the sockets of the burst
HANDSHAKE = (
    b"GET /ws/display HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASKED_PING = b"\x89\x80\0\0\0\0"
PIPELINED = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


# Attacks, which run in a child process and return what became of them


def attack_headers(port: int) -> dict[str, Any]:
    """Send header lines on one connection without an end."""
    with _connect(port) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        sent = 0
        with contextlib.suppress(OSError):
            while sent < HEADER_BYTES:
                sent += peer.send(b"X-Line: a\r\n" * 1_000)
            peer.sendall(b"\r\n")
        return {"sent MB": round(sent / 1e6, 1), "answer": _read_status(peer)}


def attack_bodies(port: int) -> dict[str, Any]:
    """Begin bodies on many connections and send no further byte."""
    head = b"POST /api/v1/offices/centro/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(_connect(port)) for _ in range(BODY_CLIENTS)]
        for peer in peers:
            peer.sendall(head)
        time.sleep(BODY_WAIT_S)
        for peer in peers:
            peer.settimeout(0.01)
        return {"connections": len(peers), "answers": dict(Counter(_read_status(peer) for peer in peers))}


def attack_pipeline(port: int) -> dict[str, Any]:
    """Send requests without waiting for responses, and reconnect when a connection is ended."""
    batch, sent, ended = PIPELINED * 1_000, 0, 0
    peers = [_connect(port) for _ in range(PIPELINING_CLIENTS)]
    deadline = time.monotonic() + 30
    while sent < PIPELINED_REQUESTS and time.monotonic() < deadline:
        for number, peer in enumerate(peers):
            try:
                sent += 1_000 * peer.send(batch) // len(batch)
                with contextlib.suppress(BlockingIOError):
                    peer.recv(1 << 20, socket.MSG_DONTWAIT)
            except TimeoutError:
                continue
            except OSError:
                ended += 1
                peer.close()
                peers[number] = _connect(port)
    for peer in peers:
        peer.close()
    return {"requests": sent, "connections ended": ended}


def attack_pings(port: int) -> dict[str, Any]:
    """Send pings as fast as sockets take them, and reconnect when a socket is closed."""
    pings, sent, ended = MASKED_PING * 20_000, 0, 0
    peers = [_connect(port) for _ in range(PINGING_CLIENTS)]
    for peer in peers:
        peer.sendall(HANDSHAKE)
    deadline = time.monotonic() + PING_SECONDS
    while time.monotonic() < deadline:
        for number, peer in enumerate(peers):
            try:
                sent += peer.send(pings) // len(MASKED_PING)
                while len(peer.recv(1 << 20, socket.MSG_DONTWAIT)):
                    continue
                raise ConnectionResetError
            except (TimeoutError, BlockingIOError):
                continue
            except OSError:
                ended += 1
                peer.close()
                peers[number] = _connect(port)
                peers[number].sendall(HANDSHAKE)
    for peer in peers:
        peer.close()
    return {"pings": sent, "sockets ended": ended}


def attack_burst(port: int) -> dict[str, Any]:
    """Open many sockets at once, and wait until every handshake is answered."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        peers = []
        for _ in range(min(BURST_SOCKETS, hard - SPARE_FILES)):
            peers.append(stack.enter_context(socket.create_connection(("127.0.0.1", port))))
            peers[-1].sendall(HANDSHAKE)
        opened = time.monotonic() - began
        for peer in peers:
            peer.settimeout(60)
        answers = Counter(_read_status(peer) for peer in peers)
        answered = time.monotonic() - began
        for peer in peers:
            peer.close()
            time.sleep(BURST_CLOSING_S / len(peers))
    return {"opened in s": round(opened, 1), "answered in s": round(answered, 1), "answers": dict(answers)}


def _connect(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port))
    peer.settimeout(0.2)
    return peer


def _read_status(peer: socket.socket) -> str:
    try:
        return peer.recv(1 << 16)[9:12].decode() or "closed"
    except TimeoutError:
        return "open"
    except OSError:
        return "reset"


ATTACKS: dict[str, Callable[[int], dict[str, Any]]] = {
    "headers": attack_headers,
    "bodies": attack_bodies,
    "pipeline": attack_pipeline,
    "pings": attack_pings,
    "burst": attack_burst,
}


# Probes, which measure what others notice


@dataclass
class Probes:
    """Milliseconds of each kind of probe, and the server's memory in bytes."""

    product: DemoProduct
    times_ms: dict[str, list[float]] = field(default_factory=dict)
    peak_bytes: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Probe until the event is set."""
        async with (
            aiohttp.ClientSession(self.product.url) as client,
            client.ws_connect("/ws/display") as display,
            asyncio.TaskGroup() as running,
        ):
            await display.send_json({"type": "hello", "office": "centro"})
            running.create_task(self._repeat("page", lambda: _get(client, "/"), stop))
            running.create_task(self._repeat("healthz", lambda: _get(client, "/healthz"), stop))
            running.create_task(self._repeat("socket", lambda: _ping(display), stop))
            while not stop.is_set():
                self.peak_bytes = max(self.peak_bytes, self.resident_bytes())
                await asyncio.sleep(RSS_INTERVAL_S)

    async def _repeat(self, kind: str, probe: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
        times = self.times_ms.setdefault(kind, [])
        while not stop.is_set():
            began = time.perf_counter()
            await probe()
            times.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(PROBE_INTERVAL_S if kind != "socket" else 5 * PROBE_INTERVAL_S)

    def resident_bytes(self) -> int:
        """Return the resident memory of the server."""
        statm = Path(f"/proc/{self.product.pid}/statm").read_text()
        return int(statm.split()[1]) * resource.getpagesize()

    def p99_ms(self, kind: str) -> float:
        times = sorted(self.times_ms[kind])
        return times[min(len(times) - 1, int(0.99 * len(times)))]


async def _get(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        answer.raise_for_status()
        await answer.read()


async def _ping(display: aiohttp.ClientWebSocketResponse) -> None:
    await display.send_json({"type": "ping"})
    while (await display.receive_json())["type"] != "pong":
        continue


async def measure_flood(product: DemoProduct, name: str) -> None:
    """Measure calm seconds, then a flood, then the memory that stays. Prints a line each."""
    calm = Probes(product)
    await _run_probes(calm, asyncio.sleep(CALM_S))
    calm_bytes = calm.resident_bytes()
    flood = Probes(product)
    outcome = await _run_probes(flood, _attack(product, name))
    await asyncio.sleep(RECOVERY_S)
    print(f"{name}: {outcome}")
    for kind in sorted(flood.times_ms):
        before, during = calm.p99_ms(kind), flood.p99_ms(kind)
        worst, count = max(flood.times_ms[kind]), len(flood.times_ms[kind])
        print(
            f"  {kind:8} p99 {during:7.1f} ms, calm {before:6.1f} ms, ratio {during / before:5.1f}, "
            f"worst {worst:.0f} ms of {count}"
        )
    peak, after = flood.peak_bytes - calm_bytes, flood.resident_bytes() - calm_bytes
    print(
        f"  memory   calm {calm_bytes / 1e6:.0f} MB, peak +{peak / 1e6:.0f} MB, "
        f"{RECOVERY_S:.0f} s later {after / 1e6:+.0f} MB",
        flush=True,
    )


async def _run_probes(probes: Probes, meanwhile: Awaitable[Any]) -> Any:
    stop = asyncio.Event()
    running = asyncio.create_task(probes.run(stop))
    try:
        return await meanwhile
    finally:
        stop.set()
        await running


async def _attack(product: DemoProduct, name: str) -> str:
    port = product.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "office360.benchmarks.floods", "--port", port, name]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await child.communicate()
    return output.decode().strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("floods", nargs="*", choices=[*ATTACKS, []], help="which; without names all")
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)  # of the child process that attacks
    arguments = parser.parse_args()
    if arguments.port:
        print(json.dumps(ATTACKS[arguments.floods[0]](arguments.port)))
        return
    for name in arguments.floods or ATTACKS:
        limits = {"sockets_per_address": "20000", "connections_per_address": "20000"}
        with run_demo(**limits) as product:
            asyncio.run(measure_flood(product, name))


if __name__ == "__main__":
    main()
