"""Program of the tests: it has imported the product, and forks a process for each request.

A new interpreter imports the product for a second of CPU; a fork of this process starts at once. Each line of its
input is a request in JSON, each line of its output the answer; without input it ends.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import runpy
import signal
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any

PRODUCT = (
    "office360.server.app",
    "office360.server.process.uvicorn_server",
    "office360.core.bus.redis_bus",
    "office360.notifications.channels",
)


def serve_requests() -> Mapping[str, Any] | None:
    """Answer requests until the input ends; in a fork, return the program to run."""
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        if "ended" in request:
            pid, status = os.waitpid(request["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                return dict(request)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    return None


def run_program(
    command: list[str], environment: Mapping[str, str], folder: str, log: str, open_files: tuple[int, int]
) -> None:
    """Run a program as a new interpreter does: a file, or a module after `-m`."""
    resource.setrlimit(resource.RLIMIT_NOFILE, open_files)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, (path, flags) in enumerate([(os.devnull, os.O_RDONLY), (log, os.O_WRONLY | os.O_APPEND)]):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    program, *sys.argv = command
    if program == "-m":
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv.insert(0, program)
        runpy.run_path(program, run_name="__main__")


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all programs of the terminal
    for name in PRODUCT:
        import_module(name)
    assert threading.active_count() == 1  # a fork has only the thread that made it
    gc.freeze()
    request = serve_requests()
    if request is not None:
        run_program(**request)


if __name__ == "__main__":
    main()
