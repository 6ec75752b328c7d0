"""Accessibility checks of a page by axe-core."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from ...conftest import skip_or_fail_tier

ROOT = Path(__file__).parent.parent.parent.parent
AXE = ROOT / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_TIMEOUT_S = 60  # a check takes a second, longer on a busy machine

# Colours in transition are not meant to be read, so finite animations are awaited. Endless ones, such as the live
# dot and volume bars, are checked while they move.
WAIT_UNTIL_STILL_JS = """async () => {
  const ends = (one) => Number.isFinite(one.effect.getComputedTiming().endTime);
  const paints = (one) => !one.transitionProperty || /color|opacity/.test(one.transitionProperty);
  const runs = (one) => one.playState === "running" && ends(one) && paints(one);
  const moving = () => document.getAnimations().filter(runs);
  for (let now = moving(); now.length; now = moving()) await Promise.allSettled(now.map((one) => one.finished));
}"""
# A live page may change during the check; the findings are then invalid, and the check is repeated.
RUN_AXE_JS = f"""async (rules) => {{
  let turned = false;
  const note = ({{ propertyName }}) => (turned ||= /color|opacity/.test(propertyName));
  document.addEventListener("transitionrun", note);
  try {{
    for (;;) {{
      await ({WAIT_UNTIL_STILL_JS})();
      turned = false;
      const found = await axe.run(document, {{ runOnly: {{ type: "tag", values: rules }} }});
      if (!turned) return found.violations;
    }}
  }} finally {{
    document.removeEventListener("transitionrun", note);
  }}
}}"""


async def find_axe_violations(page: Page, *, without: Sequence[str] = ()) -> list[str]:
    """Return each violation as `rule: selector, selector`, without the rules in `without`."""
    if not AXE.exists():
        skip_or_fail_tier("NO AXE-CORE ON THIS MACHINE: accessibility was not checked (make test installs it)")
    if await page.evaluate("!window.axe"):
        await page.evaluate(AXE.read_text())
    async with asyncio.timeout(AXE_TIMEOUT_S):
        found: list[dict[str, Any]] = await page.evaluate(RUN_AXE_JS, RULES)
    return [
        f"{one['id']}: {', '.join(str(node['target'][0]) for node in one['nodes'])}"
        for one in found
        if one["id"] not in without
    ]


async def has_horizontal_overflow(page: Page) -> bool:
    """Whether the page scrolls horizontally."""
    wide: bool = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide
