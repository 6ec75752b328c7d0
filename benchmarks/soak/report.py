"""The table of a soak, as text."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .people_client import Traffic
from .resources import ResourceLog

MOST_EXAMPLES = 5  # of a kind of mistake


@dataclass(frozen=True, slots=True)
class SurvivedFault:
    """A fault, and the answers of people from its begin until the product was right.

    `right_after_s`: from its end; None if the probe's patience ended before.
    """

    kind: str
    right_after_s: float | None
    unavailable: int
    unanswered: int
    crashes: int


def fault_lines(faults: Sequence[SurvivedFault]) -> list[str]:
    """Format a row for each kind of fault."""
    groups: dict[str, list[SurvivedFault]] = defaultdict(list)
    for fault in faults:
        groups[fault.kind].append(fault)
    lines = [
        "| fault | times | right again, s (median, worst) | answers 503 | no answer | answers 500 |",
        "|---|---|---|---|---|---|",
    ]
    for kind, group in sorted(groups.items()):
        times = [fault.right_after_s for fault in group]
        known = [known_time for known_time in times if known_time is not None]
        right = (
            f"{statistics.median(known):.1f}, {max(known):.1f}" if len(known) == len(times) else "NOT RIGHT AGAIN"
        )
        sums = [sum(getattr(fault, name) for fault in group) for name in ("unavailable", "unanswered", "crashes")]
        lines.append(f"| {kind} | {len(group)} | {right} | {sums[0]} | {sums[1]} | {sums[2]} |")
    return lines


def book_lines(findings: Mapping[str, Sequence[str]], compared: Mapping[str, int]) -> list[str]:
    """Format a row for each book, and examples of its mistakes."""
    lines = ["| book | compared | mistakes |", "|---|---|---|"]
    for name, mistakes in findings.items():
        lines.append(f"| {name} | {compared.get(name, '–')} | {len(mistakes)} |")
    for name, mistakes in findings.items():
        lines += [f"  {name}: {mistake}" for mistake in mistakes[:MOST_EXAMPLES]]
    return lines


def traffic_line(traffic: Traffic, seconds: float) -> str:
    """Format requests, their rate, times and statuses."""
    times = sorted(traffic.latencies_s) or [0.0]
    p50, p99 = times[len(times) // 2], times[int(0.99 * (len(times) - 1))]
    total = sum(traffic.statuses.values())
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(traffic.statuses.items()))
    return (
        f"{total} answers ({total / seconds:.1f} a second; p50 {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms); "
        f"{statuses}; no answer {traffic.unanswered}, given up {traffic.given_up}, "
        f"answers lost with their process {traffic.lost_answers}"
    )


def resource_lines(log: ResourceLog) -> list[str]:
    """Format RAM and files of each process: first, most, last."""
    lines = ["| process | s | RAM, MB (first, most, last) | files (first, most, last) |", "|---|---|---|---|"]
    for (pid, name), samples in log.samples.items():
        ram = [sample.ram_mb for sample in samples]
        files = [sample.files for sample in samples]
        lines.append(
            f"| {name} {pid} | {2 * len(samples)} | {ram[0]:.0f}, {max(ram):.0f}, {ram[-1]:.0f} "
            f"| {files[0]}, {max(files)}, {files[-1]} |"
        )
    return lines
