"""Requests, kilobytes and times of each page: `python -m office360.benchmarks.pages`.

The demo city of this version and of an earlier version (a folder with a checkout and its `.venv`, or a revision)
run side by side, and every page is loaded from both in turn, so that both meet the same machine. Without
`--before`, this version alone. Prints tables, and writes the requests of ticket, test and call as pictures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from ...tests.e2e.support.page_loads import (
    NOTE_ANSWER_JS,
    TARGETS,
    PageLoad,
    RequestRecorder,
    load_page,
    run_request_recorder,
    sum_kilobytes,
)
from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH
from ..installation import THIS_VERSION, open_earlier_version, run_demo_version
from .measured_product import MeasuredProduct, prepare_pages
from .slow_line import (
    CPU_SLOWDOWN,
    KBPS,
    LATENCY_MS,
    PAGE_TIMEOUT_MS,
    BarePages,
    SlowLoad,
    add_bare_page,
    load_bare_slowly,
    load_slowly,
    serve_bare_pages,
)
from .waterfall import draw_waterfall

IDLE_S, WARM_IDLE_S = 1.0, 2.5  # a browser looks for another service worker two seconds after a load
PAGES_WITH_PICTURE = {"ticket": "ticket", "test": "test", "call, citizen": "call"}
BEFORE, NOW = "before", "now"


@dataclass(slots=True)
class PageFigures:
    """The figures of a page in one version."""

    cold: PageLoad
    warm: PageLoad
    slow: list[SlowLoad] = field(default_factory=list)
    bare_paints_ms: list[float] = field(default_factory=list)

    @property
    def paint_ratio(self) -> float:
        return self._median_paint_ms() / statistics.median(self.bare_paints_ms)

    def median_load(self) -> SlowLoad:
        """Return the load with the median of the times until a press is answered."""
        return sorted(self.slow, key=lambda load: load.answers_ms)[len(self.slow) // 2]

    def _median_paint_ms(self) -> float:
        return statistics.median(load.paint_ms for load in self.slow)

    def format_times(self) -> str:
        answers_ms = statistics.median(load.answers_ms for load in self.slow)
        return f"{self._median_paint_ms() / 1_000:.2f} | {self.paint_ratio:.2f} | {answers_ms / 1_000:.2f}"


Figures = dict[tuple[str, str], PageFigures]  # of each page and version


async def count_requests(
    browser: Browser, recorder: RequestRecorder, measured: MeasuredProduct, page_name: str
) -> PageFigures:
    """Visit a page twice with one browser profile."""
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    await context.add_init_script(NOTE_ANSWER_JS)
    await context.add_cookies(measured.cookies(recorder.url))  # type: ignore[arg-type]
    page = await context.new_page()
    path = measured.paths[page_name]
    cold = await load_page(page, recorder, path, idle_s=IDLE_S, is_first=True)
    warm = await load_page(page, recorder, path, idle_s=WARM_IDLE_S, is_first=False)
    await context.close()
    return PageFigures(cold, warm)


async def measure_slow_loads(
    browser: Browser, bare: BarePages, versions: Sequence[MeasuredProduct], page: str, rounds: int, found: Figures
) -> None:
    """Load a page from each version on the slow line, and beside each its page without files."""
    for measured in versions:
        await add_bare_page(browser, bare, measured, page)
    for _ in range(rounds):
        for measured in versions:
            figures = found[page, measured.name]
            figures.slow.append(await load_slowly(browser, measured, page))
            loaded = await load_bare_slowly(browser, f"{bare.url}{measured.name}/{page}")
            figures.bare_paints_ms.append(loaded.paint_ms)


async def measure(versions: Sequence[MeasuredProduct], pages: Sequence[str], rounds: int) -> Figures:
    found: Figures = {}
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=CHROMIUM_FLAGS)
        stack.push_async_callback(browser.close)
        bare = await stack.enter_async_context(serve_bare_pages())
        recorders = [
            await stack.enter_async_context(run_request_recorder(measured.product.url)) for measured in versions
        ]
        for page in pages:
            for measured, recorder in zip(versions, recorders, strict=True):
                found[page, measured.name] = await count_requests(browser, recorder, measured, page)
                print_requests(page, measured.name, found[page, measured.name])
            if rounds:
                await measure_slow_loads(browser, bare, versions, page, rounds, found)
                for measured in versions:
                    times = found[page, measured.name].format_times()
                    print(f"  {measured.name}: paint s | ÷ bare | answers s: {times}", flush=True)
    return found


def print_requests(page: str, version: str, figures: PageFigures) -> None:
    cold, warm = figures.cold, figures.warm
    kinds = Counter(request.kind for request in cold.until)
    named = ", ".join(
        f"{kind} {number} ({sum_kilobytes([request for request in cold.until if request.kind == kind]):.0f} KB)"
        for kind, number in kinds.items()
    )
    after = f"after: {len(cold.after)} ({sum_kilobytes(cold.after):.0f} KB)"
    later = [f"{request.path} ({request.kind})" for request in [*warm.until[1:], *warm.after]]
    print(f"{page}, {version}: {named}; {after}; warm beside HTML: {', '.join(later) or 'none'}", flush=True)


def format_request_table(found: Figures, names: Sequence[str]) -> str:
    heads = [f"{what} {name}" for what in ("requests", "KB", "warm", "after") for name in names]
    lines = [f"| page | {' | '.join(heads)} | at most | |", "|---" * (len(heads) + 3) + "|"]
    for page in dict.fromkeys(page for page, _ in found):
        each = [found[page, name] for name in names]
        target, last = TARGETS[page], each[-1].cold
        is_met = len(last.until) <= target.requests and last.kilobytes <= (target.kilobytes or float("inf"))
        most = f"{target.requests}" + (f", {target.kilobytes:.0f} KB" if target.kilobytes else "")
        cells = [f"{len(loads.cold.until)}" for loads in each]
        cells += [f"{loads.cold.kilobytes:.0f}" for loads in each]
        cells += [f"{len(loads.warm.until)}" for loads in each]
        cells += [f"{len(loads.cold.after)}" for loads in each]
        lines.append(f"| {page} | {' | '.join(cells)} | {most} | {'met' if is_met else 'MISSED'} |")
    return "\n".join(lines)


def format_time_table(found: Figures, names: Sequence[str]) -> str:
    heads = [f"{what}, {name}" for name in names for what in ("first paint, s", "÷ bare page", "answers, s")]
    lines = [f"| page | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for page in dict.fromkeys(page for page, _ in found):
        lines.append(f"| {page} | {' | '.join(found[page, name].format_times() for name in names)} |")
    return "\n".join(lines)


def write_pictures(found: Figures, names: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for page, file in PAGES_WITH_PICTURE.items():
        loads = [(name, found[page, name].median_load()) for name in names if (page, name) in found]
        if loads:
            picture = draw_waterfall(f"Requests of a first visit: {page}", loads)
            (folder / f"pages-{file}.svg").write_text(picture, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", help="a folder with a checkout and its .venv, or a revision")
    parser.add_argument("--pages", nargs="+", choices=list(TARGETS), default=list(TARGETS))
    parser.add_argument("--rounds", type=int, default=5, help="loads on the slow line; 0 counts requests only")
    parser.add_argument("--pictures", type=Path, help="write pictures to a folder, such as docs/pictures")
    given = parser.parse_args()
    load_before = os.getloadavg()[0]
    with ExitStack() as stack:
        versions = []
        if given.before:
            earlier = stack.enter_context(open_earlier_version(given.before))
            product = stack.enter_context(run_demo_version(earlier))
            versions.append(asyncio.run(prepare_pages(BEFORE, product)))
        product = stack.enter_context(run_demo_version(THIS_VERSION))
        versions.append(asyncio.run(prepare_pages(NOW, product)))
        found = asyncio.run(measure(versions, given.pages, given.rounds))
    names = [measured.name for measured in versions]
    print(f"\n{platform.node()}, {os.cpu_count()} cores, load {load_before:.1f} to {os.getloadavg()[0]:.1f}")
    print("\nUntil a press is answered, and then until the network is idle; warm: a second visit\n")
    print(format_request_table(found, names))
    if given.rounds:
        print(f"\n{KBPS / 1_000:g} Mbps, {LATENCY_MS} ms, CPU {CPU_SLOWDOWN} × slower, median of {given.rounds}\n")
        print(format_time_table(found, names))
    if given.pictures and given.rounds:
        write_pictures(found, names, given.pictures)


if __name__ == "__main__":
    main()
