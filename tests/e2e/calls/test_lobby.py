"""Short test in the lobby, and lost devices in real browsers."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from ...support.chromium import PEER_CONNECTION_JS
from ..support.video_call import (
    MEDIA_COUNTERS_JS,
    BrowserCall,
    enter_lobby,
    enter_lobby_and_room,
    expect_media_both_ways,
    expect_new_media,
    expect_picture_and_sound,
)

pytestmark = pytest.mark.e2e

# A camera that can be unplugged, and a microphone with a steady tone that a telephone call can take.
PLUGGED_DEVICES_JS = """
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    if (video && window.unplugged) throw new DOMException("unplugged", "NotFoundError");
    if (audio && window.taken) throw new DOMException("taken by a telephone call", "NotReadableError");
    const stream = video ? await real({ video }) : new MediaStream();
    if (audio) {
      const context = new AudioContext();
      const [tone, out] = [context.createOscillator(), context.createMediaStreamDestination()];
      tone.connect(out);
      tone.start();
      window.tone = tone;
      const [track] = out.stream.getAudioTracks();
      track.getSettings = () => ({ deviceId: "tone" });
      stream.addTrack(track);
    }
    for (const track of stream.getTracks()) window[`${track.kind}Track`] = track;
    return stream;
  };
"""
UNPLUG_CAMERA_JS = """() => {
  window.unplugged = true;
  videoTrack.stop();
  videoTrack.dispatchEvent(new Event("ended"));
}"""
GIVE_BACK_JS = """() => {
  window.unplugged = window.taken = false;
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}"""
TAKE_MICROPHONE_JS = """() => {
  window.taken = true;
  Object.defineProperty(audioTrack, "muted", { get: () => true });
  audioTrack.dispatchEvent(new Event("mute"));
}"""

HIDE_PAGE_JS = """() => {
  Object.defineProperties(document, {
    hidden: { get: () => true, configurable: true },
    visibilityState: { get: () => "hidden", configurable: true },
  });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
SHOW_PAGE_JS = """() => {
  delete document.hidden;
  delete document.visibilityState;
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_lost_devices_are_told_to_both_and_recover(pages: BrowserCall) -> None:
    citizen, agent = pages.citizen, pages.agent
    await citizen.add_init_script(PLUGGED_DEVICES_JS)
    await enter_lobby_and_room(pages)
    await agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(pages)

    await citizen.evaluate(UNPLUG_CAMERA_JS)
    await expect(citizen.locator("[data-lost]")).to_contain_text("Tu cámara se ha parado")
    await expect(agent.locator("[data-lost]")).to_contain_text("La cámara de Amina se ha parado")
    since = await agent.evaluate(MEDIA_COUNTERS_JS)
    await citizen.evaluate(GIVE_BACK_JS)
    await expect(citizen.locator("[data-lost]")).to_contain_text("Tu cámara vuelve a funcionar")
    await expect(agent.locator("[data-lost]")).to_be_hidden()
    await expect_picture_and_sound(agent, since)

    await citizen.evaluate(TAKE_MICROPHONE_JS)
    await expect(agent.locator("[data-lost]")).to_contain_text("A Amina no se le oye")
    await citizen.evaluate(GIVE_BACK_JS)
    await expect(citizen.locator("[data-lost]")).to_contain_text("Se te vuelve a oír")
    await expect_new_media(agent)

    await citizen.locator(".tools [data-switch=microphone]").click()
    await expect(citizen.locator("[data-muted-talk]")).to_contain_text("Estás hablando con el micrófono apagado")
    await citizen.get_by_role("button", name="Encenderlo").click()
    await expect(citizen.locator("[data-muted-talk]")).to_be_hidden()
    await expect_new_media(agent)
    await expect_devices_back_from_the_background(pages)


async def expect_devices_back_from_the_background(call: BrowserCall) -> None:
    """As on iOS: a hidden page loses its camera; a telephone call leaves digital zero."""
    citizen, agent = call.citizen, call.agent
    await citizen.evaluate(HIDE_PAGE_JS)
    await citizen.evaluate('() => { videoTrack.stop(); videoTrack.dispatchEvent(new Event("ended")); }')
    await expect(agent.locator("[data-lost]")).to_contain_text("La cámara de Amina se ha parado")
    since = await agent.evaluate(MEDIA_COUNTERS_JS)
    await citizen.evaluate(SHOW_PAGE_JS)
    await expect(citizen.locator("[data-lost]")).to_contain_text("Tu cámara vuelve a funcionar")
    await expect_picture_and_sound(agent, since)

    await citizen.evaluate("tone.disconnect()")
    await citizen.evaluate(SHOW_PAGE_JS)
    await expect(citizen.locator("[data-lost]")).to_contain_text("Se te vuelve a oír")
    await expect_new_media(agent)


async def test_lobby_tests_connection_and_tells_the_agent(testing_pages: BrowserCall) -> None:
    await enter_lobby(testing_pages)
    await expect(testing_pages.citizen.locator(".eta")).to_have_text(
        "Te dejaremos entrar entre las 12:00 y las 12:15."
    )
    await expect(testing_pages.citizen.locator("[data-lobby-test] .verdict")).to_be_visible()
    await testing_pages.enter_as_agent()
    await expect(testing_pages.agent.locator("[data-guest-test]")).to_contain_text("Prueba de ahora")
    # Chromium's new estimate of a delay is no new network.
    await testing_pages.citizen.evaluate("navigator.connection.dispatchEvent(new Event('change'))")
    await testing_pages.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(testing_pages)
    for page in (
        testing_pages.citizen,
        testing_pages.agent,
    ):  # both start their picture at the rate that the test measured
        described = await page.evaluate(f"{PEER_CONNECTION_JS}.currentRemoteDescription.sdp")
        (rate,) = set(re.findall(r"x-google-start-bitrate=(\d+)", described))
        assert 150 <= int(rate) <= 1_500


async def test_admission_ends_the_short_test(testing_pages: BrowserCall) -> None:
    citizen = testing_pages.citizen
    await citizen.route("**/api/v1/tests/*/offer", lambda route: None)  # no answer: the test goes on
    async with citizen.expect_request(
        lambda request: request.method == "DELETE" and "/api/v1/tests/" in request.url
    ):
        await enter_lobby_and_room(testing_pages)
        await testing_pages.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(testing_pages)
    await testing_pages.agent.get_by_role("button", name="Más").first.click()
    await testing_pages.agent.get_by_role("button", name="Devolver a la sala de espera").click()
    await expect(citizen.locator("[data-lobby-test]")).to_be_hidden()
