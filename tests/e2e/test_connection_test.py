"""Connection test in a real browser: returned media, verdict, lost network, relays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from office360.core.clock import SystemClock
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.precheck.actions import connection_tests as precheck
from office360.server.settings import Settings
from playwright.async_api import Browser, Page, Request, expect

from ..conftest import TEST_SECRET, AppServer, FakeClock, serve_app
from ..rooms.support.video_appointments import AT, BookedVideoAppointment, book_video_appointment
from ..support.chromium import DENIED_DEVICES, NO_CAMERA, SharedBrowser
from ..support.coturn import TRANSPORTS, CoturnServer
from ..support.processes import start_process
from .support import connection_test
from .support.visual_check import VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e

# A network that allows only TLS: media by the relay, over TLS.
TLS_ONLY_JS = """
  const Real = RTCPeerConnection;
  globalThis.RTCPeerConnection = function (config) {
    const tls = (config.iceServers ?? []).map((server) => ({
      ...server, urls: [server.urls].flat().filter((url) => url.startsWith("turns:")),
    })).filter((server) => server.urls.length);
    const relayOnly = config.iceTransportPolicy === "relay";
    return new Real(relayOnly ? config : { ...config, iceServers: tls, iceTransportPolicy: "relay" });
  };
  globalThis.RTCPeerConnection.prototype = Real.prototype;
"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"tests_per_hour": 1_000})


@pytest.fixture(scope="session")
def forged_devices(tmp_path_factory: pytest.TempPathFactory) -> connection_test.ForgedDevices:
    return connection_test.ForgedDevices(tmp_path_factory.mktemp("devices"))


@pytest.fixture
def devices(forged_devices: connection_test.ForgedDevices) -> connection_test.ForgedDevices:
    """The devices of a person who speaks and moves.

    The sound of Chromium itself is a square wave, which is clipped.
    """
    forged_devices.set_good()
    return forged_devices


@pytest.fixture
def chromium_flags(devices: connection_test.ForgedDevices) -> list[str]:
    return devices.flags


@pytest.fixture
async def page(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    """The phone of amina, whose test has short durations."""
    page = await connection_test.new_citizen_page(browser, app_server.url)
    await connection_test.shorten_durations(page.context)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    await page.context.close()
    assert broken == []


@pytest.fixture
async def booked(runtime: Runtime, office: Office, clock: FakeClock) -> BookedVideoAppointment:
    """The video appointment of amina, in an hour and a half."""
    return await book_video_appointment(runtime, AT, "Amina")


async def test_good_network_gets_green_verdict(page: Page, devices: connection_test.ForgedDevices) -> None:
    devices.set_camera("good", fps=30)
    await page.context.unroute_all()  # whole durations
    await connection_test.start_test(page)
    await connection_test.confirm_voice(page)
    await connection_test.wait_until_measuring(page)
    assert await connection_test.wait_for_returned_picture(page)
    shown = await page.evaluate(connection_test.SHOWN_PICTURE_JS)
    assert (shown["width"], shown["height"]) == (640, 480)
    assert await page.evaluate(connection_test.RETURNED_AUDIO_PACKETS_JS) > 10
    await connection_test.wait_for_verdict(page)
    assert set((await connection_test.shown_grades(page)).values()) == {"green"}
    await connection_test.expect_step(page, "Tu videollamada irá bien.")


@pytest.mark.parametrize("chromium_flags", [[DENIED_DEVICES]])
async def test_denied_devices_are_explained_and_network_is_measured(page: Page) -> None:
    await connection_test.start_test(page)
    await connection_test.expect_advice(page, "El navegador no nos deja usar")
    await page.get_by_role("button", name="Probar otra vez").click()
    await connection_test.ignore_advice(page, "El navegador no nos deja usar")
    await page.get_by_role("button", name="Sí, las oigo").click()
    await connection_test.expect_step(page, "Una imagen de prueba va a la oficina y vuelve")
    await expect(page.locator("figcaption").first).to_have_text("Imagen de prueba")
    assert await connection_test.wait_for_verdict(page) == "red"
    found = await connection_test.shown_grades(page)
    assert (found["permissions"], found["path"], found["rtt_ms"], found["up_kbps"]) == ("red", *["green"] * 3)
    assert "unknown" not in (found["video"], found["loss_up_pct"], found["loss_down_pct"])


@pytest.mark.parametrize("chromium_flags", [[NO_CAMERA]])
async def test_missing_camera_is_explained_and_microphone_is_tested(page: Page) -> None:
    await connection_test.start_test(page)
    await connection_test.ignore_advice(page, "No encontramos")
    await connection_test.expect_check_result(
        page, "permissions", "Solo el micrófono"
    )  # the flag removes cameras only
    await connection_test.confirm_voice(page)
    assert await connection_test.wait_for_verdict(page) == "red"
    assert (await connection_test.shown_grades(page))["devices"] == "red"


async def test_skipped_voice_step_prevents_green_until_repeated(page: Page) -> None:
    await connection_test.start_test(page)
    await connection_test.expect_step(page, "Di «buenos días» en voz alta")
    await page.get_by_role("button", name="Repetir: Cámara").click()
    await connection_test.expect_step(page, "Mírate un momento")
    await connection_test.expect_step(page, "Di «buenos días» en voz alta")
    await page.get_by_role("button", name="Saltar este paso").click()
    await connection_test.expect_step(page, "¿Has oído tres notas?")
    await page.get_by_role("button", name="Saltar este paso").click()
    await connection_test.expect_check_result(page, "microphone", "Sin probar")
    assert await connection_test.wait_for_verdict(page) != "green"
    grades = await connection_test.shown_grades(page)
    assert grades["microphone_dbfs"] == "unknown"
    result = page.url
    await page.goto(f"/test?repeat=voice&with={result.rsplit('/', 1)[1]}")
    await connection_test.expect_step(page, "Repite el micrófono y el altavoz")
    await page.get_by_role("button", name=connection_test.START_BUTTON).click()
    await connection_test.confirm_voice(page)
    await page.wait_for_url(result)
    repeated = await connection_test.shown_grades(page)
    assert {name for name in grades if grades[name] != repeated[name]} == {
        "microphone_dbfs",
        "microphone_clipping_pct",
        "devices",
    }


async def test_test_continues_after_each_loss_of_the_network(page: Page) -> None:
    """Lose it before the measurement, which then begins, and during it; nothing is lost."""
    await page.context.unroute_all()
    await connection_test.shorten_durations(page.context, *connection_test.SHORTENED_BEFORE_MEDIA)
    await connection_test.start_test(page)
    await connection_test.expect_step(page, "¿Te has oído?")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Sí, me oigo").click()
    await connection_test.expect_step(page, "Sin conexión")
    await connection_test.expect_check_result(page, "socket", "Sin dato")
    await page.context.set_offline(False)
    await connection_test.wait_until_measuring(page)
    await connection_test.expect_check_result(page, "socket", "Al momento")

    if not await connection_test.wait_for_returned_picture(page):
        await connection_test.start_test_until_picture(page)
    await page.context.set_offline(True)
    await connection_test.expect_step(page, "Sin conexión")
    await connection_test.expect_check_result(page, "media", "Se cortó")
    eyes = VisualCheck()
    await eyes.check_page(page, "test offline")
    eyes.assert_no_flaws()
    await page.context.set_offline(False)
    assert await connection_test.wait_for_verdict(page) != "green"
    found = await connection_test.shown_grades(page)
    assert (found["microphone_dbfs"], found["camera_luma"], found["rtt_ms"]) == ("green",) * 3


async def test_killed_test_room_loses_no_measurements(
    database_url: str, office: Office, browser: Browser, tmp_path: Path
) -> None:
    environment = {
        "OFFICE360_DATABASE_URL": database_url,
        "OFFICE360_SECRET_KEY": TEST_SECRET,
        "OFFICE360_ENVIRONMENT": "development",
    }
    first = start_process(tmp_path, environment)
    second = None
    try:
        await first.wait_until_ready()
        page = await connection_test.new_citizen_page(browser, first.url)
        await connection_test.shorten_durations(page.context, *connection_test.SHORTENED_BEFORE_MEDIA)
        await connection_test.start_test_until_picture(page)
        first.kill()
        await connection_test.expect_step(page, "La sala de pruebas no responde")
        await connection_test.expect_check_result(page, "media", "Se cortó")
        second = start_process(tmp_path, environment, port=int(first.url.rsplit(":", 1)[1]))
        assert await connection_test.wait_for_verdict(page) != "green"
        found = await connection_test.shown_grades(page)
        assert (found["microphone_dbfs"], found["up_kbps"], found["rtt_ms"]) == ("green",) * 3
        await page.context.close()
    finally:
        for attempt in (first, second):
            if attempt is not None:
                attempt.ensure_ended()


async def test_each_relay_transport_is_tested(
    settings: Settings, clock: FakeClock, office: Office, shared_browser: SharedBrowser, coturn: CoturnServer
) -> None:
    clock.set(SystemClock().now())  # the relay uses the real clock
    uris = [coturn.uri(transport) for transport in TRANSPORTS]
    relayed = settings.model_copy(update={"turn_uris": uris, "turn_secret": coturn.secret})
    browser = await shared_browser.with_flags([coturn.chromium_flag])
    async with serve_app(relayed, clock) as server:
        page = await connection_test.new_citizen_page(browser, server.url)
        await connection_test.shorten_durations(page.context)
        await page.add_init_script(TLS_ONLY_JS)
        reports: list[Any] = []

        def keep_report(sent: Request) -> None:
            if sent.url.endswith("/report"):
                reports.append(sent.post_data_json)

        page.on("request", keep_report)
        await connection_test.start_test(page)
        await connection_test.confirm_voice(page)
        await connection_test.wait_until_measuring(page)
        await connection_test.expect_check_result(page, "paths", "Todas las rutas abiertas")
        assert await connection_test.wait_for_verdict(page) in {"amber", "red"}
        await expect(page.locator("[data-gate=path]")).to_contain_text("con un rodeo")
        ways = reports[-1]["measurements"]["ways"]
        assert set(ways) == {"udp", "tcp", "tls"}
        assert all({"rtt_ms", "jitter_ms", "loss_pct", "packets"} <= ways[way].keys() for way in ("udp", "tls"))
        await page.context.close()


async def test_dark_silent_devices_get_advice_and_pass_visual_check(
    app_server: AppServer, browser: Browser, devices: connection_test.ForgedDevices
) -> None:
    """Each step goes on after its advice."""
    devices.set_silence()
    devices.set_camera("black")
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await connection_test.shorten_durations(page.context)
        await page.goto("/test")
        await eyes.check_page(page, "test start")
        await page.get_by_role("button", name=connection_test.START_BUTTON).click()
        await connection_test.expect_advice(page, "Abre la tapa")
        await eyes.check_page(page, "test camera")
        await page.get_by_role("button", name="Seguir así").click()
        await connection_test.expect_advice(page, "Está silenciado. Actívalo")
        await eyes.check_page(page, "test microphone")
        await page.get_by_role("button", name="Seguir así").click()
        await connection_test.expect_step(page, "¿Has oído tres notas?")
        await page.get_by_role("button", name="No oigo nada").click()
        await eyes.check_page(page, "test speaker")
        await page.get_by_role("button", name="Sí, las oigo").click()
        await connection_test.wait_until_measuring(page)
        await eyes.check_page(page, "test media")
        assert await connection_test.wait_for_verdict(page) == "red"
        await connection_test.expect_step(page, "No te oímos.")
        await expect(page.locator(".path .fault")).to_contain_text("Tu dispositivo")
        grades = await connection_test.shown_grades(page)
        assert (grades["microphone_dbfs"], grades["camera_luma"]) == ("red", "amber")
        first = page.url
        await eyes.check_page(page, "test result")
        _test, token = await precheck.create_test(app_server.runtime, "room", None)
        await page.goto(f"/test/{token}?with={first.rsplit('/', 1)[1]}")
        await eyes.check_page(page, "test compared")
        await page.goto("/test/walk")
        await eyes.check_page(page, "walk start")
        await page.get_by_role("button", name="Empezar a caminar").click()
        await expect(page.locator("main")).to_have_attribute("data-step", "walking")
        await eyes.check_page(page, "walk")
        await page.get_by_role("button", name="Parar").click()
        await eyes.check_page(page, "walk end")
    eyes.assert_no_flaws()
