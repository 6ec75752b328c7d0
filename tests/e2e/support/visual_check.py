"""Visual checks of a page: phone and desk size, light and dark, forced colours.

With OFFICE360_TEST_PICTURES set to a folder, each check stores a screenshot there.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from playwright.async_api import Browser, CDPSession, Page

from ...conftest import AppServer
from ...support.timeouts import PAGE_TIMEOUT_MS
from .axe import (
    ALL_RULES,
    CONTRAST_RULE,
    RULES_BUT_CONTRAST,
    SIZE_RULES,
    add_axe_loader,
    find_axe_violations,
    has_horizontal_overflow,
)
from .page_scripts import WAIT_FOR_FRAMES_JS, wait_for_modules

LAYOUT_FLAWS_JS = Path(__file__).with_name("layout_flaws.js").read_text()
SCREENSHOT_FOLDER = os.environ.get("OFFICE360_TEST_PICTURES")


@dataclass(frozen=True)
class ScreenVariant:
    """A screen size and colour scheme.

    `axe_rules`: None if another variant has checked all rules that apply. `only_if_shown_differs`: skipped where
    all variants before show the same elements, because their colours are checked then.
    """

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    axe_rules: Mapping[str, Any] | None
    forced: Literal["active", "none"] = "none"
    only_if_shown_differs: bool = False
    with_layout: bool = True


# Only contrast depends on colours. When they are forced, the system provides it and axe reads the page's own.
# Elements that only a single size shows are checked in the other scheme, too.
SCREEN_VARIANTS = (
    ScreenVariant("desk dark", 1280, 800, "dark", ALL_RULES),
    ScreenVariant("forced colours", 320, 640, "dark", None, "active"),
    ScreenVariant("phone light", 320, 640, "light", ALL_RULES),
    ScreenVariant("desk light", 1280, 800, "light", CONTRAST_RULE, only_if_shown_differs=True, with_layout=False),
    ScreenVariant("phone dark", 390, 844, "dark", CONTRAST_RULE, only_if_shown_differs=True, with_layout=False),
)
FORCED_COLOURS, PHONE = SCREEN_VARIANTS[1:3]
BOTH_SIZES = (SCREEN_VARIANTS[0], PHONE)  # for pages without colours of their own
# for states too short for all variants
FORCED_COLOUR_VARIANTS = (replace(FORCED_COLOURS, axe_rules=RULES_BUT_CONTRAST),)

# sizes at which the layout of every page is checked, in one load
LAYOUT_SIZES = ((320, 640), (390, 844), (768, 1024), (1024, 768), (1280, 720), (1440, 900), (1920, 1080))
# The styles change at 22 to 24, 40, 48, 62, 78 and 100 em. Public pages in Spanish are looked at on a tablet held
# upright, pages for staff on a small laptop. English has the same elements, and only its texts differ, which are
# cut where a page is narrow.
PUBLIC_SIZES = {"es": [LAYOUT_SIZES[i] for i in (0, 1, 2, 4, 6)], "en": [LAYOUT_SIZES[i] for i in (1, 3)]}
STAFF_SIZES = {**PUBLIC_SIZES, "es": [LAYOUT_SIZES[i] for i in (0, 1, 3, 4, 6)]}

RUNNING_ANIMATIONS_JS = """() => document.getAnimations()
  .filter((one) => one.playState === "running" && one.effect.getComputedTiming().endTime > 1)
  .map((one) => `moves: ${one.animationName ?? one.transitionProperty} of ${one.effect.target.className}`)"""

# Layout, names and colours do not depend on the scale at which Chromium draws a page, and drawing it whole takes
# two fifths of the CPU of a check.
DRAWN_SCALE = 0.1
_sessions: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()

# Which elements are shown: where two variants show the same elements, they differ in sizes and colours only.
SHOWN_ELEMENTS_JS = """() => [...document.querySelectorAll("*")].map((one) =>
  one.localName + (one.checkVisibility({ visibilityProperty: true }) ? "" : "-")).join(" ")"""

# In forced colours all backgrounds are equal: controls and areas drawn by a background need a border.
LOST_IN_FORCED_COLOURS_JS = """() => {
  const canvas = document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
  canvas.style.color = "Canvas";
  const paper = getComputedStyle(canvas).color;
  canvas.remove();
  const isDrawn = (one) => {
    const style = getComputedStyle(one);
    if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) return true;
    return ["Top", "Right", "Bottom", "Left"].some((side) => style[`border${side}Style`] !== "none"
      && parseFloat(style[`border${side}Width`]) > 0 && style[`border${side}Color`] !== paper);
  };
  const isThere = ({ width, height }) => width > 0 && height > 0;
  const seen = [...document.body.querySelectorAll("*")].filter((one) => one.checkVisibility()
    && !one.closest("svg, .visually-hidden, .skip") && isThere(one.getBoundingClientRect()) && !isDrawn(one));
  const FIELDS = "input, select, textarea, video, img";
  const pressed = seen.filter((one) => one.matches("button, .button, .choice, .way, input, select, textarea")
    && !one.matches(".plain, [type=radio], [type=checkbox], [role=tab]"));
  const painted = seen.filter((one) => !one.children.length && !one.textContent.trim() && !one.matches(FIELDS)
    && getComputedStyle(one).backgroundColor === paper);
  return [...pressed, ...painted].map((one) =>
    `lost: ${one.localName}.${one.className} of ${one.parentElement.className}`);
}"""


# A toggle has one name and `aria-pressed`. If both changed, the ear would hear "Muted, not pressed".
WATCH_TOGGLES_JS = """(() => {
  const names = new WeakMap();
  const nameOf = (toggle) => {
    if (toggle.ariaLabel) return toggle.ariaLabel;
    const copy = toggle.cloneNode(true);
    for (const unheard of copy.querySelectorAll("[aria-hidden=true], [hidden]")) unheard.remove();
    return copy.textContent.trim();
  };
  window.toggleFlaws = new Set();
  const look = () => {
    for (const toggle of document.querySelectorAll("[aria-pressed]")) {
      const seen = names.get(toggle) ?? {};
      names.set(toggle, seen);
      seen[toggle.ariaPressed] = nameOf(toggle);
      if ("true" in seen && "false" in seen && seen.true !== seen.false)
        window.toggleFlaws.add(`toggle has two names: ${seen.true} | ${seen.false}`);
    }
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, characterData: true, attributeFilter: ["aria-pressed", "aria-label"],
  });
})()"""


@dataclass
class VisualCheck:
    """Collects flaws as `page, variant: flaw`."""

    flaws: list[str] = field(default_factory=list)

    async def check_page(self, page: Page, name: str, views: Sequence[ScreenVariant] = SCREEN_VARIANTS) -> None:
        """Check the whole page in each variant. The page is left in the light phone variant.

        Where a variant shows the same elements as a variant with all rules before, only rules of sizes and colours
        run.
        """
        checked, last = set[str](), PHONE
        # a form of a console waits for the state of the session before it leaves the page
        await page.locator("form[aria-busy=true]").first.wait_for(state="detached")
        await wait_for_modules(page)
        await self._note_toggles(page, name)
        for view in views:
            if view.only_if_shown_differs and len(checked) < 2:
                continue
            await _apply_variant(page, view)
            if view.axe_rules is ALL_RULES:
                shown = await page.evaluate(SHOWN_ELEMENTS_JS)
                view = replace(view, axe_rules=SIZE_RULES) if shown in checked else view
                checked.add(shown)
            await self._check_view(page, name, view)
            last = view
        if (last.scheme, last.forced) != (PHONE.scheme, PHONE.forced):
            await _apply_media(page, PHONE)
        await resize_page(page, PHONE.width, PHONE.height)

    async def check_layout(
        self,
        page: Page,
        name: str,
        sizes: Sequence[tuple[int, int]] = LAYOUT_SIZES,
        views: Sequence[ScreenVariant] = (),
    ) -> None:
        """Check where texts and controls lie, at each size and without loading the page again.

        `views`: checked at their size, one of the sizes; the page is left with the media of the last. It is
        left drawn small: `resize_page` comes before a click.
        """
        await wait_for_modules(page)
        if views:
            await self._note_toggles(page, name)
        for size in sizes:
            width, height = size
            await _resize_small(page, width, height)
            found = await page.evaluate(LAYOUT_FLAWS_JS)
            self.flaws += [f"{name}, {width} × {height}: {flaw}" for flaw in found]
            for view in views:
                if (view.width, view.height) == size:
                    await _apply_media(page, view)
                    await self._check_view(page, name, view)
        assert all((view.width, view.height) in sizes for view in views)

    async def _note_toggles(self, page: Page, name: str) -> None:
        self.flaws += [f"{name}: {flaw}" for flaw in await page.evaluate("[...(window.toggleFlaws ?? [])]")]

    async def _check_view(self, page: Page, name: str, view: ScreenVariant) -> None:
        self.flaws += [f"{name}, {view.name}: {flaw}" for flaw in await _find_flaws(page, view)]
        if SCREENSHOT_FOLDER:
            await _save_screenshot(page, f"{name} {view.name}")

    def assert_no_flaws(self) -> None:
        """Fail with all flaws found."""
        assert self.flaws == [], "\n".join(["", *self.flaws])


async def resize_page(page: Page, width: int, height: int) -> None:
    """Resize a page that a check has left drawn small, so that it can be clicked."""
    if session := _sessions.get(page):
        # Else its size would return when the page is loaded again. The session stays: the end of a session takes
        # away virtual authenticators of all others.
        await session.send("Emulation.clearDeviceMetricsOverride")
        # Playwright sends no size that it has sent last, although the other session has changed it since
        await page.set_viewport_size({"width": width, "height": height + 1})
    await page.set_viewport_size({"width": width, "height": height})


async def _resize_small(page: Page, width: int, height: int) -> None:
    """Resize a page, and draw it at a tenth of its size. Clicks would miss."""
    session = _sessions.get(page)
    if session is None:
        session = _sessions[page] = await page.context.new_cdp_session(page)
    size = {"width": width, "height": height, "screenWidth": width, "screenHeight": height}
    scale = 1 if SCREENSHOT_FOLDER else DRAWN_SCALE
    options = {"deviceScaleFactor": 1, "mobile": False, "scale": scale}
    await session.send("Emulation.setDeviceMetricsOverride", {**size, **options})


async def _apply_variant(page: Page, view: ScreenVariant) -> None:
    await _resize_small(page, view.width, view.height)
    await _apply_media(page, view)


async def _apply_media(page: Page, view: ScreenVariant) -> None:
    await page.emulate_media(color_scheme=view.scheme, forced_colors=view.forced, reduced_motion="reduce")
    await page.evaluate(WAIT_FOR_FRAMES_JS)


async def _find_flaws(page: Page, view: ScreenVariant) -> list[str]:
    found = [] if view.axe_rules is None else await find_axe_violations(page, view.axe_rules)
    found += await page.evaluate(RUNNING_ANIMATIONS_JS)
    if view.forced == "active" and await has_horizontal_overflow(page):
        found.append("scrolls sideways")
    if view.forced == "none" and view.with_layout:
        found += await page.evaluate(LAYOUT_FLAWS_JS)
    elif view.forced == "active":
        found += await page.evaluate(LOST_IN_FORCED_COLOURS_JS)
    return found


async def _save_screenshot(page: Page, name: str) -> None:
    path = Path(SCREENSHOT_FOLDER or "") / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png"
    await page.screenshot(path=path, full_page=True, animations="disabled")


@asynccontextmanager
async def new_visitor_page(
    browser: Browser, server: AppServer, permissions: Sequence[str] = ("camera", "microphone")
) -> AsyncIterator[Page]:
    """Open a page with its own cookies and reduced motion. Script errors fail the test."""
    context = await browser.new_context(
        viewport={"width": 320, "height": 640},
        base_url=server.url,
        locale="es-ES",
        reduced_motion="reduce",
        permissions=[*permissions],
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    await context.add_init_script(WATCH_TOGGLES_JS)
    await add_axe_loader(context)
    page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    await context.close()
    assert broken == []
