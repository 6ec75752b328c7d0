"""Chromium of tests and benchmarks: flags, launch, access to a page's peer connection.

The flags give a fake camera and microphone, and no network beyond this machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

CHROMIUM_PATH = os.environ.get("OFFICE360_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
# The same engine without windows, at two thirds of the CPU. It shows no notifications, installs no page and prints
# nothing: tests of those ask for the whole program by a mark.
SHELL_PATH = os.environ.get("OFFICE360_TEST_CHROMIUM") or shutil.which("chromium-headless-shell") or CHROMIUM_PATH
# The first two are renderers for the address bar, which a headless window does not show: 0.7 s of CPU a window.
# The others are disabled by Playwright, whose list this list replaces.
DISABLED_FEATURES = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
CAMERA_FLAG = "--use-fake-device-for-media-stream"
SLOW_CAMERA = f"{CAMERA_FLAG}=fps=10"  # saves a tenth of the CPU of a call
NO_CAMERA = f"{CAMERA_FLAG}=device-count=0"
DENIED_DEVICES = "--use-fake-ui-for-media-stream=deny"
SOUND_AFTER_PRESS = "--autoplay-policy=document-user-activation-required"  # the default
DOUBLED_TEXT = "--blink-settings=defaultFontSize=32"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--accept-lang=es-ES",  # pages are in the browser's language
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
    f"{CAMERA_FLAG}=fps=30",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]
# The shell ends a page that asks for it.
SHELL_FLAGS = [*CHROMIUM_FLAGS, "--disable-blink-features=OnDeviceWebSpeechAvailable"]

USES_OF_A_BROWSER = 40

PEER_CONNECTION_JS = "document.querySelector(`[data-module='rooms/room_page']`).peerConnection"
# The local candidate of a call's current path, as `getStats` describes it.
SELECTED_PATH_JS = f"""async () => {{
  const reports = new Map(await {PEER_CONNECTION_JS}.getStats());
  const transport = [...reports.values()].find((one) => one.type === "transport");
  const pair = reports.get(transport?.selectedCandidatePairId);
  return reports.get(pair?.localCandidateId);
}}"""
# Camera and microphone open only after `allowDevices()`, as for a person who answers the browser's question late.
DELAYED_DEVICES_JS = """
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const allowed = new Promise((allow) => (window.allowDevices = allow));
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    await allowed;
    return (window.openedDevices = await real(wanted));
  };
"""


@asynccontextmanager
async def launch_chromium(path: str, *flags: str) -> AsyncIterator[Browser]:
    """Launch a browser with CHROMIUM_FLAGS and these.

    Of two flags of the same name the last counts.
    """
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
        yield browser
        await browser.close()


class SharedBrowser:
    """A browser for test after test: each gets it without contexts.

    It is launched again for other flags, after a crash, and after many tests, because a browser grows.
    """

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None
        self._flags: Sequence[str] = ()
        self._is_whole = False
        self._uses = 0

    async def with_flags(self, flags: Sequence[str], *, whole: bool = False) -> Browser:
        """Return a browser with these flags. `whole`: with windows, else the shell."""
        browser, self._uses = self._browser, self._uses + 1
        is_same = self._flags == flags and self._is_whole == whole and self._uses <= USES_OF_A_BROWSER
        if browser and browser.is_connected() and is_same:
            return browser
        await self.close()
        self._browser = await self._playwright.chromium.launch(
            executable_path=CHROMIUM_PATH if whole else SHELL_PATH,
            args=[*(CHROMIUM_FLAGS if whole else SHELL_FLAGS), SLOW_CAMERA, *flags],
        )
        self._flags, self._is_whole, self._uses = list(flags), whole, 1
        return self._browser

    async def close_contexts(self) -> None:
        """Close what a test has left open."""
        if self._browser is not None and self._browser.is_connected():
            for context in self._browser.contexts:
                await context.close()

    async def close(self) -> None:
        if self._browser is not None:
            await self._browser.close()


@asynccontextmanager
async def open_shared_browser() -> AsyncIterator[SharedBrowser]:
    """Start the driver, and no browser yet."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        shared = SharedBrowser(playwright)
        yield shared
        await shared.close()
