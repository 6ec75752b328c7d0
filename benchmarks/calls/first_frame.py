"""Time from a button to the first video frame.

`python -m office360.benchmarks.calls.first_frame`

The real server, two pages in one real Chromium with fake devices, and, if coturn is installed, a real relay on
loopback. The paths alternate in one run, so that all meet the same machine. `getStats` of both sides confirms the
path of each call. After each call two bare pages connect by the same path: the lower bound. Then both pages of a
call are loaded again at the same moment, and a call is stuck if one of them shows no frame within 15 s.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as PlaywrightError

from ...signaling.ice import TurnServers, ice_servers, parse_turn_uri
from ...signaling.turn_check import measure_round_trip_ms
from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH, SELECTED_PATH_JS
from ...tests.support.coturn import (
    COTURN_MISSING,
    TRANSPORTS,
    CoturnServer,
    Transport,
    is_coturn_installed,
    running_coturn,
)
from ..installation import DemoProduct, run_demo
from .bare_page import measure_bare_call, serve_bare_pages
from .demo_call import DemoCall, open_demo_call
from .faults import STATE_JS

Way = Transport | Literal["directly"]
DIRECTLY: Final = "directly"
PATHS: tuple[Way, ...] = (DIRECTLY, *TRANSPORTS)
TIMEOUT_MS = 15_000  # of a page; a call without a frame by then is stuck
READING_S = 1.0  # the agent reads who waits; their page prepares the connection meanwhile
# The page's storage holds the path, so that one page can use each path.
RESTRICT_NETWORK_JS = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(config) {
    const uri = localStorage.getItem("way");
    const iceServers = config.iceServers.map((one) => ({ ...one, urls: one.urls.filter((url) => url === uri) }));
    super(uri ? { ...config, iceServers, iceTransportPolicy: "relay" } : { ...config, iceServers: [] });
  }
};
"""


@dataclass(frozen=True)
class JoinTimes:
    """Milliseconds of the start of a call, and of a call between two bare pages."""

    seen_by_agent: float
    agent_sees: float
    citizen_sees: float
    bare: float

    @property
    def both_see(self) -> float:
        return max(self.agent_sees, self.citizen_sees)


class Starts:
    """Starts of calls in one browser, one after the other."""

    def __init__(self, call: DemoCall, browser: Browser, bare_url: str, coturn: CoturnServer | None) -> None:
        self._call = call
        self._browser = browser
        self._bare_url = bare_url
        self._coturn = coturn

    async def measure(self, way: Way) -> JoinTimes:
        call = self._call
        await self._force_path(way)
        await call.wait_in_lobby()
        await asyncio.sleep(READING_S)
        await call.admit()
        await self._check_path(way)
        theirs, ours = [await page.evaluate("window.notes") for page in call.pages]
        await call.leave()
        bare = await measure_bare_call(self._browser, self._bare_url, self._bare_config(way))
        return JoinTimes(
            seen_by_agent=ours["seen"] - theirs["pressed"],
            agent_sees=ours["frame"] - ours["pressed"],
            citizen_sees=theirs["frame"] - ours["pressed"],
            bare=bare,
        )

    async def count_stuck(self, times: int) -> int:
        """Load both pages of a call again, at the same moment. Return how many calls had no frame."""
        call, stuck = self._call, 0
        await self._force_path(DIRECTLY)
        await call.wait_in_lobby()
        await call.admit()
        for number in range(1, times + 1):
            await asyncio.gather(*(page.reload(wait_until="commit") for page in call.pages))
            try:
                await call.wait_frames()
            except PlaywrightError as error:
                stuck += 1
                print(f"  stuck at {number}: {await self._describe()}, {_first_line(error)}", flush=True)
            if number % 10 == 0:
                print(f"  {number} of {times} loaded at the same moment, {stuck} stuck", flush=True)
        await call.leave()
        return stuck

    async def _describe(self) -> str:
        return " / ".join([str(await page.evaluate(STATE_JS)) for page in self._call.pages])

    async def _force_path(self, way: Way) -> None:
        uri = self._coturn.uri(way) if way != DIRECTLY and self._coturn else ""
        for page, start in zip(self._call.pages, ("/", "/staff/desk"), strict=True):
            await page.goto(start)
            await page.evaluate("(uri) => localStorage.setItem('way', uri)", uri)

    async def _check_path(self, way: Way) -> None:
        for page in self._call.pages:
            path = await page.evaluate(SELECTED_PATH_JS)
            relayed = path["candidateType"] == "relay"
            if (path.get("relayProtocol") if relayed else DIRECTLY) != way:
                raise RuntimeError(f"asked to go {way}, and went {path}")

    def _bare_config(self, way: Way) -> dict[str, object]:
        """Return the configuration of a bare page's peer connection."""
        if way == DIRECTLY or self._coturn is None:
            return {"iceServers": []}
        turn = TurnServers((self._coturn.uri(way),), self._coturn.secret)
        servers = ice_servers(turn, datetime.now(UTC), timedelta(hours=1))
        return {"iceServers": servers, "iceTransportPolicy": "relay"}


async def measure(
    product: DemoProduct, coturn: CoturnServer | None, ways: Sequence[Way], calls: int, stuck: int
) -> None:
    flags = [*CHROMIUM_FLAGS, *([coturn.chromium_flag] if coturn else [])]
    async with async_playwright() as playwright, serve_bare_pages() as bare_url:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=flags)
        opened = open_demo_call(product, browser, browser, timeout_ms=TIMEOUT_MS, init_script=RESTRICT_NETWORK_JS)
        async with opened as call:
            starts = Starts(call, browser, bare_url, coturn)
            found: dict[Way, list[JoinTimes]] = {way: [] for way in ways}
            failed = 0
            for number in range(1, calls + 1):
                for way in ways:
                    try:
                        found[way].append(join := await starts.measure(way))
                        print(f"  {number} {way}: {join.both_see:.0f} ms, bare {join.bare:.0f} ms", flush=True)
                    except PlaywrightError as error:
                        failed += 1
                        print(f"  {number} {way}: failed, {_first_line(error)}", flush=True)
            for way, times in found.items():
                print("\n".join(report_lines(way, times)))
            print(f"calls without a frame: {failed} of {calls * len(ways)}", flush=True)
            if stuck:
                print(f"both sides at the same moment: {await starts.count_stuck(stuck)} of {stuck} stuck")
        await browser.close()
    if coturn:
        print(await _relay_round_trips(coturn, [way for way in ways if way != DIRECTLY]))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def report_lines(way: Way, times: list[JoinTimes]) -> list[str]:
    """Format the lines of a path."""
    if not times:
        return [f"{way}: no call"]
    both, bare = [join.both_see for join in times], [join.bare for join in times]
    return [
        f"first frame, {way}, {len(times)} calls",
        format_line("press on enter until the agent sees who waits", [join.seen_by_agent for join in times]),
        format_line("press on admit until the agent sees a frame", [join.agent_sees for join in times]),
        format_line("press on admit until the citizen sees a frame", [join.citizen_sees for join in times]),
        format_line("press on admit until both see a frame", both),
        format_line("lower bound: two bare pages", bare),
        f"  ratio of the medians {statistics.median(both) / statistics.median(bare):.2f} (target 1.3)",
    ]


def format_line(name: str, figures: list[float]) -> str:
    """Format median and range in milliseconds."""
    ordered = sorted(figures)
    return f"  {name}: median {statistics.median(ordered):.0f} ms ({ordered[0]:.0f} to {ordered[-1]:.0f})"


async def _relay_round_trips(coturn: CoturnServer, ways: Sequence[Transport]) -> str:
    """Measure the round trip between two relayed addresses, without a browser."""
    (server,) = ice_servers(TurnServers(["-"], coturn.secret), datetime.now(UTC), timedelta(minutes=3))
    tls = ssl.create_default_context(cafile=str(coturn.authority))
    found = []
    for way in ways:
        trips = [await measure_round_trip_ms(parse_turn_uri(coturn.uri(way)), server, tls) for _ in range(5)]
        found.append(f"{way} {statistics.median(trips):.1f} ms")
    return f"a packet there and back between two relayed addresses: {', '.join(found)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", nargs="+", choices=PATHS, default=[DIRECTLY, "udp"])
    parser.add_argument("--calls", type=int, default=20, help="of each path")
    parser.add_argument("--stuck", type=int, default=60, help="calls that both sides begin at the same moment")
    given = parser.parse_args()
    ways = given.paths
    if not is_coturn_installed():
        print(COTURN_MISSING)
        ways = [DIRECTLY]
    began = time.monotonic()
    with ExitStack() as stack:
        settings, coturn = {}, None
        if ways != [DIRECTLY]:
            coturn = stack.enter_context(running_coturn(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
            uris = ",".join(coturn.uri(transport) for transport in TRANSPORTS)
            settings = {"turn_uris": uris, "turn_secret": coturn.secret}
        product = stack.enter_context(run_demo(**settings))
        asyncio.run(measure(product, coturn, ways, given.calls, given.stuck))
    print(f"took {(time.monotonic() - began) / 60:.1f} min")


if __name__ == "__main__":
    main()
