"""Runs of the truth bench: one test by a browser, compared with its link or device."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH
from ...tests.support.coturn import (
    COTURN_MISSING,
    TRANSPORTS,
    CoturnServer,
    Transport,
    is_coturn_installed,
    running_coturn,
)
from ..calls.network import HERE, EmulatedNetwork, LineQuality
from ..installation import DemoProduct, run_demo
from . import pings
from .conditions import CLEAN, EmulatedLink, ForgedDevice
from .device_files import write_picture, write_sound
from .download import running_download
from .judgement import Judgement, TrueValues, judge_device, judge_link
from .pings import udp_echo
from .traffic import TrafficHistory
from .walk import Walk, WalkFailed, open_page, walk_test
from .websocket_filter import websocket_filter

GOOD = LineQuality()
FILTER_PORT = 18_080
MEDIA_WINDOW_S = 6.0  # the last part of the media step, in which the page measures loss
PING_TIMEOUT_S = 40.0
NETWORK_HEADROOM_S = 0.5  # until the copier has read a new quality
Condition = EmulatedLink | ForgedDevice


@dataclass
class Run:
    """A test of a condition, with everything that the table shows."""

    condition: Condition
    judgement: Judgement
    report: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)
    true: TrueValues = field(default_factory=TrueValues)
    seconds: float = 0.0
    load: float = 0.0  # the greater of the load averages (1 minute) before and after
    problem: str = ""


@contextmanager
def _served_product(paths: Sequence[Transport]) -> Iterator[tuple[DemoProduct, CoturnServer | None]]:
    """Serve the product with a relay by these paths, or without."""
    if not paths:
        with run_demo(host=HERE, tests_per_hour="1000") as product:
            yield product, None
        return
    if not is_coturn_installed():
        raise SystemExit(COTURN_MISSING)
    with tempfile.TemporaryDirectory() as folder, running_coturn(Path(folder), address=HERE) as coturn:
        uris = ",".join(coturn.uri(transport) for transport in paths)
        with run_demo(host=HERE, tests_per_hour="1000", turn_uris=uris, turn_secret=coturn.secret) as product:
            yield product, coturn


async def run_conditions(
    network: EmulatedNetwork, conditions: Sequence[Condition], runs: int, paths: Sequence[Transport] = TRANSPORTS
) -> AsyncIterator[Run]:
    """Test each condition, those with a relay first, and yield each run as it ends."""
    for relay in (True, False):
        chosen = [condition for condition in conditions if isinstance(condition, ForgedDevice) or condition.relay]
        if not relay:
            chosen = [condition for condition in conditions if condition not in chosen]
        if not chosen:
            continue
        with _served_product(paths if relay else ()) as (product, coturn), tempfile.TemporaryDirectory() as folder:
            async with async_playwright() as playwright:
                room = TestedRoom(network, product, coturn, playwright, Path(folder))
                for condition in chosen:
                    for _ in range(runs):
                        yield await room.run(condition)


@dataclass
class TestedRoom:
    """The product on one side of the network, and browsers on the other."""

    __test__ = False  # for pytest

    network: EmulatedNetwork
    product: DemoProduct
    coturn: CoturnServer | None
    playwright: Playwright
    folder: Path

    async def run(self, condition: Condition) -> Run:
        """Test a condition once. A test without a result is a run that is wrong in all."""
        load = os.getloadavg()[0]
        try:
            if isinstance(condition, EmulatedLink):
                run = await self._run_link(condition)
            else:
                run = await self._run_device(condition)
        except (WalkFailed, PlaywrightError, OSError, TimeoutError) as error:
            problem = str(error).splitlines()[0] if str(error) else type(error).__name__
            run = Run(condition, Judgement(False, False, ("no result",)), problem=problem)
        finally:
            self.network.set_quality(GOOD)
        run.load = max(load, os.getloadavg()[0])
        return run

    async def _run_device(self, device: ForgedDevice) -> Run:
        flags = [f"--use-file-for-fake-audio-capture={write_sound(device.sound, self.folder)}"]
        if device.picture:
            flags.append(f"--use-file-for-fake-video-capture={write_picture(device.picture, self.folder)}")
        async with self._browser([*flags, *device.flags]) as browser:
            page = await open_page(browser, self.product.url, device.script)
            self.network.set_quality(CLEAN)
            walk = await walk_test(page)
        report = self._read_report(walk.token)
        judged = judge_device(device, report)
        return Run(device, judged, report, walk.measured, seconds=walk.seconds)

    async def _run_link(self, link: EmulatedLink) -> Run:
        port = urlsplit(self.product.url).port or 80
        url = f"http://{HERE}:{FILTER_PORT}" if link.strips_websockets else self.product.url
        sound = f"--use-file-for-fake-audio-capture={write_sound('voice', self.folder)}"
        async with AsyncExitStack() as stack:
            browser = await stack.enter_async_context(self._browser([sound]))
            if link.strips_websockets:
                await stack.enter_async_context(websocket_filter(HERE, FILTER_PORT, port))
            page = await open_page(browser, url, "")  # over a good line: the test is the question, not its files
            ports = (port,) if link.only_http else ()
            self.network.set_quality(*(_with_ports(line, ports) for line in (link.up, link.down)))
            await asyncio.sleep(NETWORK_HEADROOM_S)
            if link.downloads:
                await stack.enter_async_context(running_download(HERE, self.network.outside))
            idle = await self._ping(link, port)
            walk = await walk_test(page)
        report = self._read_report(walk.token)
        true = self._true_values(link, walk, idle)
        judged = judge_link(link, true, report, walk.measured)
        return Run(link, judged, report, walk.measured, true, walk.seconds)

    @asynccontextmanager
    async def _browser(self, flags: Sequence[str]) -> AsyncIterator[Browser]:
        """Launch a Chromium on the person's side, with its own devices."""
        secure = ",".join((self.product.url, f"http://{HERE}:{FILTER_PORT}"))
        trusted = [f"--unsafely-treat-insecure-origin-as-secure={secure}"]
        if self.coturn:
            trusted.append(self.coturn.chromium_flag)
        browser = await self.playwright.chromium.launch(
            executable_path=self.network.outside_program(CHROMIUM_PATH), args=[*CHROMIUM_FLAGS, *flags, *trusted]
        )
        try:
            yield browser
        finally:
            await browser.close()

    async def _ping(self, link: EmulatedLink, port: int) -> dict[str, Any]:
        """Measure the link before the test: it has no other load then, except a download."""
        script = [*self.network.outside, sys.executable, pings.__file__]
        with udp_echo(HERE) as echo_port:
            way = ("tcp", HERE, str(port)) if link.up.blocks_udp else ("udp", HERE, str(echo_port))
            process = await asyncio.create_subprocess_exec(*script, *way, stdout=asyncio.subprocess.PIPE)
            try:
                async with asyncio.timeout(PING_TIMEOUT_S):
                    output, _ = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        found: dict[str, Any] = json.loads(output or "{}")
        return found

    def _true_values(self, link: EmulatedLink, walk: Walk, idle: Mapping[str, Any]) -> TrueValues:
        traffic = TrafficHistory.read(self.network.counts, walk.begun_at, walk.ended_at)
        begun_at, ended_at = walk.media_s
        media = traffic.between(max(begun_at, ended_at - MEDIA_WINDOW_S), ended_at)
        loss = {}
        for direction, line in (("up", link.up), ("down", link.down)):
            shares = [media.loss_pct(direction, overflow=True), traffic.loss_pct(direction, overflow=False)]
            if line.kbps:  # what does not fit varies with the rate at which the page sends
                shares.append(traffic.between(begun_at, ended_at).worst_loss_pct(direction, MEDIA_WINDOW_S))
            known = [share for share in shares if share is not None]
            if known and link.path == "udp":
                loss[direction] = (min(known), max(known))
        jitter = idle.get("jitter_ms")
        delays = [delay for delay in (idle.get("rtt_ms"), media.delay_ms()) if delay is not None]
        return TrueValues(
            rtt_ms=(min(delays), max(delays)) if delays else None,
            jitter_ms=(jitter[0], jitter[1]) if link.has_jitter and jitter else None,
            loss_pct=loss,
            peak_kbps={direction: traffic.peak_kbps(direction) for direction in ("up", "down")},
        )

    def _read_report(self, token: str) -> Mapping[str, Any]:
        with urllib.request.urlopen(f"{self.product.url}/api/v1/tests/{token}", timeout=10) as answer:
            report: Mapping[str, Any] = json.load(answer)
        return report


def _with_ports(line: LineQuality, ports: tuple[int, ...]) -> LineQuality:
    return LineQuality(**{**vars(line), "tcp_ports": ports})


def now_text() -> str:
    return time.strftime("%Y-%m-%d %H:%M")
