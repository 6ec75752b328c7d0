"""Program of the tests: a supervisor with two servers that answer their process id.

With `--broken-when FILE`, a server that starts while that file exists fails, as a broken version does.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from office360.server.process import supervisor
from office360.server.process.supervisor import ChildProcess, Pulse, Supervisor

PULSE_INTERVAL_S = 0.1
HANG_TIMEOUT_S = 3.0


def serve_process_id(broken_when: Path, listener: socket.socket, pulse: Pulse) -> None:
    """Answer requests until SIGTERM, then those that have begun."""
    if broken_when.exists():
        sys.exit(1)
    asyncio.run(_serve(listener, pulse))


async def _serve(listener: socket.socket, pulse: Pulse) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(_answer, sock=listener, backlog=1_000)
    while not stop.is_set():
        pulse.beat()
        await asyncio.sleep(PULSE_INTERVAL_S)
    server.close()
    await asyncio.sleep(0.5)  # for connections that were just accepted
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = str(os.getpid()).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    writer.close()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--broken-when", type=Path, required=True)
    wanted = arguments.parse_args()
    logging.basicConfig(level="INFO")
    supervisor.HANG_TIMEOUT_S = HANG_TIMEOUT_S
    address = ("127.0.0.1", wanted.port)
    Supervisor(
        [ChildProcess(f"web {number}", serve_process_id, (wanted.broken_when,), address) for number in (1, 2)]
    ).run()


if __name__ == "__main__":
    main()
