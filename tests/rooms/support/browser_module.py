"""Pure browser modules, run by node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from ...conftest import skip_or_fail_tier

ROOT = Path(__file__).parent.parent.parent.parent
NODE = ROOT / ".venv" / "bin" / "node"
RUNNER = Path(__file__).parent / "run_module.mjs"
TIMEOUT_S = 30


def call_module(path: str, *calls: list[Any]) -> list[Any]:
    """Return the result of each call `[name, *arguments]` of functions of `static/{path}`."""
    return _run(path, {"calls": calls})


def fold_module(path: str, start: str, *steps: list[Any]) -> list[Any]:
    """Return the state after each step `[name, *arguments]`, beginning with a constant."""
    return _run(path, {"from": start, "steps": steps})


def _run(path: str, task: dict[str, Any]) -> list[Any]:
    if not NODE.exists():
        skip_or_fail_tier("NO NODE ON THIS MACHINE: pure browser modules were not tested (make test installs it)")
    command = [
        str(one)
        for one in (NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", RUNNER, ROOT / "static" / path)
    ]
    result = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, timeout=TIMEOUT_S)
    assert result.returncode == 0, result.stderr
    results: list[Any] = json.loads(result.stdout)
    return results
