"""Pages of a call that record their frames, sockets and messages about lost people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

RECORD_JS = """
const now = () => performance.timeOrigin + performance.now();
window.notes = { frames: [], welcomes: [], strips: [] };
const follow = (video) => video.requestVideoFrameCallback(() => {
  window.notes.frames.push(now());
  follow(video);
});
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    const video = node instanceof Element && node.matches(".tile") && node.querySelector("video");
    if (video) follow(video);
  }
}).observe(document, { childList: true, subtree: true });
window.WebSocket = class extends WebSocket {
  constructor(...address) {
    super(...address);
    this.addEventListener("message", ({ data }) => {
      if (data.includes('"type":"welcome"')) window.notes.welcomes.push(now());
    });
  }
};
setInterval(() => {
  const shown = [...document.querySelectorAll("[data-strip], .tile .none")].filter((one) => one.checkVisibility());
  const words = shown.map((one) => one.textContent.replace(/[0-9]+ s/, "")).join(" ");
  if (words !== (window.notes.strips.at(-1)?.[1] ?? "")) window.notes.strips.push([now(), words]);
}, 50);
"""
FLOWING_S = 1.5  # media count as back when frames have come that long
FREEZE_MS = 600  # a longer gap between frames is seen as a frozen picture
RECOVERY_TIMEOUT_S = 100.0


def now_ms() -> float:
    return time.time() * 1000


async def notes(page: Page, name: str) -> list[Any]:
    """Return the notes of the page since it was loaded; empty while it reloads."""
    try:
        noted: list[Any] = await page.evaluate(f"window.notes?.{name} ?? []")
    except PlaywrightError as error:
        if "navigation" not in str(error):
            raise
        return []
    return noted


async def wait_flowing(page: Page, since_ms: float) -> None:
    """Wait until frames come without a gap, not counting those before `since_ms`."""
    await wait_until(page, "frames", lambda frames: _flows([frame for frame in frames if frame > since_ms]))


def _flows(frames: list[float]) -> bool:
    recent = [frame for frame in frames if frame > now_ms() - 1000 * FLOWING_S]
    if not recent or recent[0] - (now_ms() - 1000 * FLOWING_S) > FREEZE_MS or now_ms() - recent[-1] > FREEZE_MS:
        return False
    return all(later - earlier < FREEZE_MS for earlier, later in pairwise(recent))


async def wait_until(page: Page, name: str, holds: Callable[[list[Any]], bool]) -> None:
    async with asyncio.timeout(RECOVERY_TIMEOUT_S):
        while not holds(await notes(page, name)):  # noqa: ASYNC110 - the page has no event for it
            await asyncio.sleep(0.1)


def freezes_after(frames: list[float], since_ms: float) -> list[tuple[float, float]]:
    """Return begin and end of each frozen picture that ended after a time."""
    return [(begin, end) for begin, end in pairwise(frames) if end - begin > FREEZE_MS and end > since_ms]


async def picture_back_ms(page: Page, since_ms: float) -> float:
    """Return how long after a time the picture moved for good; 0 if it never froze."""
    frames = await notes(page, "frames")
    freezes = freezes_after(frames, since_ms)
    back_at = freezes[-1][1] if freezes else since_ms
    moved_at: float = max(back_at, *frames[:1])
    return max(0.0, moved_at - since_ms)  # the first frame of a page that loaded itself again


async def longest_freeze_ms(page: Page, since_ms: float) -> float:
    frames = await notes(page, "frames")
    return max((end - begin for begin, end in freezes_after(frames, since_ms)), default=0.0)


async def longest_gap_ms(page: Page, since_ms: float) -> float:
    """Return the longest time between two frames, also if it is too short to be seen."""
    frames = await notes(page, "frames")
    return max((end - begin for begin, end in pairwise(frames) if end > since_ms), default=0.0)


async def socket_back_ms(page: Page, since_ms: float) -> float:
    """Wait until the room welcomes the page, and return how long after a time that was."""
    await wait_until(page, "welcomes", lambda times: any(at_ms > since_ms for at_ms in times))
    return float(next(note for note in await notes(page, "welcomes") if note > since_ms) - since_ms)


async def lost_person_said_ms(page: Page, since_ms: float) -> float:
    """Wait until the page says who is lost, and return how long after a time that was."""

    def said(strips: list[tuple[float, str]]) -> list[float]:
        return [at for at, words in strips if at > since_ms and "Amina ha " in words]

    await wait_until(page, "strips", lambda strips: bool(said(strips)))
    return said(await notes(page, "strips"))[0] - since_ms
