"""How fast a call recovers: `python -m office360.benchmarks.calls.recovery`, as root.

The real server on one side of an emulated network, with the agent's Chromium; on the other side the citizen's.
Each fault is made again and again during one call. Times are from the moment when the network, the server or the
page could be back, or, for a change of address and a closed page, from the fault itself. A frozen picture is a gap
of 600 ms between frames.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, Playwright, async_playwright

from ...appointments import service as appointments
from ...appointments.service import BookingRequest
from ...core.auth import StaffRole
from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...core.web.authentication import STAFF_COOKIE
from ...offices.service import office_by_slug
from ...server.lifespan import make_runtime
from ...server.migrations import migrate
from ...server.settings import Settings, load_settings
from ...staff.actions import accounts as staff
from ...tests.faults.support.tcp_proxy import TcpProxy, run_tcp_proxy
from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH
from ...tests.support.installation import to_environment
from ...tests.support.office_fixture import build_office
from ...tests.support.ports import free_port
from ...tests.support.processes import ServedProcess, start_process
from .network import HERE, THERE, THERE_LATER, EmulatedNetwork, LineQuality, emulated_network
from .recorded_pages import (
    RECORD_JS,
    longest_freeze_ms,
    lost_person_said_ms,
    now_ms,
    picture_back_ms,
    socket_back_ms,
    wait_flowing,
    wait_until,
)

SECRET = "a secret of these benchmarks in one piece and of no other place"
PASSWORD = "a password of this benchmark"
PAGE_TIMEOUT_MS = 30_000
USUAL = LineQuality(delay_ms=15)
DEAD = LineQuality(loss_pct=100)
NO_UDP = LineQuality(loss_pct=100, udp_only=True)
SHORT_HOLE_S, LONG_HOLE_S = 6, 20
CUT_S = 1.0
PAUSE_S = 3.0  # between faults, and before a page is asked whether it recovered

Figures = dict[str, float]


@dataclass
class FaultyCall:
    """Both pages of a call, and everything that can fail under it."""

    citizen: Page
    agent: Page
    network: EmulatedNetwork
    proxy: TcpProxy
    server: ServedProcess
    restart_server: Callable[[], ServedProcess]
    address: str = THERE

    @property
    def pages(self) -> tuple[Page, Page]:
        return self.citizen, self.agent

    async def wait_recovered(self, since_ms: float) -> None:
        for page in self.pages:
            await wait_flowing(page, since_ms)

    async def picture_back_ms(self, since_ms: float) -> float:
        """Return when the later of both pictures moved again for good."""
        await asyncio.sleep(PAUSE_S)
        await self.wait_recovered(since_ms)
        return max([await picture_back_ms(page, since_ms) for page in self.pages])

    async def longest_freeze_ms(self, since_ms: float) -> float:
        await self.wait_recovered(since_ms)
        return max([await longest_freeze_ms(page, since_ms) for page in self.pages])


# Faults


async def cut_socket(call: FaultyCall) -> Figures:
    cut_at = now_ms()
    call.proxy.cut()
    await asyncio.sleep(CUT_S)
    call.proxy.restore()
    restored_at = now_ms()
    return {
        "socket back": await socket_back_ms(call.citizen, restored_at),
        "picture frozen": await call.longest_freeze_ms(cut_at),
    }


async def kill_server(call: FaultyCall) -> Figures:
    killed_at = now_ms()
    call.server.kill()
    call.server = call.restart_server()
    await call.server.wait_until_ready()
    ready_at = now_ms()
    return {
        "socket back": max([await socket_back_ms(page, killed_at) + killed_at - ready_at for page in call.pages]),
        "picture frozen": await call.longest_freeze_ms(killed_at),
    }


async def _make_hole(call: FaultyCall, quality: LineQuality, seconds: float) -> float:
    call.network.set_quality(quality)
    await asyncio.sleep(seconds)
    call.network.set_quality(USUAL)
    return now_ms()


async def udp_hole(call: FaultyCall) -> Figures:
    return {"picture back": await call.picture_back_ms(await _make_hole(call, NO_UDP, SHORT_HOLE_S))}


async def network_hole(call: FaultyCall) -> Figures:
    ended_at = await _make_hole(call, DEAD, LONG_HOLE_S)
    return {
        "socket back": await socket_back_ms(call.citizen, ended_at - 1000 * LONG_HOLE_S) - 1000 * LONG_HOLE_S,
        "picture back": await call.picture_back_ms(ended_at),
    }


async def change_address(call: FaultyCall) -> Figures:
    changed_at = now_ms()
    old, call.address = call.address, THERE_LATER if call.address == THERE else THERE
    call.network.change_address(old, call.address)
    return {
        "socket back": await socket_back_ms(call.citizen, changed_at),
        "picture back": await call.picture_back_ms(changed_at),
    }


async def reload_page(call: FaultyCall) -> Figures:
    reloaded_at = now_ms()
    await call.citizen.reload(wait_until="commit")
    await wait_until(call.citizen, "frames", bool)
    first_frame = (await call.citizen.evaluate("window.notes.frames[0]")) - reloaded_at
    return {"picture back": max(first_frame, await call.picture_back_ms(reloaded_at))}


async def close_page(call: FaultyCall) -> Figures:
    """The citizen closes the tab; later opens the link again."""
    context, url = call.citizen.context, call.citizen.url
    closed_at = now_ms()
    await call.citizen.close()
    said = await lost_person_said_ms(call.agent, closed_at)
    return {"other side says who": said, "picture back": await _open_again(call, context.new_page, url)}


async def crash_page(call: FaultyCall) -> Figures:
    context, url = call.citizen.context, call.citizen.url
    inspector = await context.new_cdp_session(call.citizen)
    crashed_at = now_ms()
    with contextlib.suppress(Exception):  # the page cannot answer any more
        await asyncio.wait_for(inspector.send("Page.crash"), 1)
    said = await lost_person_said_ms(call.agent, crashed_at)
    crashed = call.citizen
    again = await _open_again(call, context.new_page, url)
    await crashed.close()
    return {"other side says who": said, "picture back": again}


async def _open_again(call: FaultyCall, new_page: Callable[[], Awaitable[Page]], url: str) -> float:
    """Open the link in a new tab. Return how long after the press both pictures moved."""
    call.citizen = await new_page()
    await call.citizen.goto(url)
    button = call.citizen.locator("[data-join] button:not([disabled])")
    await button.wait_for()
    await asyncio.sleep(1)  # the camera opens meanwhile
    pressed_at = now_ms()
    await button.click()
    await call.wait_recovered(pressed_at)
    first = [
        await page.evaluate("(at) => window.notes.frames.find((one) => one > at)", pressed_at)
        for page in call.pages
    ]
    return float(max(first) - pressed_at)


FAULTS: dict[str, Callable[[FaultyCall], Awaitable[Figures]]] = {
    "socket cut": cut_socket,
    "server killed": kill_server,
    f"UDP lost for {SHORT_HOLE_S} s": udp_hole,
    f"network lost for {LONG_HOLE_S} s": network_hole,
    "address changed": change_address,
    "page reloaded": reload_page,
    "tab closed": close_page,
    "tab crashed": crash_page,
}


# The call


@asynccontextmanager
async def measured_call(folder: Path, network: EmulatedNetwork) -> AsyncIterator[FaultyCall]:
    """Connect the citizen's browser over the network with the agent's, beside the server."""
    settings = load_settings(
        environment="development",
        secret_key=[SECRET],
        database_url=f"sqlite+aiosqlite:///{folder}/bench.db",
        public_url=f"http://{HERE}",
    )
    port = free_port()

    def serve() -> ServedProcess:
        command = ("-m", "office360.server.cli", "serve", "--host", HERE)
        started = start_process(folder, to_environment(settings), command, port)
        return ServedProcess(f"http://{HERE}:{port}", started.process, started.log)

    appointment_id, token, cookie = await prepare(settings)
    network.set_quality(USUAL)
    async with AsyncExitStack() as stack:
        server = serve()
        stack.callback(server.ensure_ended)
        await server.wait_until_ready()
        proxy = await stack.enter_async_context(run_tcp_proxy(server.url, HERE))
        citizen_url = f"http://{HERE}:{proxy.port}"
        playwright = await stack.enter_async_context(async_playwright())
        desk = await launch(playwright, CHROMIUM_PATH, server.url)
        phone = await launch(playwright, str(_wrapper(folder, network)), citizen_url)
        agent, citizen = await new_page(desk), await new_page(phone)
        await agent.context.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": server.url}])
        await citizen.goto(f"{citizen_url}/a/{token}/room")
        await citizen.locator("[data-join] button:not([disabled])").click()
        await agent.goto(f"{server.url}/staff/rooms/{appointment_id}")
        await agent.locator('[data-slot="after_button"]').click()
        await agent.locator("[data-do='admit']").click()
        call = FaultyCall(citizen, agent, network, proxy, server, serve)
        stack.callback(lambda: call.server.ensure_ended())
        await call.wait_recovered(0)
        yield call


async def prepare(settings: Settings) -> tuple[str, str, str]:
    """Make an office, an agent and an appointment. Return id, token and the agent's cookie."""
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        await migrate(runtime.db)
        await build_office(runtime)
        await staff.create_user(
            runtime, username="boris", name="Boris", role=StaffRole.AGENT, offices=["centro"], password=PASSWORD
        )
        cookie = await staff.login(runtime, "boris", PASSWORD, "192.0.2.7")
        async with runtime.transaction() as tx:
            office = await office_by_slug(tx.session, "centro")
            at = tx.now.replace(microsecond=0) + timedelta(minutes=5)
            asked = BookingRequest("certificate", "video", at, "Amina", "amina@example.org")
            made = await appointments.create_appointment(tx, office, asked)
        return made.id, appointments.appointment_token(runtime, made), cookie
    finally:
        await runtime.bus.close()
        await runtime.db.close()


def _wrapper(folder: Path, network: EmulatedNetwork) -> Path:
    """Write the program that starts Chromium on the person's device."""
    script = folder / "chromium-outside"
    script.write_text(f'#!/bin/sh\nexec {" ".join(network.outside)} {CHROMIUM_PATH} "$@"\n')
    script.chmod(0o755)
    return script


async def launch(playwright: Playwright, path: str, origin: str) -> Browser:
    """Launch a browser that gives this origin its camera, as it would to one with TLS."""
    flags = [*CHROMIUM_FLAGS, f"--unsafely-treat-insecure-origin-as-secure={origin}"]
    return await playwright.chromium.launch(executable_path=path, args=flags)


async def new_page(browser: Browser) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    await context.add_init_script(RECORD_JS)
    return await context.new_page()


# The run


async def measure(folder: Path, network: EmulatedNetwork, rounds: int, names: Sequence[str]) -> None:
    async with measured_call(folder, network) as call:
        for name in names:
            found: dict[str, list[float]] = {}
            for _ in range(rounds):
                await asyncio.sleep(PAUSE_S)
                try:
                    for figure, ms in (await FAULTS[name](call)).items():
                        found.setdefault(figure, []).append(ms)
                except TimeoutError:
                    print(f"{name}: not recovered in time", flush=True)
                    await call.citizen.reload()
                    await call.wait_recovered(now_ms())
            for figure, values in found.items():
                print(format_row(name, figure, values), flush=True)


def format_row(name: str, figure: str, values: list[float]) -> str:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle, last = statistics.median(ordered), ordered[-1]
    return f"{name:22} {figure:20} p50 {middle:7.0f}  p95 {p95:7.0f}  max {last:7.0f} ms  n {len(ordered)}"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--faults", nargs="*", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--namespace", default="calls", help="how the names of both namespaces begin")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.inside is not None:
        network = EmulatedNetwork(options.namespace, options.inside / "network.json")
        asyncio.run(measure(options.inside, network, options.rounds, options.faults))
        return
    with tempfile.TemporaryDirectory() as folder, emulated_network(options.namespace, Path(folder)) as network:
        again = [sys.executable, "-m", "office360.benchmarks.calls.recovery", "--inside", folder]
        chosen = ["--namespace", network.name, "--rounds", str(options.rounds), "--faults", *options.faults]
        sys.exit(subprocess.run([*network.inside, *again, *chosen]).returncode)


if __name__ == "__main__":
    main()
