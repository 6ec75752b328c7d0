"""Repetition of tests under CPU stress, with the failure rate that this excludes.

Tests that ever failed by chance run 100 times; the slowest and those of media 20 times. Further arguments are
pytest's: `make flaky ARGS="-m 'not e2e'"`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from ...matrix import LOADS, Load
from .cpu_stress import stressed_cpu
from .recorded_durations import CACHE_KEY
from .repeat_plugin import RepeatPlugin, split_run

LIST = Path(__file__).with_name("failed_by_chance.toml")


def planned_times(
    listed: Mapping[str, dict[str, str]],
    media: Iterable[str],
    durations: Mapping[str, float],
    options: argparse.Namespace,
) -> dict[str, int]:
    """Return how often to run each test, file or folder."""
    slowest = sorted(durations, key=lambda name: durations[name], reverse=True)
    slow = [*media, *[name for name in slowest if _file(name).exists()][: options.slowest]]
    times = {**dict.fromkeys(slow, options.slow_times), **dict.fromkeys(listed["failed"], options.times)}
    if not options.only:
        return times
    return {name: count for name, count in times.items() if name.startswith(tuple(options.only))}


def recorded_durations() -> dict[str, float]:
    """Return the seconds of each test in its last run in this folder, without repetitions."""
    path = Path(".pytest_cache/v") / CACHE_KEY
    durations: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}
    return {name: seconds for name, seconds in durations.items() if split_run(name)[0] == name}


def _file(name: str) -> Path:
    return Path(name.partition("::")[0])


def _files(names: Iterable[str]) -> list[str]:
    return sorted({str(_file(name)) for name in names})


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("make flaky", description=__doc__, allow_abbrev=False)
    parser.add_argument("--minutes", type=float, default=60, help="stop after these")
    parser.add_argument("--stress", type=int, default=os.cpu_count(), help="busy processes beside the tests")
    parser.add_argument("--times", type=int, default=100, help="runs of a test that failed by chance")
    parser.add_argument("--slow-times", type=int, default=20, help="runs of the slowest and of media tests")
    parser.add_argument("--slowest", type=int, default=20, help="number of the slowest tests")
    parser.add_argument("--only", action="append", help="only tests, files or folders whose names begin so")
    parser.add_argument("--list", type=Path, default=LIST, help="the list of tests")
    options, for_pytest = parser.parse_known_args(arguments)
    durations = recorded_durations()
    if not durations:
        _write("No durations are recorded, so the slowest tests are left out: run `make test` before.")
    media = [row.path for row in LOADS if row.load in (Load.MEDIA, Load.ALONE) and _file(row.path).exists()]
    times = planned_times(tomllib.loads(options.list.read_text()), media, durations, options)
    if not times:
        _write("No test is listed that begins so.")
        return pytest.ExitCode.NO_TESTS_COLLECTED
    plugin = RepeatPlugin(times, options.minutes)
    with stressed_cpu(options.stress):
        # without a cache, in which the durations of these runs would stand
        code = pytest.main(["-q", "--tb=short", "-p", "no:cacheprovider", *_files(times), *for_pytest], [plugin])
    return pytest.ExitCode.OK if plugin.ended_by_time and not plugin.has_failures else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
