"""Loads of a page and of its HTML alone on an emulated slow line and slow device.

Chromium delays each request by the latency and limits the rate. Sockets and WebRTC are not slowed down.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, CDPSession

from ...tests.e2e.support.page_loads import NOTE_ANSWER_JS
from .measured_product import MeasuredProduct

KBPS, LATENCY_MS, CPU_SLOWDOWN = 1_600, 150, 4
LINE = {
    "offline": False,
    "latency": LATENCY_MS,
    "downloadThroughput": KBPS * 1_000 / 8,
    "uploadThroughput": KBPS * 1_000 / 8,
}
PAGE_TIMEOUT_MS = 120_000  # tests of others may load the machine
PHONE = {"width": 390, "height": 844}
ANSWERS_JS = "() => window.answersAt && window.answersAt - performance.timeOrigin"
FIRST_PAINT_JS = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# Data of a script stay: they are HTML, and nothing is executed.
FILES_OF_PAGE = re.compile(
    r"<link\b[^>]*>|<style\b.*?</style>|<script\b(?![^>]*application/json)[^>]*>.*?</script>",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A request of a load, in ms from the beginning of the navigation."""

    path: str
    kind: str
    began_ms: float
    ended_ms: float
    kilobytes: float


@dataclass(slots=True)
class SlowLoad:
    """A load: its first contentful paint, when a press is answered, and the requests."""

    paint_ms: float
    answers_ms: float = 0.0
    files: list[LoadedFile] = field(default_factory=list)


class BarePages:
    """A server of pages without the files that they name."""

    def __init__(self) -> None:
        self._bodies: dict[str, tuple[bytes, bool]] = {}
        self.url = ""

    def add_page(self, name: str, html: str, *, compressed: bool) -> None:
        """Keep a page, compressed if the product's own answer is."""
        body = FILES_OF_PAGE.sub("", html).encode()
        self._bodies[name] = (gzip.compress(body) if compressed else body, compressed)

    async def answer(self, request: web.Request) -> web.Response:
        found = self._bodies.get(request.query.get("page", ""))
        if found is None:
            return web.Response(status=404)
        headers = {"Content-Encoding": "gzip"} if found[1] else {}
        return web.Response(body=found[0], content_type="text/html", charset="utf-8", headers=headers)


@asynccontextmanager
async def serve_bare_pages() -> AsyncIterator[BarePages]:
    pages = BarePages()
    app = web.Application()
    app.add_routes([web.get("/{path:.*}", pages.answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port, *_ = runner.addresses[0]
    pages.url = f"http://{host}:{port}/?page="
    try:
        yield pages
    finally:
        await runner.cleanup()


async def add_bare_page(browser: Browser, bare: BarePages, measured: MeasuredProduct, page: str) -> None:
    """Add the page of a product as `PRODUCT/PAGE`."""
    context = await browser.new_context()
    await context.add_cookies(measured.cookies(measured.product.url))  # type: ignore[arg-type]
    headers = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": "es-ES"}
    answer = await context.request.get(measured.product.url + measured.paths[page], headers=headers)
    is_compressed = "content-encoding" in answer.headers
    bare.add_page(f"{measured.name}/{page}", await answer.text(), compressed=is_compressed)
    await context.close()


async def load_slowly(browser: Browser, measured: MeasuredProduct, page: str) -> SlowLoad:
    """Load a page with an empty cache, until it answers a press."""
    context = await browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    await context.add_init_script(NOTE_ANSWER_JS)
    await context.add_cookies(measured.cookies(measured.product.url))  # type: ignore[arg-type]
    url = measured.product.url + measured.paths[page]
    loaded = await _load(context, url, waits_for=ANSWERS_JS)
    await context.close()
    return loaded


async def load_bare_slowly(browser: Browser, url: str) -> SlowLoad:
    """Load a page without files."""
    context = await browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    loaded = await _load(context, url, waits_for=FIRST_PAINT_JS)
    await context.close()
    return loaded


async def _load(context: BrowserContext, url: str, waits_for: str) -> SlowLoad:
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    files = await _record_files(session)
    await session.send("Network.emulateNetworkConditions", LINE)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    await page.goto(url, wait_until="commit")
    paint_ms = await (await page.wait_for_function(FIRST_PAINT_JS)).json_value()
    answers_ms = await (await page.wait_for_function(waits_for)).json_value()
    return SlowLoad(paint_ms, answers_ms, list(files.values()))


async def _record_files(session: CDPSession) -> dict[str, LoadedFile]:
    """Record each finished request of a page, by its id."""
    begun: dict[str, tuple[str, str, float]] = {}
    files: dict[str, LoadedFile] = {}
    start: list[float] = []  # of the navigation, in seconds

    def begin(event: dict[str, Any]) -> None:
        start.append(event["timestamp"])
        url, kind = event["request"]["url"], event.get("type", "Other")
        if not url.startswith("data:"):
            begun[event["requestId"]] = (url, kind, event["timestamp"])

    def finish(event: dict[str, Any]) -> None:
        if event["requestId"] in begun:
            url, kind, began = begun[event["requestId"]]
            begin_ms, end_ms = (1_000 * (seconds - start[0]) for seconds in (began, event["timestamp"]))
            kilobytes = event["encodedDataLength"] / 1_000
            files[event["requestId"]] = LoadedFile(url, kind, begin_ms, end_ms, kilobytes)

    session.on("Network.requestWillBeSent", begin)
    session.on("Network.loadingFinished", finish)
    await session.send("Network.enable")
    return files
