"""A video call whose two sides can reach each other through the relay only: over UDP, over TCP, over TLS."""

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
from playwright.async_api import Browser, Page, async_playwright

from ..conftest import FakeClock, serving
from ..rooms.conftest import Booked
from ..support.chromium import CHROMIUM_FLAGS, CONNECTION, PATH
from ..support.coturn import TRANSPORTS, Coturn, Transport
from ..support.timeouts import PATIENCE_MS
from .support.video_call import Call, both_see_and_hear, phone_or_desk, sign_in, wait_for_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

# The network of somebody who reaches nobody directly; and what the page told its connections of the relay.
RELAY_ONLY = """
window.refused = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(config) {
    super({ ...config, iceTransportPolicy: "relay" });
    this.addEventListener("icecandidateerror", ({ errorCode }) => window.refused.push(errorCode));
  }
};
"""
# Credentials that are too old by now, in place of those with which the page was welcomed.
TOO_OLD = """
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
USERNAME = f"() => {CONNECTION}.getConfiguration().iceServers[0].username"


@pytest.fixture
def clock() -> FakeClock:
    """The present: the relay looks at the machine's own clock."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
async def booked(runtime: Runtime, office: Office, clock: FakeClock) -> Booked:
    """amina's appointment in five minutes, at whatever hour the tests run."""
    async with runtime.transaction() as tx:
        at = clock.now().replace(microsecond=0) + timedelta(minutes=5)
        asked = BookingRequest("certificate", "video", at, "Amina", "amina@example.org")
        made = await appointments.enter(tx, office, asked)
    return Booked(made, appointments.token_of(runtime, made))


@pytest.fixture
async def relay_browser(chromium_path: str, coturn: Coturn) -> AsyncIterator[Browser]:
    """A browser that trusts the relay's certificate."""
    flags = [*CHROMIUM_FLAGS, coturn.chromium_flag]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield browser
        await browser.close()


class Relayed:
    """Calls through the relay, to be begun with this or that in their browsers."""

    def __init__(self, settings: Settings, clock: FakeClock, booked: Booked, browser: Browser, coturn: Coturn):
        self._settings, self._clock, self._booked, self._browser = settings, clock, booked, browser
        self.coturn = coturn

    @asynccontextmanager
    async def call(self, transport: Transport, *scripts: str) -> AsyncIterator[Call]:
        """amina and boris in a call; `scripts` run in every page of theirs before its own."""
        turn = {"turn_uris": [self.coturn.uri(transport)], "turn_secret": self.coturn.secret}
        async with serving(self._settings.model_copy(update=turn), self._clock) as server:
            phone = await phone_or_desk(self._browser, 390, 844)
            desk = await phone_or_desk(self._browser, 1280, 800)
            for context in (phone, desk):
                for script in (RELAY_ONLY, *scripts):
                    await context.add_init_script(script)
            await sign_in(desk, server)
            call = Call(await phone.new_page(), await desk.new_page(), server, self._booked)
            await wait_for_each_other(call)
            await call.agent.get_by_role("button", name="Dejar entrar").click()
            await both_see_and_hear(call)
            yield call
            for context in (phone, desk):
                await context.close()


@pytest.fixture
def relayed(
    settings: Settings, clock: FakeClock, booked: Booked, relay_browser: Browser, coturn: Coturn
) -> Relayed:
    return Relayed(settings, clock, booked, relay_browser, coturn)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_call_goes_through_the_relay(relayed: Relayed, transport: Transport) -> None:
    async with relayed.call(transport) as call:
        for page in (call.citizen, call.agent):
            path = await page.evaluate(PATH)
            assert (path["candidateType"], path["relayProtocol"]) == ("relay", transport)
            assert await page.evaluate("window.refused") == []


async def test_another_path_is_looked_for_with_fresh_credentials(relayed: Relayed) -> None:
    async with relayed.call("udp") as call:
        citizen = call.citizen
        before, path = await citizen.evaluate(USERNAME), await citizen.evaluate(PATH)
        await citizen.evaluate("dispatchEvent(new Event('online'))")  # as after a change of network
        fresh = await _other_than(before, citizen, USERNAME)
        await _other_than(path["id"], citizen, f"async () => (await ({PATH})())?.id")
        assert (await citizen.evaluate(PATH))["candidateType"] == "relay"
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while f"username=<{fresh}>" not in relayed.coturn.log():
                await citizen.wait_for_timeout(50)
        await both_see_and_hear(call)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_credentials_that_are_too_old_are_replaced(relayed: Relayed, transport: Transport) -> None:
    turn = TurnServers([relayed.coturn.uri(transport)], relayed.coturn.secret)
    old = ice_servers(turn, datetime.now(UTC), timedelta(minutes=-1))
    async with relayed.call(transport, f"const OLD = {json.dumps(old)};{TOO_OLD}") as call:
        for page in (call.citizen, call.agent):
            assert 401 in await page.evaluate("window.refused")
            assert (await page.evaluate(PATH))["relayProtocol"] == transport


async def _other_than(known: str, page: Page, asked: str) -> str:
    """What the page answers as soon as it is something else."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while (answer := await page.evaluate(asked)) in (known, None):
            await page.wait_for_timeout(100)
    return str(answer)
