"""Steps of a citizen through the connection test, with fake devices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from office360.server.app import ROOT
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from ...precheck.support import forged_sound
from ...support.timeouts import PAGE_TIMEOUT_MS

START_BUTTON = "Empezar la prueba"
MAX_ATTEMPTS = 3  # on a shared machine, at least one test of three must get the processor time it needs

SLOW_FPS = 10  # half of a test's CPU is the picture, and few tests need its frame rate

SCRIPTS = ROOT / "static" / "precheck"
MEASURING_PART = "test_run.js"  # loaded at the start; its bundle holds the scripts below
# Durations of a test by script: 15 s of its 22 are for figures that tell lines apart, and for a person to read.
SHORTENED_DURATIONS = {
    "steps/camera.js": {"MIN_SAMPLES = 15": "MIN_SAMPLES = 5", "SHOW_RESULT_MS = 900": "SHOW_RESULT_MS = 0"},
    "steps/microphone.js": {"FINISH_SENTENCE_MS = 2_200": "FINISH_SENTENCE_MS = 600"},
    "steps/media.js": {
        "warmUpMs: 1_500, windowMs: 6_500, moreMs: 6_500": "warmUpMs: 200, windowMs: 1_500, moreMs: 0"
    },
    "throughput/probe_run.js": {
        "start_kbps: 100, most_kbps: Infinity": "start_kbps: 400, most_kbps: 2_500",
        "most_ms: Infinity": "most_ms: 2_000",
        "plateau_ms: [1_000, 1_500]": "plateau_ms: [250, 375]",
    },
}
# For a test that acts while media flow, which would be over too soon.
SHORTENED_BEFORE_MEDIA = ("steps/camera.js", "steps/microphone.js", "throughput/probe_run.js")

RETURNED_AUDIO_PACKETS_JS = """async () => {
  let packets = 0;
  (await document.querySelector("main").peerConnection.getStats()).forEach((report) => {
    if (report.type === "inbound-rtp" && report.kind === "audio") packets += report.packetsReceived;
  });
  return packets;
}"""
# Synchronous, for `wait_for_function`: it alone continues on the result page, which the page opens by itself.
PICTURE_RETURNED_OR_RESULT_SHOWN_JS = """() => document.querySelector(".said")
  || document.querySelector("[data-returned]")?.getVideoPlaybackQuality().totalVideoFrames >= 10"""
# All steps have ended, and the report waits on the device for the network.
ALL_STEPS_STORED_JS = """() => Object.keys(localStorage)
  .some((key) => key.startsWith("office360 test:") && JSON.parse(localStorage[key]).done)"""
STORE_OLD_TEST_JS = """() => localStorage.setItem("office360 test:old", JSON.stringify({
  id: "old", begunAt: Date.now() - 86_400_001, results: "/test/",
  appointment: null, pieces: {}, done: false, sent: false,
}))"""
NO_STORED_TEST_JS = """() => !Object.keys(localStorage).some((key) => key.startsWith("office360 test:"))"""
SHOWN_PICTURE_JS = """() => new Promise((resolve) => {
  const video = document.querySelector("[data-returned]");
  let shown = 0;
  const count = (now, frame) => {
    shown += 1;
    if (shown === 10) resolve({ shown, width: frame.width, height: frame.height });
    else video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback(count);
})"""


async def new_citizen_page(browser: Browser, url: str, **options: Any) -> Page:
    """Open a phone's page with its own cookies. Script errors fail the test."""
    context: BrowserContext = await browser.new_context(
        **{"viewport": {"width": 390, "height": 844}, "base_url": url, "locale": "es-ES", **options}
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    return await context.new_page()


async def shorten_durations(context: BrowserContext, *scripts: str) -> None:
    """Serve these scripts of the test, or all of them, with shorter durations.

    The part that measures is served as single modules, because its bundle has the durations minified.
    """
    measuring = (SCRIPTS / MEASURING_PART).read_text("utf-8")
    await context.route(f"**/precheck/{MEASURING_PART}", fulfil_script(measuring))
    for script in scripts or SHORTENED_DURATIONS:
        source = (SCRIPTS / script).read_text("utf-8")
        for written, short in SHORTENED_DURATIONS[script].items():
            assert source.count(written) == 1, (script, written)
            source = source.replace(written, short)
        await context.route(f"**/precheck/{script}", fulfil_script(source))


def fulfil_script(source: str) -> Callable[[Route], Awaitable[None]]:
    return lambda route: route.fulfill(body=source, content_type="text/javascript")


async def refuse_media(context: BrowserContext) -> None:
    """Refuse the media of each test, so that its last step ends at once, without figures."""
    await context.route(
        "**/api/v1/tests/*/offer", lambda route: route.fulfill(status=404, json={"code": "not_found"})
    )


async def start_test(page: Page, path: str = "/test") -> None:
    """Open the test and start it."""
    await page.goto(path)
    await page.get_by_role("button", name=START_BUTTON).click()


async def confirm_voice(page: Page) -> None:
    """Confirm that the recorded voice was heard."""
    await expect_step(page, "¿Te has oído?")
    await page.get_by_role("button", name="Sí, me oigo").click()


async def expect_step(page: Page, title: str) -> None:
    """Expect a step, or a waiting page, with this heading."""
    await expect(step_heading(page, title)).to_be_visible(timeout=PAGE_TIMEOUT_MS)


async def expect_advice(page: Page, words: str) -> None:
    """Expect this advice in the step."""
    await expect(page.locator("[data-notice=help]")).to_contain_text(words)


async def ignore_advice(page: Page, words: str) -> None:
    """Expect this advice in the step, and go on without following it."""
    await expect_advice(page, words)
    await page.get_by_role("button", name="Seguir así").click()


async def wait_until_measuring(page: Page) -> None:
    """Wait until media is being measured."""
    await expect_step(page, "Tu imagen va a la oficina y vuelve")


async def wait_for_verdict(page: Page) -> str:
    """Wait for the result page. Returns green, amber, red or unknown."""
    await expect(page.locator(".said")).to_be_visible(timeout=PAGE_TIMEOUT_MS)
    return await page.locator(".said").get_attribute("data-verdict") or ""


async def wait_for_returned_picture(page: Page) -> bool:
    """Wait for ten rendered frames. Returns False if the test ended without them."""
    await page.wait_for_function(PICTURE_RETURNED_OR_RESULT_SHOWN_JS, timeout=PAGE_TIMEOUT_MS)
    return urlsplit(page.url).path == "/test"


async def start_test_until_picture(page: Page) -> None:
    """Start the test until its picture returns: a busy machine may end it earlier."""
    for _attempt in range(MAX_ATTEMPTS):
        await start_test(page)
        await confirm_voice(page)
        await wait_until_measuring(page)
        if await wait_for_returned_picture(page):
            return
    raise AssertionError(f"no picture returned in {MAX_ATTEMPTS} tests")


async def wait_until_stored(page: Page, count: int = 1) -> None:
    """Wait until the browser has stored the addresses of `count` results."""
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while await page.evaluate("JSON.parse(localStorage.getItem('office360 tests'))?.length") != count:
            await asyncio.sleep(0.05)


async def shown_grades(page: Page) -> dict[str, str]:
    """Return the shown grade of each gate."""
    rows: list[tuple[str, str]] = await page.locator("tr[data-gate]").evaluate_all(
        "rows => rows.map((row) => [row.dataset.gate, row.querySelector('[data-verdict]').dataset.verdict])"
    )
    return dict(rows)


async def expect_check_result(page: Page, row: str, outcome: str) -> None:
    """Expect this outcome of a check in the list."""
    await expect(page.locator(f"[data-row={row}] [data-slot=outcome]")).to_have_text(outcome)


def step_heading(page: Page, name: str) -> Any:
    return page.get_by_role("heading", name=name, level=1)


class ForgedDevices:
    """Files behind the fake camera and microphone of a browser.

    Chromium opens them anew for each page that starts a device, so that all tests share a browser.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._microphone = folder / "microphone.wav"
        self._camera = folder / "camera.y4m"
        self._written_camera: tuple[str, int] | None = None
        self._is_nominal_voice = False

    @property
    def flags(self) -> list[str]:
        return [
            f"--use-file-for-fake-audio-capture={self._microphone}",
            f"--use-file-for-fake-video-capture={self._camera}",
        ]

    def set_good(self) -> None:
        """Forge a person who speaks, in a picture that moves."""
        self.set_camera("good")
        if not self._is_nominal_voice:
            self.set_voice(forged_sound.NOMINAL_DBFS)
            self._is_nominal_voice = True

    def set_voice(self, dbfs: float) -> None:
        self._is_nominal_voice = False
        forged_sound.write_voice(self._folder, dbfs).replace(self._microphone)

    def set_silence(self) -> None:
        self._is_nominal_voice = False
        forged_sound.write_silence(self._folder).replace(self._microphone)

    def set_camera(self, kind: str, fps: int = SLOW_FPS) -> None:
        """Forge the camera: good, black, dim or frozen."""
        if (kind, fps) != self._written_camera:
            write_video(self._folder, kind, fps).replace(self._camera)
            self._written_camera = (kind, fps)


def write_video(folder: Path, kind: str, fps: int) -> Path:
    """Write the input of a camera (YUV4MPEG2). Only the good and the dim picture move."""
    width, height = 640, 480
    rows = {
        "good": [bytes(60 + (x // 5 + 16 * shift) % 128 for x in range(width)) for shift in range(3)],
        "black": [bytes([16]) * width],
        "dim": [bytes(20 + (x // 8 + shift) % 6 for x in range(width)) for shift in range(3)],
        "frozen": [bytes(60 + x // 5 for x in range(width))],
    }[kind]
    path = folder / f"{kind}.y4m"
    frames = [b"FRAME\n" + row * height + bytes([128]) * (width * height // 2) for row in rows]
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420\n".encode() + b"".join(frames) * 3)
    return path
