"""axe-core in a page: what a machine can find of what stands in the way of people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from ..conftest import tier_cannot_run

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page, *, without: Sequence[str] = ()) -> list[str]:
    """Each violation as `rule: selector, selector`, but for the rules left out."""
    if not AXE.exists():
        tier_cannot_run("NO AXE-CORE ON THIS MACHINE: accessibility was not checked (make test installs it)")
    if await page.evaluate("!window.axe"):
        await page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = await page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then(result => result.violations)",
        RULES,
    )
    return [
        f"{one['id']}: {', '.join(str(node['target'][0]) for node in one['nodes'])}"
        for one in found
        if one["id"] not in without
    ]


async def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    wide: bool = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide
