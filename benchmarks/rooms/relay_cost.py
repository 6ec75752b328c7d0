"""CPU of the server for each relayed message, beside a bare `websockets` echo."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from ..installation import ServeProcess
from ..machine import SERVER_CORE, free_port, run_process
from .people import Call, RoomPerson, calls_in, open_installation

CALLS = 20
MESSAGES_PER_S = 15.0  # of each person; the product allows 30
ROUND_S = 6.0
ACK_INTERVAL_S = 0.5  # as in static/rooms/signaling.js
CANDIDATE = {
    "candidate": "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.0.2.17 rport 46154 "
    "generation 0 ufrag Wv2k network-cost 999",
    "sdpMid": "0",
    "sdpMLineIndex": 0,
    "usernameFragment": "Wv2k",
}
SDP = "v=0\r\n" + "a=rtpmap:111 opus/48000/2\r\n" * 230  # 6 KB, an offer with audio, video and data
BODIES: dict[str, dict[str, Any]] = {
    "candidate": {"candidate": CANDIDATE},
    "chat": {"text": "Buenos días. ¿Tiene a mano el documento de identidad?"},
    "description": {"description": {"type": "offer", "sdp": SDP}},
}
SpokenPair = tuple[ClientConnection, ClientConnection, str]  # sender, receiver, message
ECHO = """
import asyncio, sys
from websockets.asyncio.server import serve
async def echo(socket):
    async for message in socket:
        await socket.send(message)
async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1]), compression=None):
        await asyncio.get_running_loop().create_future()
asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class RelayCost:
    """CPU in microseconds for each message, ours and the echo's, by rounds."""

    kind: str
    ours: tuple[float, ...]
    echo: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ours) / statistics.median(self.echo)


@contextmanager
def echo_server(folder: Path) -> Iterator[ServeProcess]:
    port = free_port()
    command = [sys.executable, "-c", ECHO, str(port)]
    with run_process(command, folder, core=SERVER_CORE, port=port) as process:
        yield ServeProcess(port, process)


def _message(kind: str, person: RoomPerson) -> str:
    to = {} if kind == "chat" else {"to": person.peer, "pc_gen": 1}
    return json.dumps({"type": kind, **to, **BODIES[kind]}, ensure_ascii=False)


async def _send_evenly(socket: ClientConnection, text: str, delay_s: float) -> int:
    """Send messages at equal intervals for a round. Return their number."""
    loop = asyncio.get_running_loop()
    begun = loop.time() + delay_s
    count = int(ROUND_S * MESSAGES_PER_S)
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / MESSAGES_PER_S - loop.time()))
        await socket.send(text)
    return count


async def _receive(socket: ClientConnection, kind: str, count: int, *, acks: bool) -> None:
    """Read this many messages of a kind; confirm them as our page does."""
    received, seq, acknowledged = 0, 0, 0.0
    loop = asyncio.get_running_loop()
    needle = f'"type":"{kind}"' if acks else kind
    while received < count:
        text = await socket.recv()
        assert isinstance(text, str)
        received += needle in text[:400]
        if acks:
            seq = int(text.rpartition('"seq":')[2].rstrip("}"))
            if loop.time() - acknowledged > ACK_INTERVAL_S:
                acknowledged = loop.time()
                await socket.send(f'{{"type":"ack","seq":{seq}}}')


async def _round(
    processes: Sequence[ServeProcess], pairs: Sequence[SpokenPair], kind: str, *, acks: bool
) -> float:
    """Send from the first to the second socket of each pair. Return the µs of a message."""
    count, step_s = int(ROUND_S * MESSAGES_PER_S), 1 / len(pairs) / MESSAGES_PER_S
    before = sum(serving.process.cpu_s() for serving in processes)
    await asyncio.gather(
        *(_send_evenly(sender, text, number * step_s) for number, (sender, _, text) in enumerate(pairs)),
        *(_receive(receiver, kind, count, acks=acks) for _, receiver, _ in pairs),
    )
    return (sum(serving.process.cpu_s() for serving in processes) - before) / (count * len(pairs)) * 1e6


def _pairs_of_call(call: Call, kind: str) -> list[SpokenPair]:
    citizen, agent = call.citizen, call.agent
    return [
        (citizen.socket, agent.socket, _message(kind, citizen)),
        (agent.socket, citizen.socket, _message(kind, agent)),
    ]


async def measure(folder: Path, rounds: int, redis_url: str = "", *, processes: int = 1) -> list[RelayCost]:
    """Measure by turns.

    With two processes, citizens are at one and agents at the other, both on core 0. With a Redis and one process,
    all messages are still between sockets of a process.
    """
    costs = []
    async with open_installation(folder, CALLS, redis_url) as installation:
        with ExitStack() as running:
            ours = [running.enter_context(installation.serve()) for _ in range(processes)]
            echo = running.enter_context(echo_server(folder))
            sockets = [
                await connect(f"ws://127.0.0.1:{echo.port}", compression=None, ping_interval=None)
                for _ in range(2 * CALLS)
            ]
            filled = installation.filled
            async with calls_in(ours[0].url, ours[-1].url, filled.rooms, filled.agent_key) as calls:
                for kind in BODIES:
                    pairs = [pair for call in calls for pair in _pairs_of_call(call, kind)]
                    bare = [(socket, socket, text) for socket, (_, _, text) in zip(sockets, pairs, strict=True)]
                    found: list[list[float]] = [[], []]
                    for _ in range(rounds):
                        found[0].append(await _round(ours, pairs, kind, acks=True))
                        found[1].append(await _round([echo], bare, kind, acks=False))
                    costs.append(RelayCost(kind, tuple(found[0]), tuple(found[1])))
            for socket in sockets:
                await socket.close()
    return costs
