"""Waits until the modules of a page run, which is after its load event."""

from __future__ import annotations

from playwright.async_api import Page

# Importing a module again waits for the running import and starts nothing. A module that failed to load, such as
# without a network, is not awaited.
WAIT_FOR_MODULES_JS = """async () => {
  const first = document.querySelector("script[src*='/core/module_loader.js']")?.src;
  if (!first) return;
  const named = [...document.querySelectorAll("[data-module]")].flatMap((one) => one.dataset.module.split(" "));
  const others = [...named, "core/form_submit"].map((name) => new URL(`../${name}.js`, first).href);
  await Promise.allSettled([first, ...others].map((address) => import(address)));
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
