"""Tools of the benchmarks: C programs, node servers, nchan, Redis, PostgreSQL.

Tools that this machine cannot provide are listed in `missing` and printed with the result.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...tests.support.postgres import running_postgres
from ...tests.support.valkey import running_valkey
from ..machine import OTHER_CORE, free_port, run_process

HERE = Path(__file__).parent
SERVERS = HERE / "servers"
NODE_PACKAGES = (
    "ws@8.23.0",
    "socket.io@4.8.4",
    "@socket.io/redis-adapter@8.3.0",
    "@socket.io/redis-emitter@5.1.0",
    "redis@6.3.1",
)
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
WARNINGS = ("-O2", "-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True, slots=True)
class BenchmarkTools:
    """Paths of the tools. `missing` maps servers that cannot run here to the reason."""

    folder: Path
    phones: Path
    ceiling: Path
    node: Path | None
    modules: Path
    nginx: Path | None
    missing: tuple[str, ...]


def prepare_tools(folder: Path) -> BenchmarkTools:
    """Build and install missing tools under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    node, modules = _node_peers(folder)
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    has_nchan = nginx is not None and NCHAN.exists()
    reasons = {
        "nchan (apt-get install nginx libnginx-mod-nchan)": not has_nchan,
        "node ws and Socket.IO (npm could not install them)": node is None,
    }
    return BenchmarkTools(
        folder=folder,
        phones=_compile_program(folder, HERE / "client/phones.c"),
        ceiling=_compile_program(folder, SERVERS / "ceiling.c"),
        node=node,
        modules=modules,
        nginx=Path(nginx) if nginx and has_nchan else None,
        missing=tuple(name for name, absent in reasons.items() if absent),
    )


def _compile_program(folder: Path, source: Path) -> Path:
    program = folder / source.stem
    newest = max(path.stat().st_mtime for path in source.parent.iterdir())
    if not program.exists() or program.stat().st_mtime < newest:
        subprocess.run(["cc", *WARNINGS, "-o", program, source], check=True)
    return program


def _node_peers(folder: Path) -> tuple[Path | None, Path]:
    modules = folder / "node/node_modules"
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:/usr/bin:/usr/local/bin")
    if node and not (modules / "socket.io").exists():
        npm, install = Path(node).with_name("npm"), ["install", "--silent", "--no-save", "--no-audit", "--no-fund"]
        done = subprocess.run([npm, *install, "--prefix", folder / "node", *NODE_PACKAGES], check=False)
        if done.returncode:
            return None, modules
    return (Path(node) if node else None), modules


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run Redis (or Valkey from PyPI's wheel) without persistence. Yields its URL."""
    program, port = shutil.which("redis-server"), free_port()
    if program is None:
        with running_valkey(folder) as valkey:
            yield valkey.url
        return
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with run_process(command, folder, core=OTHER_CORE, port=port):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run PostgreSQL with default durability. Yields the administrator's URL."""
    with running_postgres(folder) as url:
        yield url
