"""Truth bench: reports of the test room beside the true values of links and devices.

`python -m office360.benchmarks.truth`, as root with /dev/net/tun.

The real product with a relay in one network namespace, Chromium in another. Each run walks the whole test over an
emulated link, or on a clean link with a forged device, reads the report by the API, and compares verdict, place of
the fault and figures with the link's true values. True delay and jitter are pinged before the test; loss and rate
are counted by the process that copies the packets. The table says what was expected where it differs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from ...tests.support.coturn import TRANSPORTS
from ..calls.network import EmulatedNetwork, run_inside
from .bench import Condition, now_text, run_conditions
from .conditions import DEVICES, LINKS
from .table import as_json, format_comparison, format_head, format_run, format_totals

CONDITIONS: dict[str, Condition] = {
    **{link.name: link for link in LINKS},
    **{device.name: device for device in DEVICES},
}
GROUPS = {"links": [link.name for link in LINKS], "devices": [device.name for device in DEVICES]}
MAX_RUNS = 10
NETWORK_DEVICE = "lan0"  # a network to Chromium, so that `navigator.onLine` is true as for a person


async def _measure(network: EmulatedNetwork, given: argparse.Namespace, names: list[str]) -> None:
    """Run, and print each row as it ends."""
    before = _read_runs(given.before) if given.before else []
    done = []
    async for run in run_conditions(network, [CONDITIONS[name] for name in names], given.runs, given.paths):
        done.append(run)
        print(format_run(run), flush=True)
        if given.out:
            _append_run(given.out, as_json(run))
    lines = format_totals(done)
    if before:
        lines += ["", f"before → now, {given.before}", *format_comparison(before, [as_json(run) for run in done])]
    print("\n" + "\n".join(lines), flush=True)


def _read_runs(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _append_run(path: Path, run: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(run) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = ", ".join(CONDITIONS)
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help=f"links, devices, or one of: {known}; several"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each condition (3)")
    parser.add_argument("--out", type=Path, help="file to which each run is added as a line of JSON")
    parser.add_argument("--before", type=Path, help="file of --out of an earlier run, compared at the end")
    parser.add_argument(
        "--paths", nargs="+", choices=TRANSPORTS, default=list(TRANSPORTS), help="which the relay offers"
    )
    parser.add_argument("--namespace", default="truth", help="how the names of both namespaces begin")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    names = [name for chosen in given.only or GROUPS for name in GROUPS.get(chosen, [chosen])]
    if unknown := set(names) - CONDITIONS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: links, devices, {known}")
    if not 1 <= given.runs <= MAX_RUNS:
        parser.error(f"--runs is from 1 to {MAX_RUNS}")
    if given.inside:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        asyncio.run(_measure(EmulatedNetwork(given.namespace, given.inside), given, names))
        return
    print(f"what the test room says beside what is true, {given.runs} runs each, {now_text()}")
    print(format_head(), flush=True)
    again = [argument for name in names for argument in ("--only", name)]
    files = [
        argument
        for name, path in (("--out", given.out), ("--before", given.before))
        if path
        for argument in (name, str(path.absolute()))
    ]
    paths = ["--paths", *given.paths]
    module = "office360.benchmarks.truth"
    sys.exit(
        run_inside(
            given.namespace, module, *again, *files, *paths, "--runs", str(given.runs), device=NETWORK_DEVICE
        )
    )


if __name__ == "__main__":
    main()
