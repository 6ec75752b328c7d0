"""Many phones in one C process (client/phones.c), controlled by lines of commands."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ..machine import OTHER_CORE
from .tools import BenchmarkTools

RESPONSE_TIMEOUT_S = 120


class PhoneCrowd:
    """Connected phones. `joined` is the program's report of their connection."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self.joined: dict[str, Any] = {}

    async def read_answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(RESPONSE_TIMEOUT_S):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the phones ended with {await self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    async def send_command(self, command: str) -> dict[str, Any]:
        """Send a command and read its answer (see client/phones.c)."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        await self._process.stdin.drain()
        return await self.read_answer()

    async def frame_ages(self, published: Sequence[tuple[int, int, bool]]) -> dict[str, Any]:
        """Return ages of the last phase's frames.

        `published`: (version, nanoseconds, changes all).
        """
        path = self._folder / "versions"
        path.write_text("".join(f"{v} {at} {int(all_)}\n" for v, at, all_ in published))
        return await self.send_command(f"ages {path}")

    async def last_frames(self) -> list[tuple[bool, int, dict[str, Any]]]:
        """Return for each phone whether its socket is closed, the close code, and the last frame."""
        path = self._folder / "last"
        await self.send_command(f"last {path}")
        rows = [line.split("\t", 2) for line in path.read_text().splitlines()]
        return [(gone == "1", int(code), json.loads(text) if text else {}) for gone, code, text in rows]


@asynccontextmanager
async def run_phones(
    tools: BenchmarkTools,
    ports: Sequence[int],
    number: int,
    *options: str,
    hellos: Sequence[str] = (),
    core: int | None = OTHER_CORE,
) -> AsyncIterator[PhoneCrowd]:
    """Run phones that alternate between these ports. Phone i sends `hellos[i]`."""
    with tempfile.TemporaryDirectory(dir=tools.folder) as name:
        folder = Path(name)
        command = [str(tools.phones), "--n", str(number)]
        command += [part for port in ports for part in ("--port", str(port))]
        if hellos:
            (folder / "hellos").write_text("".join(f"{hello}\n" for hello in hellos[:number]))
            command += ["--hello", str(folder / "hellos")]
        fds = [int(options[at + 1]) for at, option in enumerate(options) if option == "--pubfd"]
        cores = {core} if core is not None else set(range(os.cpu_count() or 1))
        process = await asyncio.create_subprocess_exec(
            *command,
            *options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
            pass_fds=fds,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        phones = PhoneCrowd(process, folder)
        try:
            phones.joined = await phones.read_answer()
            yield phones
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
