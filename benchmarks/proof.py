"""Time of the proof of work in a browser: `python -m office360.benchmarks.proof`.

Runs the page's own search in a real Chromium, on the page's thread, so that the CPU can be throttled (a factor of
four stands for a cheap phone), with the default difficulty. Prints tries a second, the mean, and the worst case.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from playwright.async_api import async_playwright

from ..server.settings import Settings
from ..tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH

SCRIPT = Path(__file__).parent.parent / "static/appointments/proof_of_work_worker.js"
SALT = "0123456789abcdef01234567?expires=1764000000&"
ROUNDS = 5
SEARCH_JS = """async ([script, salt, challenge, most]) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { search } = await import(url);
  const begun = performance.now();
  const found = search(salt, challenge, most);
  return [found, performance.now() - begun];
}"""


async def measure(slower: int, most: int) -> list[float]:
    """Measure the worst case in milliseconds, which tries all numbers.

    The first also compiles.
    """
    challenge = hashlib.sha256(f"{SALT}{most}".encode()).hexdigest()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=CHROMIUM_FLAGS)
        page = await browser.new_page()
        session = await page.context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        times = []
        for _ in range(ROUNDS):
            found, took = await page.evaluate(SEARCH_JS, [SCRIPT.read_text(), SALT, challenge, most])
            if found != most:
                raise RuntimeError(f"found {found}")
            times.append(took)
        await browser.close()
    return times


def main() -> None:
    most = Settings.model_fields["proof_difficulty"].default
    print(f"difficulty {most}: at most so many numbers, half of them on average")
    for slower in (1, 4, 6):
        times = asyncio.run(measure(slower, most))
        worst, median = max(times), sorted(times)[len(times) // 2]
        print(
            f"CPU {slower} x slower: {most / median * 1000:>9,.0f} tries/s, on average {median / 2:>6.0f} ms, "
            f"worst case {median:>6.0f} ms (slowest of {ROUNDS}: {worst:.0f} ms)"
        )


if __name__ == "__main__":
    main()
