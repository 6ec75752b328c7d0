"""Four links of the truth bench, once: what the test room says there is true."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from office360.benchmarks.calls.network import network_problem

from ..conftest import skip_or_fail_tier
from ..support.coturn import COTURN_MISSING, is_coturn_installed

pytestmark = pytest.mark.e2e

LINKS = ("clean", "loss down 10", "300 kbps", "no UDP")
ROUNDS = 2  # a link that a busy machine got wrong is tested once more
ROUND_S = 240


@pytest.fixture
def emulated_network() -> None:
    if problem := network_problem():
        skip_or_fail_tier(f"THE TRUTH BENCH DID NOT RUN: {problem}")
    if not is_coturn_installed():
        skip_or_fail_tier(COTURN_MISSING)


@pytest.mark.usefixtures("emulated_network", "chromium_path")
async def test_verdict_and_place_are_true_on_four_links(tmp_path: Path) -> None:
    wrong: dict[str, Any] = dict.fromkeys(LINKS)
    for number in range(ROUNDS):
        if wrong:
            wrong = await _run_links(list(wrong), tmp_path / f"{number}.jsonl")
    assert wrong == {}


async def _run_links(names: list[str], out: Path) -> dict[str, Any]:
    """Run the bench, and return the links with a wrong verdict or place."""
    chosen = [argument for name in names for argument in ("--only", name)]
    command = [sys.executable, "-m", "office360.benchmarks.truth", "--runs", "1", "--out", str(out), *chosen]
    process = await asyncio.create_subprocess_exec(*command, "--namespace", f"tr{os.getpid()}")
    try:
        await asyncio.wait_for(process.wait(), ROUND_S)
    finally:
        if process.returncode is None:
            process.terminate()  # it removes its namespaces
            await process.wait()
    return _wrong_links(names, out)


def _wrong_links(names: list[str], out: Path) -> dict[str, Any]:
    runs = {run["condition"]: run for run in map(json.loads, out.read_text().splitlines())}
    assert list(runs) == names
    told = {name: (run["report"].get("verdict"), run["report"].get("fault")) for name, run in runs.items()}
    return {
        name: told[name] for name, run in runs.items() if not (run["right"]["verdict"] and run["right"]["place"])
    }
