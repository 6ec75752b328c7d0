"""Video calls that connect through the relay only: over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import BookingRequest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.signaling.ice import TurnServers, ice_servers
from playwright.async_api import Browser, Page

from ..conftest import FakeClock, serve_app
from ..rooms.support.video_appointments import BookedVideoAppointment
from ..support.chromium import PEER_CONNECTION_JS, SELECTED_PATH_JS
from ..support.coturn import CoturnServer, Transport
from ..support.timeouts import PAGE_TIMEOUT_MS
from .support.video_call import (
    BrowserCall,
    enter_lobby_and_room,
    expect_media_both_ways,
    new_browser_context,
    sign_in_agent,
)

pytestmark = pytest.mark.e2e

# Allows relayed candidates only, and records the ICE servers of each connection.
RELAY_ONLY_JS = """
window.refused = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(config) {
    super({ ...config, iceTransportPolicy: "relay" });
    this.addEventListener("icecandidateerror", ({ errorCode }) => window.refused.push(errorCode));
  }
};
"""
# Replaces the first relay credentials by expired credentials.
EXPIRED_CREDENTIALS_JS = """
const Relayed = RTCPeerConnection;
let welcomed;
window.RTCPeerConnection = class extends Relayed {
  constructor(config) {
    const [server] = config.iceServers;
    welcomed ??= server.username;
    super(server.username === welcomed ? { ...config, iceServers: OLD } : config);
  }
};
"""
# As a change of network does, when the credentials are older than a minute.
CHANGE_NETWORK_LATER_JS = """() => {
  const now = Date.now.bind(Date);
  Date.now = () => now() + 61_000;
  dispatchEvent(new Event("online"));
}"""
TURN_USERNAME_JS = f"() => {PEER_CONNECTION_JS}.getConfiguration().iceServers[0].username"
# The current fragment of the ICE user name, once its candidates have a working pair. A browser may keep sending
# over an older pair while the older pair works, so the selected pair need not change.
CONNECTED_FRAGMENT_JS = f"""async () => {{
  const pc = {PEER_CONNECTION_JS};
  const fragment = pc.localDescription.sdp.match(/a=ice-ufrag:(\\S+)/)[1];
  const reports = [...(await pc.getStats()).values()];
  const local = new Set(reports.filter((one) => one.usernameFragment === fragment).map((one) => one.id));
  return reports.some((one) => one.state === "succeeded" && local.has(one.localCandidateId)) ? fragment : null;
}}"""


@pytest.fixture
def clock() -> FakeClock:
    """The current time, because the relay uses the machine's clock."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
async def booked(runtime: Runtime, office: Office, clock: FakeClock) -> BookedVideoAppointment:
    """The appointment of amina in five minutes, at any hour of the test run."""
    async with runtime.transaction() as tx:
        at = clock.now().replace(microsecond=0) + timedelta(minutes=5)
        asked = BookingRequest("certificate", "video", at, "Amina", "amina@example.org")
        made = await appointments.create_appointment(tx, office, asked)
    return BookedVideoAppointment(made, appointments.appointment_token(runtime, made))


@pytest.fixture
def chromium_flags(coturn: CoturnServer) -> list[str]:
    """Trust the certificate of the relay."""
    return [coturn.chromium_flag]


class RelayedCalls:
    """Starts calls through the relay."""

    def __init__(
        self,
        settings: Settings,
        clock: FakeClock,
        booked: BookedVideoAppointment,
        browser: Browser,
        coturn: CoturnServer,
    ):
        self._settings, self._clock, self._booked, self._browser = settings, clock, booked, browser
        self.coturn = coturn

    @asynccontextmanager
    async def start_call(self, transport: Transport, *scripts: str) -> AsyncIterator[BrowserCall]:
        """Start a call of amina and boris. `scripts` run in their pages before the pages' own."""
        turn = {"turn_uris": [self.coturn.uri(transport)], "turn_secret": self.coturn.secret}
        async with serve_app(self._settings.model_copy(update=turn), self._clock) as server:
            phone = await new_browser_context(self._browser, 390, 844)
            desk = await new_browser_context(self._browser, 1280, 800)
            for context in (phone, desk):
                for script in (RELAY_ONLY_JS, *scripts):
                    await context.add_init_script(script)
            await sign_in_agent(desk, server)
            call = BrowserCall(await phone.new_page(), await desk.new_page(), server, self._booked)
            await enter_lobby_and_room(call)
            await call.agent.get_by_role("button", name="Dejar entrar").click()
            await expect_media_both_ways(call)
            yield call
            for context in (phone, desk):
                await context.close()


@pytest.fixture
def relayed_calls(
    settings: Settings,
    clock: FakeClock,
    booked: BookedVideoAppointment,
    browser: Browser,
    coturn: CoturnServer,
) -> RelayedCalls:
    return RelayedCalls(settings, clock, booked, browser, coturn)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_expired_turn_credentials_are_replaced(relayed_calls: RelayedCalls, transport: Transport) -> None:
    turn = TurnServers([relayed_calls.coturn.uri(transport)], relayed_calls.coturn.secret)
    old = ice_servers(turn, datetime.now(UTC), timedelta(minutes=-1))
    async with relayed_calls.start_call(
        transport, f"const OLD = {json.dumps(old)};{EXPIRED_CREDENTIALS_JS}"
    ) as call:
        await _expect_relay(call, transport)
        for page in (call.citizen, call.agent):
            assert 401 in await page.evaluate("window.refused")


async def test_ice_restart_uses_fresh_credentials(relayed_calls: RelayedCalls) -> None:
    """A call over UDP uses the relay without a refusal, and its restart too."""
    async with relayed_calls.start_call("udp") as call:
        citizen = call.citizen
        await _expect_relay(call, "udp")
        for page in (citizen, call.agent):
            assert await page.evaluate("window.refused") == []
        username = await citizen.evaluate(TURN_USERNAME_JS)
        fragment = await citizen.evaluate(CONNECTED_FRAGMENT_JS)
        assert fragment
        await citizen.evaluate(CHANGE_NETWORK_LATER_JS)
        fresh = await _wait_for_change(username, citizen, TURN_USERNAME_JS)
        await _wait_for_change(fragment, citizen, CONNECTED_FRAGMENT_JS)
        assert (await citizen.evaluate(SELECTED_PATH_JS))["candidateType"] == "relay"
        async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
            while f"username=<{fresh}>" not in relayed_calls.coturn.log():
                await asyncio.sleep(0.05)
        await expect_media_both_ways(call)


async def _expect_relay(call: BrowserCall, transport: Transport) -> None:
    """Expect that both pages send over the relay, by this transport to it."""
    for page in (call.citizen, call.agent):
        path = await page.evaluate(SELECTED_PATH_JS)
        assert (path["candidateType"], path["relayProtocol"]) == ("relay", transport)


async def _wait_for_change(known: str, page: Page, asked: str) -> str:
    """Evaluate `asked` in the page until the answer differs from `known`. Returns it."""
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while (answer := await page.evaluate(asked)) in (known, None):
            await asyncio.sleep(0.1)
    return str(answer)
