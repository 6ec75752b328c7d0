"""When the scripts of a page have begun: each comes by itself, and the page counts as loaded before."""

from __future__ import annotations

from playwright.async_api import Page

# A module that was begun already is the same module: whoever asks for it again waits for it, and begins nothing.
# One that could not be had (there is no network) is not waited for.
WAIT_FOR_MODULES_JS = """async () => {
  const first = document.querySelector("script[src*='/core/module_loader.js']")?.src;
  if (!first) return;
  const named = [...document.querySelectorAll("[data-module]")].flatMap((one) => one.dataset.module.split(" "));
  const others = [...named, "core/form_submit"].map((name) => new URL(`../${name}.js`, first).href);
  await Promise.allSettled([first, ...others].map((address) => import(address)));
}"""


async def wait_for_modules(page: Page) -> None:
    """Wait until the page is whole and all its modules listen: from now on a press is heard by them."""
    await page.wait_for_load_state()
    await page.evaluate(WAIT_FOR_MODULES_JS)
