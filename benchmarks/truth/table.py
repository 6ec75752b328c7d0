"""The confusion table of the truth bench, its totals, and its runs as JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .bench import Run
from .conditions import EmulatedLink

LONGEST_PROBLEM = 60  # characters; the line of JSON has all of it
COLUMNS = {
    "condition": 16,
    "true: RTT, jitter, loss up / down, kbps of the best second": 58,
    "measured: RTT, jitter, loss up / down, kbps up / down, path": 59,
    "verdict": 15,
    "place": 23,
    "wrong figures": 26,
    "s": 3,
    "load": 4,
}


_PARTS: tuple[Callable[[Mapping[str, Any]], bool], ...] = (
    lambda right: bool(right["verdict"]),
    lambda right: bool(right["place"]),
    lambda right: not right["wrong_figures"],
    lambda right: bool(right["all"]),
)


def format_head() -> str:
    """Format the names of the columns."""
    return _format_cells(list(COLUMNS))


def format_run(run: Run) -> str:
    """Format a row. The expected value stands before the arrow if the report says another."""
    is_link = isinstance(run.condition, EmulatedLink)
    return _format_cells(
        [
            run.condition.name,
            _true(run) if is_link else "",
            _measured(run.report) if is_link else _device_gates(run),
            _expected_and_got((run.condition.expected.verdict,), run.report.get("verdict", "–")),
            _expected_and_got(run.condition.expected.places, run.report.get("fault", "–")),
            run.problem[:LONGEST_PROBLEM] or ", ".join(run.judgement.wrong_figures) or "none",
            f"{run.seconds:3.0f}",
            f"{run.load:4.1f}",
        ]
    )


def _format_cells(cells: Sequence[str]) -> str:
    return " | ".join(f"{cell:{width}}" for cell, width in zip(cells, COLUMNS.values(), strict=True)).rstrip()


def format_totals(runs: Sequence[Run]) -> list[str]:
    """Format how many runs were right, for the counted links, all links, and the devices."""
    links = [run for run in runs if isinstance(run.condition, EmulatedLink)]
    groups = {
        "links": [run for run in links if isinstance(run.condition, EmulatedLink) and run.condition.counted],
        "links with the two that are not counted": links,
        "devices": [run for run in runs if run not in links],
    }
    return [_total(name, group) for name, group in groups.items() if group]


def _total(name: str, runs: Sequence[Run]) -> str:
    rights = {
        "verdict": sum(run.judgement.verdict for run in runs),
        "place": sum(run.judgement.place for run in runs),
        "figures": sum(not run.judgement.wrong_figures for run in runs),
        "all": sum(run.judgement.all_right for run in runs),
    }
    told = ", ".join(f"{what} {count}" for what, count in rights.items())
    loads = [run.load for run in runs]
    seconds = sorted(run.seconds for run in runs if run.seconds)
    times = f", {seconds[0]:.0f} to {seconds[-1]:.0f} s" if seconds else ""
    return f"{name}: of {len(runs)} right in {told}{times}, load {min(loads):.1f} to {max(loads):.1f}"


def as_json(run: Run) -> dict[str, Any]:
    """Return a run for programs."""
    return {
        "condition": run.condition.name,
        "right": {**asdict(run.judgement), "all": run.judgement.all_right},
        "expected": {"verdict": run.condition.expected.verdict, "places": run.condition.expected.places},
        "true": asdict(run.true),
        "report": run.report,
        "measured": run.measured,
        "seconds": round(run.seconds, 1),
        "load": round(run.load, 2),
        "problem": run.problem,
    }


def format_comparison(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """Format how many runs of each condition were right in two lots of runs (`as_json`)."""
    rows = [f"{'right runs':16} | {'verdict':15} | {'place':15} | {'figures':15} | all"]
    for name in dict.fromkeys(run["condition"] for run in now):
        lots = [[run["right"] for run in lot if run["condition"] == name] for lot in (before, now)]
        cells = [
            " → ".join(f"{sum(part(right) for right in lot)} of {len(lot)}" if lot else "–" for lot in lots)
            for part in _PARTS
        ]
        rows.append(f"{name:16} | " + " | ".join(f"{cell:15}" for cell in cells).rstrip())
    return rows


def _expected_and_got(expected: Sequence[str], got: str) -> str:
    return got if got in expected else f"{'/'.join(expected)} → {got}"


def _true(run: Run) -> str:
    true = run.true
    loss = " / ".join(_range(true.loss_pct.get(name), 1) for name in ("up", "down"))
    peak = " / ".join(f"{true.peak_kbps[name]:.0f}" if name in true.peak_kbps else "–" for name in ("up", "down"))
    return f"{_range(true.rtt_ms)} ms, {_range(true.jitter_ms)} ms, {loss} %, {peak}"


def _measured(report: Mapping[str, Any]) -> str:
    values = {gate["name"]: gate["value"] for gate in report.get("gates", ())}
    loss = f"{_number(values.get('loss_up_pct'), 1)} / {_number(values.get('loss_down_pct'), 1)}"
    rates = f"{_number(values.get('up_kbps'))} / {_number(values.get('down_kbps'))}"
    delays = f"{_number(values.get('rtt_ms'))} ms, {_number(values.get('jitter_ms'))} ms"
    return f"{delays}, {loss} %, {rates}, {values.get('path') or '–'}"


def _device_gates(run: Run) -> str:
    gates = {gate["name"]: gate for gate in run.report.get("gates", ())}
    names = run.condition.expected.gates or ("microphone_dbfs", "camera_luma")
    shown = [f"{name} {gates[name]['value']} {gates[name]['grade']}" for name in names if name in gates]
    return ", ".join(shown)


def _range(ends: tuple[float, float] | None, digits: int = 0) -> str:
    return "…".join(dict.fromkeys(_number(end, digits) for end in ends or (None,)))


def _number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
