"""How fast a call recovers: `python -m office360.benchmarks.calls.recovery`, as root.

The real server on one side of an emulated network, with the agent's Chromium; on the other side the citizen's.
All faults are made by turns, again and again, during one call. Times are from the moment when the network, the
server or the page could be back, or, for a change of address, a closed page and a lost camera, from the fault
itself. A frozen picture is a gap of 600 ms between frames.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from ...appointments import service as appointments
from ...appointments.service import BookingRequest
from ...core.auth import StaffRole
from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...core.web.authentication import STAFF_COOKIE
from ...offices.service import office_by_slug
from ...server.migrations import migrate
from ...server.runtime import make_runtime
from ...server.settings import Settings
from ...staff.actions import accounts as staff
from ...tests.faults.support.tcp_proxy import run_tcp_proxy
from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH
from ...tests.support.installation import to_environment
from ...tests.support.office_fixture import build_office
from ...tests.support.ports import free_port
from ...tests.support.processes import ServedProcess, start_process
from ..installation import benchmark_settings
from .faults import FAULTS, USUAL, FaultyCall
from .network import HERE, TUNNEL, EmulatedNetwork, run_inside
from .recorded_pages import RECORD_JS

PASSWORD = "a password of this benchmark"
PAGE_TIMEOUT_MS = 30_000
PAUSE_S = 3.0  # between faults
LONGEST_FAULT_S = 150  # a call that is not back by then is not coming back

Found = dict[tuple[str, str], list[float]]  # ms of each fault and figure


@asynccontextmanager
async def measured_call(folder: Path, network: EmulatedNetwork) -> AsyncIterator[FaultyCall]:
    """Connect the citizen's browser over the network with the agent's, beside the server."""
    settings = benchmark_settings(f"sqlite+aiosqlite:///{folder}/bench.db", public_url=f"http://{HERE}")
    port = free_port()

    def serve() -> ServedProcess:
        command = ("-m", "office360.server.cli", "serve", "--host", HERE)
        started = start_process(folder, to_environment(settings), command, port)
        return ServedProcess(f"http://{HERE}:{port}", started.process, started.log)

    print("starting the server and both browsers", flush=True)
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
        phone = await launch(playwright, str(network.outside_program(CHROMIUM_PATH)), citizen_url)
        agent, citizen = await new_page(desk), await new_page(phone)
        await agent.context.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": server.url}])
        call = FaultyCall(citizen, agent, network, proxy, server, serve)
        stack.callback(lambda: call.server.ensure_ended())
        await call.start(f"{citizen_url}/a/{token}/room", f"{server.url}/staff/rooms/{appointment_id}")
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


async def launch(playwright: Playwright, path: str, origin: str) -> Browser:
    """Launch a browser that gives this origin its camera, as it would to an origin with TLS."""
    flags = [*CHROMIUM_FLAGS, f"--unsafely-treat-insecure-origin-as-secure={origin}"]
    return await playwright.chromium.launch(executable_path=path, args=flags)


async def new_page(browser: Browser) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    await context.add_init_script(RECORD_JS)
    return await context.new_page()


async def measure(
    folder: Path, network: EmulatedNetwork, rounds: int, names: Sequence[str], minutes: float
) -> None:
    """Make the faults by turns, until their rounds or the time are over, and print the table."""
    ends_at = time.monotonic() + 60 * minutes
    found: Found = {}
    failures: list[str] = []
    async with measured_call(folder, network) as call:
        for name, number in _turns(names, rounds):
            if time.monotonic() > ends_at:
                print(f"the time is over before round {number} of {name}", flush=True)
                break
            failure = await _make_fault(call, name, number, found)
            if failure:
                failures.append(failure)
                await call.repair()
        print("\n".join(["", *map(format_row, found.items()), *failures]), flush=True)


def _turns(names: Sequence[str], rounds: int) -> list[tuple[str, int]]:
    """Return the faults in order: a round of each, then the next round.

    `rounds` 0: as many as each has.
    """
    each = {name: rounds or FAULTS[name].rounds for name in names}
    return [
        (name, number) for number in range(1, max(each.values()) + 1) for name in names if number <= each[name]
    ]


async def _make_fault(call: FaultyCall, name: str, number: int, found: Found) -> str | None:
    """Make a fault and note its figures. Return what failed, or None."""
    await asyncio.sleep(PAUSE_S)
    began = time.monotonic()
    try:
        async with asyncio.timeout(LONGEST_FAULT_S):
            figures = await FAULTS[name].make(call)
    except (TimeoutError, PlaywrightError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        failure = f"{name}, round {number}: FAILED ({reason}); {await call.describe()}"
        print(failure, flush=True)
        return failure
    for figure, ms in figures.items():
        found.setdefault((name, figure), []).append(ms)
    measured = ", ".join(f"{figure} {ms:.0f} ms" for figure, ms in figures.items())
    print(f"{name}, round {number}: {measured} (took {time.monotonic() - began:.0f} s)", flush=True)
    return None


def format_row(row: tuple[tuple[str, str], list[float]]) -> str:
    (name, figure), values = row
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle, last = statistics.median(ordered), ordered[-1]
    return f"{name:22} {figure:20} p50 {middle:7.0f}  p95 {p95:7.0f}  max {last:7.0f} ms  n {len(ordered)}"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=0, help="of each fault; without it, as many as fit")
    parser.add_argument("--minutes", type=float, default=12, help="after which no further fault is made")
    parser.add_argument("--faults", nargs="*", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--device", default=TUNNEL, help="name of the network device; Chromium ignores `tun`")
    parser.add_argument("--veth", action="store_true", help="a cable: for changes of address, not of quality")
    parser.add_argument("--namespace", default="calls", help="how the names of both namespaces begin")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.inside is not None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        network = EmulatedNetwork(given.namespace, given.inside, given.device)
        asyncio.run(measure(given.inside, network, given.rounds, given.faults, given.minutes))
        return
    chosen = ["--rounds", str(given.rounds), "--minutes", str(given.minutes), "--faults", *given.faults]
    chosen += ["--device", given.device]
    module = "office360.benchmarks.calls.recovery"
    sys.exit(run_inside(given.namespace, module, *chosen, device=given.device, veth=given.veth))


if __name__ == "__main__":
    main()
