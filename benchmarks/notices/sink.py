"""Mail server and SMS gateway: `python -m office360.benchmarks.notices.sink FOLDER`.

Each delivery is a line in FOLDER/email or FOLDER/sms: time (CLOCK_MONOTONIC, seconds) and identifier. Prints the
ports to standard output. Stops when standard input is closed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"
RecordIdentifier = Callable[[str], None]


class MailSink(asyncio.Protocol):
    """The part of SMTP (RFC 5321) that a sending client needs."""

    def __init__(self, note: RecordIdentifier) -> None:
        self._note = note
        self._rest = b""
        self._email: list[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            self._line(line)

    def _line(self, line: bytes) -> None:
        if self._email is None:
            self._command(line[:4].upper())
        elif line != b".":
            self._email.append(line)
        else:
            self._note(_header(self._email, b"message-id:"))
            self._email = None
            self._transport.write(b"250 2.0.0 Ok\r\n")

    def _command(self, word: bytes) -> None:
        if word == b"DATA":
            self._email = []
        answers = {
            b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            b"DATA": b"354 go on\r\n",
            b"QUIT": b"221 bye\r\n",
        }
        self._transport.write(answers.get(word, b"250 2.1.0 Ok\r\n"))


class SmsSink(asyncio.Protocol):
    """The part of HTTP/1.1 for POST with a length on a persistent connection."""

    def __init__(self, note: RecordIdentifier) -> None:
        self._note = note
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while b"\r\n\r\n" in self._rest:
            head, _, body = self._rest.partition(b"\r\n\r\n")
            lines = head.split(b"\r\n")
            length = int(_header(lines, b"content-length:") or 0)
            if len(body) < length:
                return
            self._rest = body[length:]
            self._note(_header(lines, b"idempotency-key:"))
            self._transport.write(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")


def _header(lines: list[bytes], name: bytes) -> str:
    return next((line[len(name) :].strip().decode() for line in lines if line.lower().startswith(name)), "")


async def main(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    with (folder / "email").open("a", 1) as mails, (folder / "sms").open("a", 1) as texts:
        servers = [
            await loop.create_server(lambda: MailSink(_recorder(mails)), LOOPBACK, 0),
            await loop.create_server(lambda: SmsSink(_recorder(texts)), LOOPBACK, 0),
        ]
        print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for server in servers:
            server.close()


def _recorder(file: object) -> RecordIdentifier:
    def note(identifier: str) -> None:
        print(time.monotonic(), identifier, file=file)  # type: ignore[call-overload]

    return note


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
