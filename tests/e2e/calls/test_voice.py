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
    BrowserCall,
    enter_lobby_and_room,
    expect_media_both_ways,
    expect_picture_and_sound,
    new_browser_context,
    sign_in_agent,
    wait_until_media,
)

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

# `window.narrow` makes 30 % of the heard voice concealed, and the sent picture limited by the line.
# `window.available_kbps` is the estimate of the line, `window.fps` the frame rate of the received picture.
FALSIFIED_LINE_JS = """
  const real = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function () {
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
VOICE_CODEC_JS = f"""() => {{
  const voice = {PEER_CONNECTION_JS}.getSenders().find((sender) => sender.track?.kind === "audio");
  return voice.getParameters().codecs[0].mimeType;
}}"""
STOPPED_MS = 12_000  # five seconds of broken voice, and the reports before


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


async def expect_frames_after(page: Page, frames: float) -> None:
    """Expect a further frame."""
    await wait_until_media(page, lambda seen: seen["frames"] > frames)


async def test_broken_voice_stops_picture_until_undone(
    app_server: AppServer, browser: Browser, booked: BookedVideoAppointment
) -> None:
    call = await begin_call(app_server, browser, booked)
    citizen, agent = call.citizen, call.agent
    for page in (citizen, agent):
        assert await page.evaluate(VOICE_CODEC_JS) == "audio/red"
    await set_narrow(call, True)
    await expect(citizen.locator("[data-sound-only]", has_text="Solo voz")).to_be_visible(timeout=STOPPED_MS)
    await expect(agent.get_by_text("Amina envía solo la voz")).to_be_visible(timeout=STOPPED_MS)
    await expect_frames_stop(agent)
    await citizen.get_by_role("button", name="Enviar la imagen otra vez").click()
    await expect(citizen.locator("[data-sound-only]", has_text="Solo voz")).to_be_hidden()
    await expect(agent.get_by_text("Amina envía solo la voz")).to_be_hidden()
    await expect_picture_and_sound(agent, await agent.evaluate(MEDIA_COUNTERS_JS))
    await citizen.wait_for_timeout(7_000)  # the voice is still broken, and the person wants the picture
    await expect(citizen.locator("[data-sound-only]", has_text="Solo voz")).to_be_hidden()
    async with app_server.runtime.read_session() as session:
        timeline = await load_call_timeline(session, booked.appointment.id)
    assert "sound_only" in [entry.kind for entry in timeline.entries]
    await agent.get_by_role("tab", name="Ficha", exact=True).click()
    await expect(agent.get_by_text("Amina: solo voz, para que se oyera bien").first).to_be_visible()
    for page in (citizen, agent):
        await page.context.close()


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


async def test_narrow_line_sends_plain_voice_and_still_picture(
    app_server: AppServer, browser: Browser, booked: BookedVideoAppointment
) -> None:
    """The estimate alone decides, before the first report of a broken voice."""
    call = await begin_call(app_server, browser, booked)
    citizen, agent = call.citizen, call.agent
    await citizen.evaluate("window.available_kbps = 90")
    await citizen.wait_for_function(f"() => !({PICTURE_JS})().moves", timeout=5_000)
    for page in (citizen, agent):
        await page.wait_for_function(f"() => ({VOICE_CODEC_JS})() === 'audio/opus'", timeout=10_000)
    assert (await agent.evaluate(PICTURE_JS))["moves"]  # its own line is wide
    before = await agent.evaluate(FRAMES_JS)
    await expect_frames_after(agent, before)
    await citizen.evaluate("window.available_kbps = 400")
    await citizen.wait_for_function(f"() => ({PICTURE_JS})().moves", timeout=5_000)
    for page in (citizen, agent):
        await page.wait_for_function(f"() => ({VOICE_CODEC_JS})() === 'audio/red'", timeout=20_000)
    for page in (citizen, agent):
        await page.context.close()


@pytest.mark.parametrize("booked", [("sign_language",)], indirect=True)
async def test_sign_language_keeps_whole_moving_picture(
    app_server: AppServer, browser: Browser, booked: BookedVideoAppointment
) -> None:
    call = await begin_call(app_server, browser, booked)
    pages = (call.citizen, call.agent)
    await set_narrow(call, True)
    await call.citizen.wait_for_timeout(STOPPED_MS)
    for page in pages:
        await expect(page.locator("[data-sound-only]")).to_be_hidden()
        await expect_picture_and_sound(page, await page.evaluate(MEDIA_COUNTERS_JS))
        picture = await page.evaluate(PICTURE_JS)
        assert picture == {"fit": "contain", "large": True, "preference": "maintain-framerate", "moves": True}
        await page.get_by_role("button", name="Más").click()
        await expect(page.get_by_role("button", name="Solo voz")).to_have_count(0)
        await page.keyboard.press("Escape")
    for page in pages:
        await page.context.close()


@pytest.mark.parametrize("booked", [("sign_language",)], indirect=True)
async def test_agent_is_warned_of_slow_signs(
    app_server: AppServer, browser: Browser, booked: BookedVideoAppointment
) -> None:
    call = await begin_call(app_server, browser, booked)
    citizen, agent = call.citizen, call.agent
    warning = agent.get_by_text("La imagen de Amina llega a 12 fotogramas por segundo")
    await agent.evaluate("window.fps = 12")
    await expect(warning).to_be_visible(timeout=STOPPED_MS)
    await agent.evaluate("window.fps = 28")
    await expect(agent.locator("[data-slow-signs]")).to_be_hidden(timeout=STOPPED_MS)
    await agent.evaluate("window.fps = 12")
    await expect(warning).to_be_visible(timeout=STOPPED_MS)
    await citizen.locator(".tools [data-switch='camera']").click()  # no picture is expected any more
    await expect(warning).to_be_hidden()
    for page in (citizen, agent):
        await page.context.close()
