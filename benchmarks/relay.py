"""Start of a call through a relay: `python benchmarks/relay.py`.

The real server, a real coturn on loopback and two pages in one real Chromium. Calls alternate between direct, UDP,
TCP and TLS, each path twenty times in one run, so that all meet the same machine. The pages use one path only:
relayed candidates of one relay, or no relay. `getStats` of both sides confirms the path of each call. After each,
two bare pages connect by the same path: the lower bound. Also shown: a packet's round trip between two relayed
addresses, without a browser.
"""

from __future__ import annotations

import asyncio
import ssl
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calls.bare_page import measure_bare_call, serve_bare_pages
from join_to_first_frame import (
    CALL_COUNT,
    JoinTimes,
    format_line,
    insert_current_appointment,
    measure_call,
    new_context,
    sign_in,
)
from office360.signaling.ice import TurnServers, ice_servers, parse_turn_uri
from office360.signaling.turn_check import measure_round_trip_ms
from office360.tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH, SELECTED_PATH_JS
from office360.tests.support.coturn import (
    COTURN_MISSING,
    TRANSPORTS,
    CoturnServer,
    is_coturn_installed,
    running_coturn,
)
from playwright.async_api import Page, async_playwright
from product import DemoProduct, run_demo

DIRECT_PATH = "directly"
PATHS = (DIRECT_PATH, *TRANSPORTS)
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


Calls = dict[str, list[tuple[JoinTimes, float]]]


async def measure(product: DemoProduct, coturn: CoturnServer) -> Calls:
    """Measure the calls of each path, each with the milliseconds of a bare one after it."""
    appointment_id, token = await insert_current_appointment(product)
    calls: Calls = {way: [] for way in PATHS}
    async with async_playwright() as playwright, serve_bare_pages() as bare_url:
        flags = [*CHROMIUM_FLAGS, coturn.chromium_flag]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=flags)
        phone, desk = await new_context(browser, product.url), await new_context(browser, product.url)
        for context in (phone, desk):
            await context.add_init_script(RESTRICT_NETWORK_JS)
        await sign_in(desk, product)
        citizen, agent = await phone.new_page(), await desk.new_page()
        await citizen.goto("/")
        await agent.goto("/staff/")
        for _ in range(CALL_COUNT):
            for way in PATHS:
                await _force_path(way, coturn, citizen, agent)
                measured = await measure_call(citizen, agent, appointment_id, token, _expect_path(way))
                bare_ms = await measure_bare_call(browser, bare_url, _bare_config(way, coturn))
                calls[way].append((measured, bare_ms))
        await browser.close()
    return calls


def _bare_config(way: str, coturn: CoturnServer) -> dict[str, object]:
    """Return the configuration of a bare page's peer connection."""
    if way == DIRECT_PATH:
        return {"iceServers": []}
    turn = TurnServers((coturn.uri(way),), coturn.secret)
    return {"iceServers": ice_servers(turn, datetime.now(UTC), timedelta(hours=1)), "iceTransportPolicy": "relay"}


async def _force_path(way: str, coturn: CoturnServer, *pages: Page) -> None:
    uri = "" if way == DIRECT_PATH else coturn.uri(way)
    for page in pages:
        await page.evaluate("(uri) => localStorage.setItem('way', uri)", uri)


def _expect_path(way: str) -> Callable[[Page, Page], Awaitable[None]]:
    """Build the check that a call used this path. It raises otherwise."""

    async def check(*pages: Page) -> None:
        for page in pages:
            path = await page.evaluate(SELECTED_PATH_JS)
            relayed = path["candidateType"] == "relay"
            if (path.get("relayProtocol") if relayed else DIRECT_PATH) != way:
                raise RuntimeError(f"asked to go {way}, and went {path}")

    return check


async def _measure_relay_round_trips(coturn: CoturnServer) -> dict[str, float]:
    """Measure the round trip between two relayed addresses in milliseconds."""
    (server,) = ice_servers(TurnServers(["-"], coturn.secret), datetime.now(UTC), timedelta(minutes=3))
    tls = ssl.create_default_context(cafile=str(coturn.authority))
    lower_bounds = {}
    for way in TRANSPORTS:
        trips = [await measure_round_trip_ms(parse_turn_uri(coturn.uri(way)), server, tls) for _ in range(5)]
        lower_bounds[way] = statistics.median(trips)
    return lower_bounds


def report_lines(calls: Calls, lower_bounds: dict[str, float]) -> list[str]:
    """Format the lines to print."""
    lines = [f"join to first frame by the way that media take, {CALL_COUNT} calls each, by turns"]
    for way, rounds in calls.items():
        both = [max(one.agent_sees, one.citizen_sees) for one, _ in rounds]
        bare = [bare_ms for _, bare_ms in rounds]
        lines.append(format_line(f"press on admit until both see a frame, {way}", both))
        lines.append(format_line(f"two bare pages, {way}", bare))
        lines.append(f"  ratio of the medians, {way}: {statistics.median(both) / statistics.median(bare):.2f}")
    trips = ", ".join(f"{way} {ms:.1f} ms" for way, ms in lower_bounds.items())
    return [*lines, f"  round trip (a packet there and back between two relayed addresses) {trips}"]


def main() -> None:
    if not is_coturn_installed():
        raise SystemExit(COTURN_MISSING)
    with tempfile.TemporaryDirectory() as folder, running_coturn(Path(folder)) as coturn:
        uris = ",".join(coturn.uri(transport) for transport in TRANSPORTS)
        with run_demo(turn_uris=uris, turn_secret=coturn.secret) as product:
            calls = asyncio.run(measure(product, coturn))
        print("\n".join(report_lines(calls, asyncio.run(_measure_relay_round_trips(coturn)))))


if __name__ == "__main__":
    main()
