"""A user with a keyboard only, for whom the focus must be visible."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Error, Page

MAX_TAB_PRESSES = 60  # a control that takes more is unreachable in practice

# The focused element: its accessible name, and whether its focus is visible.
FOCUSED_ELEMENT_JS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const titles = (one.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id));
  const own = one.localName === "ul" ? [] : [one]; // a list that scrolls has the name of its heading only
  const names = [...titles, ...(one.labels ?? []), ...own].map((named) => named?.textContent);
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
    """A user of a page, by keyboard only."""

    page: Page

    async def focused_element(self) -> dict[str, Any] | None:
        """Return the focused element; None without focus or during navigation."""
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
        """Press Tab until the named element has the focus. Each stop must show its focus."""
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
        """Focus the named element and press Enter."""
        await self.tab_to(name)
        await self.press_keys("Enter")

    async def choose_radio(self, name: str) -> None:
        """Focus the group of the radio button, then choose it with the arrow keys."""
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
        """Focus the field and type."""
        await self.tab_to(field, kinds=("input", "textarea"))
        await self.page.keyboard.type(text)
