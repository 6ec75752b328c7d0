"""Accessibility checks of a page by axe-core."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page

from ...conftest import skip_or_fail_tier

ROOT = Path(__file__).parent.parent.parent.parent
AXE = ROOT / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
ALL_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
RULES_BUT_CONTRAST = {**ALL_RULES, "rules": {"color-contrast": {"enabled": False}}}
CONTRAST_RULE = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# For a second size that shows elements of its own, such as an open menu: their colours and names.
CONTRAST_AND_NAMES = {
    "runOnly": {
        "type": "rule",
        "values": [
            "color-contrast",
            "button-name",
            "link-name",
            "label",
            "select-name",
            "image-alt",
            "svg-img-alt",
            "role-img-alt",
            "aria-toggle-field-name",
        ],
    }
}
# Rules whose result depends on sizes and colours. The others find the same wherever the same elements are shown.
SIZE_RULES = {
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"],
    }
}
AXE_TIMEOUT_S = 60  # a check takes a second, longer on a busy machine

# A page that has run the loader's init script compiles axe once for all documents of its process. Sending it to
# each document takes 50 ms more.
LOAD_AXE_JS = "() => { if (!window.axe) window.loadAxe?.(); return Boolean(window.axe); }"

# Colours in transition are not meant to be read, so finite animations are awaited. Endless animations, such as the
# live dot and volume bars, are checked while they move.
WAIT_UNTIL_STILL_JS = """async () => {
  const ends = (one) => Number.isFinite(one.effect.getComputedTiming().endTime);
  const paints = (one) => !one.transitionProperty || /color|opacity/.test(one.transitionProperty);
  const runs = (one) => one.playState === "running" && ends(one) && paints(one);
  const moving = () => document.getAnimations().filter(runs);
  for (let now = moving(); now.length; now = moving()) await Promise.allSettled(now.map((one) => one.finished));
}"""
# An open dialog hides the rest, which is checked in states without a dialog.
# A live page may change during the check; the findings are then invalid, and the check is repeated.
RUN_AXE_JS = f"""async (options) => {{
  let turned = false;
  const note = ({{ propertyName }}) => (turned ||= /color|opacity/.test(propertyName));
  document.addEventListener("transitionrun", note);
  try {{
    for (;;) {{
      await ({WAIT_UNTIL_STILL_JS})();
      turned = false;
      const root = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document;
      const found = await axe.run(root, {{ ...options, resultTypes: ["violations"] }});
      if (!turned) return found.violations;
    }}
  }} finally {{
    document.removeEventListener("transitionrun", note);
  }}
}}"""


async def add_axe_loader(context: BrowserContext) -> None:
    """Let pages of a context load axe from a script of theirs."""
    if AXE.exists():
        await context.add_init_script(f"window.loadAxe = () => {{{AXE.read_text()}\n}};")


async def find_axe_violations(page: Page, rules: Mapping[str, Any] = ALL_RULES) -> list[str]:
    """Return each violation of the rules as `rule: selector, selector`."""
    if not AXE.exists():
        skip_or_fail_tier("NO AXE-CORE ON THIS MACHINE: accessibility was not checked (make test installs it)")
    if not await page.evaluate(LOAD_AXE_JS):
        await page.evaluate(AXE.read_text())
    async with asyncio.timeout(AXE_TIMEOUT_S):
        found: list[dict[str, Any]] = await page.evaluate(RUN_AXE_JS, rules)
    return [
        f"{violation['id']}: {', '.join(str(node['target'][0]) for node in violation['nodes'])}"
        for violation in found
    ]


async def has_horizontal_overflow(page: Page) -> bool:
    """Tell whether the page scrolls horizontally."""
    wide: bool = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide
