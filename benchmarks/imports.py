"""CPU of imports and commands: `python -m office360.benchmarks.imports [ROUNDS]`.

Each row is a new interpreter; the least of the rounds counts, because other programs only add to it. The
ratio is to the import of the libraries that every part needs. Half a minute.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence

DEFAULT_ROUNDS = 5
LIBRARIES = "starlette, sqlalchemy, pydantic"
ROWS: dict[str, Sequence[str]] = {
    LIBRARIES: ("-c", "import starlette.applications, sqlalchemy.ext.asyncio, pydantic"),
    "office360.server.app": ("-c", "import office360.server.app"),
    "office360.server.settings": ("-c", "import office360.server.settings"),
    "office360 --help": ("-m", "office360.server.cli", "--help"),
    "office360 check": ("-m", "office360.server.cli", "check"),
    "office360 user list": ("-m", "office360.server.cli", "user", "list"),
}


def measure_cpu_s(arguments: Sequence[str], environment: dict[str, str]) -> float:
    """Return the CPU seconds of an interpreter, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, timeout=120, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "OFFICE360_ENVIRONMENT": "development",
            "OFFICE360_SECRET_KEY": "a secret of this benchmark and of no other place",
            "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/bench.db",
            "OFFICE360_PUBLIC_URL": "http://127.0.0.1:9",  # the discard port: nothing answers
            "PYTHONDONTWRITEBYTECODE": "",  # as in an installation, modules are compiled once
        }
        subprocess.run([sys.executable, "-m", "office360.server.cli", "migrate"], env=environment, check=True)
        least = {name: min(measure_cpu_s(row, environment) for _ in range(rounds)) for name, row in ROWS.items()}
    print(f"{'':32} {'CPU s':>6} {'ratio':>6}")
    for name, cpu_s in least.items():
        print(f"{name:32} {cpu_s:6.2f} {cpu_s / least[LIBRARIES]:6.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROUNDS)
