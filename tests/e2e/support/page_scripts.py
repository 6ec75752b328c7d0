"""Waits until the modules of a page run, which is after its load event."""

from __future__ import annotations

from playwright.async_api import Page

# Importing the loader again starts nothing.
# Modules that failed to load, such as without a network, count as settled.
WAIT_FOR_MODULES_JS = """async () => {
  const loader = document.querySelector("script[src*='/core/module_loader.js']")?.src;
  if (loader) await import(loader).then((module) => module.allModulesSettled, () => undefined);
}"""

WAIT_FOR_FRAMES_JS = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
)


async def wait_for_modules(page: Page) -> None:
    """Wait until the page is loaded and all its modules handle events."""
    await page.wait_for_load_state()
    await page.evaluate(WAIT_FOR_MODULES_JS)


async def wait_for_fragment(page: Page, fragment: str) -> None:
    """Wait until the page stands at its fragment.

    Chromium moves the focus there in a frame after the load, so a key that was pressed before is lost.
    """
    await page.wait_for_url(f"**#{fragment}")
    await wait_for_modules(page)
    await page.evaluate(WAIT_FOR_FRAMES_JS)
