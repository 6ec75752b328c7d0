"""Voice only in two real browsers, with falsified measurements of a narrow line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.queries.call_timelines import load_call_timeline
from playwright.async_api import Browser, Page, expect

from ...conftest import AppServer, FakeClock
from ...rooms.support.video_appointments import AT, BookedVideoAppointment, book_video_appointment
from ...support.chromium import PEER_CONNECTION_JS
from ..support.video_call import (
    MEDIA_COUNTERS_JS,
    POLLING_MS,
    BrowserCall,
    enter_lobby_and_room,
    expect_media_both_ways,
    expect_new_media,
    new_browser_context,
    sign_in_agent,
    wait_until_media,
)

pytestmark = pytest.mark.e2e

# `window.narrow` makes 30 % of the heard voice concealed, and the sent picture limited by the line.
# `window.available_kbps` is the estimate of the line, `window.fps` the frame rate of the received picture.
# `window.readings` counts how often the page has measured.
FALSIFIED_LINE_JS = """
  const real = RTCPeerConnection.prototype.getStats;
  window.readings = 0;
  RTCPeerConnection.prototype.getStats = async function () {
    window.readings += 1;
    const reports = await real.call(this);
    return new Map([...reports].map(([id, report]) => {
      const seen = { ...report };
      if (window.fps && seen.type === "inbound-rtp" && seen.kind === "video") {
        seen.framesDecoded = (window.fps * performance.now()) / 1_000;
      }
      const kbps = window.available_kbps ?? (window.narrow && 90);
      if (kbps && seen.type === "candidate-pair") seen.availableOutgoingBitrate = 1_000 * kbps;
      if (!window.narrow) return [id, seen];
      const played = seen.kind === "audio" ? seen.totalSamplesReceived : 0;
      if (played) seen.concealedSamples = 0.3 * played;
      if (seen.type === "outbound-rtp" && seen.kind === "video") seen.qualityLimitationReason = "bandwidth";
      return [id, seen];
    }));
  };
"""
FRAMES_JS = f"async () => (await ({MEDIA_COUNTERS_JS})()).frames"
DIRECTION_JS = f"""() => {{
  const senders = {PEER_CONNECTION_JS}.getTransceivers();
  return senders.find(({{ receiver }}) => receiver.track.kind === "video").currentDirection;
}}"""
VOICE_CODEC_JS = f"""() => {{
  const voice = {PEER_CONNECTION_JS}.getSenders().find((sender) => sender.track?.kind === "audio");
  return voice.getParameters().codecs[0].mimeType;
}}"""


@pytest.fixture
async def booked(
    runtime: Runtime, office: Office, clock: FakeClock, request: pytest.FixtureRequest
) -> BookedVideoAppointment:
    """The appointment of amina, five minutes before its time."""
    clock.set(AT - timedelta(days=5))  # an interpreter needs notice
    made = await book_video_appointment(runtime, AT, "Amina", needs=getattr(request, "param", ()))
    clock.set(AT - timedelta(minutes=5))
    return made


async def begin_call(server: AppServer, browser: Browser, booked: BookedVideoAppointment) -> BrowserCall:
    """Connect amina and boris in browsers with falsified measurements."""
    phone, desk = await new_browser_context(browser, 390, 844), await new_browser_context(browser, 1280, 800)
    await sign_in_agent(desk, server)
    for context in (phone, desk):
        await context.add_init_script(FALSIFIED_LINE_JS)
    call = BrowserCall(await phone.new_page(), await desk.new_page(), server, booked)
    await enter_lobby_and_room(call)
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)
    return call


async def set_narrow(call: BrowserCall, narrow: bool) -> None:
    for page in (call.citizen, call.agent):
        await page.evaluate("(narrow) => (window.narrow = narrow)", narrow)


async def expect_frames_stop(page: Page) -> None:
    """Expect two seconds without a new frame, in which the voice is played."""
    await page.wait_for_timeout(1_000)  # frames on their way
    before = await page.evaluate(MEDIA_COUNTERS_JS)
    await wait_until_media(page, lambda seen: seen["played_s"] > before["played_s"] + 2)
    assert await page.evaluate(FRAMES_JS) <= before["frames"] + 1


# The picture of the other person, and how this page sends its own.
PICTURE_JS = f"""() => {{
  const tile = document.querySelector(".tile");
  const sender = {PEER_CONNECTION_JS}.getSenders().find(({{ track }}) => track?.kind === "video");
  const {{ degradationPreference, encodings }} = sender.getParameters();
  const [{{ active, maxFramerate }}] = encodings;
  return {{
    fit: tile.dataset.fit,
    large: tile.hasAttribute("data-large"),
    preference: degradationPreference,
    moves: active && !maxFramerate,
  }};
}}"""


async def test_narrow_line_and_broken_voice_limit_the_picture(
    app_server: AppServer, browser: Browser, booked: BookedVideoAppointment
) -> None:
    call = await begin_call(app_server, browser, booked)
    for page in (call.citizen, call.agent):
        assert await page.evaluate(VOICE_CODEC_JS) == "audio/red"
    await expect_voice_alone_on_narrow_line(call)
    await expect_broken_voice_to_stop_picture(call)
    for page in (call.citizen, call.agent):
        await page.context.close()


async def expect_voice_alone_on_narrow_line(call: BrowserCall) -> None:
    """The estimate alone decides, before the first report of a broken voice."""
    citizen, agent = call.citizen, call.agent
    await citizen.evaluate("window.available_kbps = 90")
    await citizen.wait_for_function(f"() => !({PICTURE_JS})().moves", polling=POLLING_MS)
    for page in (citizen, agent):
        await page.wait_for_function(f"() => ({VOICE_CODEC_JS})() === 'audio/opus'", polling=POLLING_MS)
    await citizen.wait_for_function(f"() => ({DIRECTION_JS})() === 'recvonly'", polling=POLLING_MS)
    assert (await agent.evaluate(PICTURE_JS))["moves"]  # its own line is wide
    await expect(agent.locator("[data-why='other_slow']")).to_contain_text(
        "La conexión de la otra parte va lenta."
    )
    await citizen.evaluate("window.available_kbps = 700")
    await citizen.wait_for_function(f"() => ({PICTURE_JS})().moves", polling=POLLING_MS)
    await expect_new_media(agent)
    for page in (citizen, agent):
        await page.wait_for_function(f"() => ({VOICE_CODEC_JS})() === 'audio/red'", polling=POLLING_MS)
    await citizen.evaluate("delete window.available_kbps")


async def expect_broken_voice_to_stop_picture(call: BrowserCall) -> None:
    """Expect the picture to stop until the person wants it back."""
    citizen, agent = call.citizen, call.agent
    begun = await citizen.evaluate("window.readings")
    await set_narrow(call, True)
    await expect(citizen.locator("[data-sound-only]", has_text="Solo voz")).to_be_visible()
    stopped = await citizen.evaluate("window.readings")
    await expect(agent.get_by_text("Amina envía solo la voz")).to_be_visible()
    await expect_frames_stop(agent)
    await citizen.get_by_role("button", name="Enviar la imagen otra vez").click()
    await expect(citizen.locator("[data-sound-only]", has_text="Solo voz")).to_be_hidden()
    await expect(agent.get_by_text("Amina envía solo la voz")).to_be_hidden()
    await expect_new_media(agent)
    # the voice is still broken as long as before, and the person wants the picture
    wanted = await citizen.evaluate("window.readings")
    await citizen.wait_for_function(
        "(count) => window.readings > count", arg=wanted + stopped - begun, polling=POLLING_MS
    )
    await expect(citizen.locator("[data-sound-only]", has_text="Solo voz")).to_be_hidden()
    async with call.server.runtime.read_session() as session:
        timeline = await load_call_timeline(session, call.booking.appointment.id)
    assert "sound_only" in [entry.kind for entry in timeline.entries]
    await agent.get_by_role("tab", name="Ficha", exact=True).click()
    await expect(agent.get_by_text("Amina: solo voz, para que se oyera bien").first).to_be_visible()


@pytest.mark.parametrize("booked", [("sign_language",)], indirect=True)
async def test_sign_language_keeps_moving_picture_and_warns(
    app_server: AppServer, browser: Browser, booked: BookedVideoAppointment
) -> None:
    """A broken voice stops no picture of signs, and the agent is warned of a slow picture."""
    call = await begin_call(app_server, browser, booked)
    citizen, agent = call.citizen, call.agent
    warning = agent.get_by_text("La imagen de Amina llega a 12 fotogramas por segundo")
    await set_narrow(call, True)
    await agent.evaluate("window.fps = 12")
    await expect(warning).to_be_visible()  # after as many samples as stop the picture of another call
    await agent.evaluate("window.fps = 28")
    await expect(agent.locator("[data-slow-signs]")).to_be_hidden()
    await agent.evaluate("window.fps = 0")
    for page in (citizen, agent):
        await expect(page.locator("[data-sound-only]")).to_be_hidden()
        await expect_new_media(page)
        picture = await page.evaluate(PICTURE_JS)
        assert picture == {"fit": "contain", "large": True, "preference": "maintain-framerate", "moves": True}
        await page.get_by_role("button", name="Más").click()
        await expect(page.get_by_role("button", name="Solo voz")).to_have_count(0)
        await page.keyboard.press("Escape")
    await agent.evaluate("window.fps = 12")
    await expect(warning).to_be_visible()
    await citizen.locator(".tools [data-switch='camera']").click()  # no picture is expected any more
    await expect(warning).to_be_hidden()
    for page in (citizen, agent):
        await page.context.close()
