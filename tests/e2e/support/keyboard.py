"""Somebody who has no mouse: goes on with Tab, presses with Enter and Space, and has to see where they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Error, Page

MAX_TAB_PRESSES = 60  # presses of Tab: whoever needs more has lost the way

# What has the focus: its name as it is read out, and whether one can see that it has it.
FOCUSED_ELEMENT_JS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const titles = (one.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id));
  const names = [...titles, ...(one.labels ?? []), one].map((named) => named?.textContent);
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  const inTheMiddle = document.elementFromPoint((box.left + box.right) / 2, (top + bottom) / 2);
  return {
    name: [one.getAttribute("aria-label"), ...names].filter(Boolean).join(" ").replace(/\\s+/g, " ").trim(),
    kind: one.type === "radio" ? "radio" : one.localName,
    ring: one.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: top < bottom && Boolean(inTheMiddle) && (one.contains(inTheMiddle) || inTheMiddle.contains(one)),
  };
}"""


@dataclass
class KeyboardUser:
    """One person at a page, by keys only."""

    page: Page

    async def focused_element(self) -> dict[str, Any] | None:
        """None while nothing has it, or while another page is on its way."""
        try:
            found: dict[str, Any] | None = await self.page.evaluate(FOCUSED_ELEMENT_JS)
        except Error:
            await self.page.wait_for_load_state()
            return None
        return found

    async def press_keys(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def tab_to(self, name: str, *, key: str = "Tab", kinds: Collection[str] = ()) -> None:
        """Press Tab until what is called so has the focus; wherever it stops on the way, one sees it."""
        passed = []
        for _ in range(MAX_TAB_PRESSES):
            await self.press_keys(key)
            at = await self.focused_element()
            if at is None:
                continue
            assert at["seen"], f"what has the focus is off the screen, or covered: {at}"
            assert at["ring"], f"the focus cannot be seen: {at}"
            passed.append(at["name"])
            if name in at["name"] and (not kinds or at["kind"] in kinds):
                return
        raise AssertionError(f"no key leads to {name!r}: {passed}")

    async def press_enter_on(self, name: str) -> None:
        """Go to it and press Enter."""
        await self.tab_to(name)
        await self.press_keys("Enter")

    async def choose_radio(self, name: str) -> None:
        """Go to the group of radio buttons that holds it, and on by arrows."""
        for _ in range(MAX_TAB_PRESSES):
            at = await self.focused_element()
            if at is not None and at["kind"] == "radio":
                break
            await self.press_keys("Tab")
        for _ in range(MAX_TAB_PRESSES):
            at = await self.focused_element()
            assert at is not None
            if name in at["name"]:
                await self.press_keys("Space")
                return
            await self.press_keys("ArrowDown")
        raise AssertionError(f"no arrow leads to {name!r}")

    async def type_into(self, field: str, text: str) -> None:
        """Go to the field and type."""
        await self.tab_to(field, kinds=("input", "textarea"))
        await self.page.keyboard.type(text)
