"""Connection test in a real browser, without media: devices, walk, stored reports."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import aiohttp
import pytest
from office360.offices.service import Office
from office360.precheck.actions import connection_tests as precheck
from office360.precheck.domain.report import ConnectionTestSummary
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.server.settings import Settings
from playwright.async_api import Browser, Page, expect

from ..conftest import AppServer, FakeClock, serve_app
from ..precheck.support.detailed_test import DETAILED
from ..rooms.support.video_appointments import AT, BookedVideoAppointment
from ..support.timeouts import PAGE_TIMEOUT_MS
from .support import connection_test
from .test_connection_test import booked, chromium_flags, devices, forged_devices, page, settings

__all__ = ["booked", "chromium_flags", "devices", "forged_devices", "page", "settings"]

pytestmark = pytest.mark.e2e

CONNECTION_PATH_JS = """async (isToldByTransport) => {
  const modules = document.querySelector("script[src*='/core/module_loader.js']").src;
  const { makeStatsReader } = await import(new URL("media/webrtc_stats.js", modules).href);
  const pair = { type: "candidate-pair", id: "P", localCandidateId: "C", currentRoundTripTime: 0.007 };
  const reports = [
    { ...pair, id: "Q", localCandidateId: "D", state: "succeeded", nominated: false },
    isToldByTransport ? { ...pair, state: "in-progress" } : { ...pair, state: "succeeded", nominated: true },
    { type: "local-candidate", id: "C", protocol: "udp" },
    { type: "local-candidate", id: "D", protocol: "tcp" },
    { type: "transport", id: "T", selectedCandidatePairId: isToldByTransport ? "P" : undefined },
  ];
  const look = makeStatsReader();
  const { path, rtt_ms } = await look({ getStats: async () => new Map(reports.map((one) => [one.id, one])) });
  return { path, rtt_ms };
}"""
ALLOW_DEVICES_LATE_JS = """async () => {
  const modules = document.querySelector("script[src*='/core/module_loader.js']").src;
  const { Devices } = await import(new URL("media/media_devices.js", modules).href);
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let allow, tracks;
  const allowed = new Promise((yes) => (allow = yes));
  navigator.mediaDevices.getUserMedia = async (wish) => {
    await allowed;
    const stream = await real(wish);
    tracks = stream.getTracks();
    return stream;
  };
  const devices = new Devices();
  const started = devices.start();
  devices.stop();
  allow();
  await started;
  return tracks.map((track) => track.readyState);
}"""


async def test_path_is_taken_from_candidate_pair_in_use(page: Page) -> None:
    await page.goto("/")
    for is_told_by_transport in (True, False):
        found = await page.evaluate(CONNECTION_PATH_JS, is_told_by_transport)
        assert found == {"path": "udp", "rtt_ms": 7}, is_told_by_transport


async def test_devices_allowed_too_late_are_stopped(page: Page) -> None:
    await page.goto("/")
    assert await page.evaluate(ALLOW_DEVICES_LATE_JS) == ["ended", "ended"]


async def test_microphone_is_graded_before_processing(
    app_server: AppServer, browser: Browser, devices: connection_test.ForgedDevices
) -> None:
    for dbfs, outcome in ((-60, "Muy bajo"), (-46, "Te oímos bien"), (0, "Se oye distorsionado")):
        devices.set_voice(dbfs)
        page = await connection_test.new_citizen_page(browser, app_server.url)
        await connection_test.shorten_durations(page.context, "steps/camera.js")
        await connection_test.start_test(page)
        if dbfs < -50:
            await connection_test.ignore_advice(page, "Acerca el micrófono")
        await connection_test.expect_check_result(page, "microphone", outcome)
        await connection_test.expect_step(page, "¿Te has oído?")  # the recording is there
        await page.context.close()


async def test_dim_and_frozen_cameras_are_told_apart(
    app_server: AppServer, browser: Browser, devices: connection_test.ForgedDevices
) -> None:
    for kind, advice in (("dim", "Enciende una luz"), ("frozen", "Cierra los programas")):
        devices.set_camera(kind)
        page = await connection_test.new_citizen_page(browser, app_server.url)
        await connection_test.start_test(page)
        await connection_test.expect_advice(page, advice)
        await page.context.close()


async def test_walk_says_whether_a_spot_is_good(page: Page) -> None:
    await page.goto("/test")
    await page.get_by_role("link", name="Busca el mejor sitio").click()
    await page.get_by_role("button", name="Empezar a caminar").click()
    await expect(page.locator("main")).to_have_attribute("data-verdict", "green", timeout=PAGE_TIMEOUT_MS)
    await expect(page.get_by_role("status").filter(has_text="Buen sitio")).to_be_attached()
    await expect(page.locator("[data-slot=best]")).to_contain_text("Lo mejor hasta ahora", timeout=PAGE_TIMEOUT_MS)
    await page.evaluate("RTCDataChannel.prototype.send = () => undefined")  # a spot where nothing gets through
    await expect(page.locator("main")).to_have_attribute("data-verdict", "red", timeout=PAGE_TIMEOUT_MS)
    await page.get_by_role("button", name="Activar el tono").click()
    await page.get_by_role("button", name="Parar").click()
    await expect(page.locator(".word")).to_have_text("Hay un buen sitio")
    await expect(page.locator(".word")).to_be_focused()


async def test_busy_camera_and_lost_sound_do_not_stop_the_test(page: Page) -> None:
    await page.add_init_script("""
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wish) =>
        wish.video ? Promise.reject(new DOMException("in use", "NotReadableError")) : real(wish);
    """)
    await connection_test.start_test(page)
    await connection_test.ignore_advice(page, "Otro programa está usando la cámara")
    await connection_test.expect_step(page, "¿Te has oído?")
    await page.get_by_role("button", name="No oigo nada").click()
    await connection_test.ignore_advice(page, "Sube el volumen")
    await connection_test.expect_check_result(page, "speaker", "No se oye")
    await connection_test.expect_check_result(page, "microphone", "Te oímos bien")
    await connection_test.expect_check_result(page, "camera", "Sin imagen")


async def test_test_result_is_shown_on_appointment_and_in_room(
    app_server: AppServer, page: Page, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    await connection_test.refuse_media(page.context)
    await page.goto(f"/a/{booked.token}")
    await page.get_by_role("link", name="Probar mi conexión").click()
    await page.get_by_role("button", name=connection_test.START_BUTTON).click()
    await connection_test.confirm_voice(page)
    verdict = await connection_test.wait_for_verdict(page)
    code = await page.locator(".spoken").inner_text()
    assert page.url.endswith(f"/a/{booked.token}/test/{code}")
    await page.goto(f"/a/{booked.token}")
    await expect(page.locator("[data-last-test]")).to_have_attribute("data-last-test", verdict)
    await page.get_by_role("link", name="Ver el resultado").click()
    await expect(page.locator(".spoken")).to_have_text(code)
    await page.goto(f"/a/{booked.token}/test")
    await expect(page.get_by_role("link", name="hoy, 10:30")).to_be_visible()
    async with app_server.client() as client, client.get(f"/api/v1/appointments/{booked.token}") as answer:
        assert (await answer.json())["test"]["code"] == code
    clock.set(AT - timedelta(minutes=5))
    await page.goto(f"/a/{booked.token}/room")
    await expect(page.locator("[data-last-test]")).to_be_visible()


async def test_earlier_test_counts_for_appointment_in_room(
    app_server: AppServer, page: Page, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    await page.clock.set_fixed_time(clock.now())
    test, token = await precheck.create_test(app_server.runtime, "room", None)
    await precheck.add_report(app_server.runtime, token, MeasurementsMessage(rtt_ms=30))
    await page.goto(f"/test/{token}")
    await connection_test.wait_until_stored(page)
    clock.set(AT - timedelta(minutes=5))
    await page.goto(f"/a/{booked.token}/room")
    await page.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(page.get_by_text("Vas en primer lugar")).to_be_visible()
    found: Mapping[str, ConnectionTestSummary] = {}
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while booked.appointment.id not in found:  # the page names the test after it has entered
            async with app_server.runtime.read_session() as session:
                found = await precheck.latest_test_summaries(session, [booked.appointment.id])
    assert found[booked.appointment.id].code == test.code


async def test_second_test_is_compared_and_both_are_stored(app_server: AppServer, page: Page) -> None:
    await connection_test.refuse_media(page.context)
    _test, token = await precheck.create_test(app_server.runtime, "room", None)
    await precheck.add_report(app_server.runtime, token, MeasurementsMessage.model_validate(DETAILED))
    first = f"{app_server.url}/test/{token}"
    await page.goto(first)
    await connection_test.wait_until_stored(page)
    await page.goto(f"/test?with={token}&mobile=1")
    await connection_test.expect_step(page, "Prueba ahora con tus datos móviles")
    await page.get_by_role("button", name=connection_test.START_BUTTON).click()
    await connection_test.confirm_voice(page)
    await connection_test.wait_for_verdict(page)
    await expect(page.get_by_role("heading", name="Antes y ahora")).to_be_visible()
    await expect(page.locator(".compared tbody tr")).to_have_count(8)  # delays under load need both tests' figures
    await connection_test.wait_until_stored(page, 2)
    await page.goto("/test")
    await expect(page.locator("[data-history] a")).to_have_count(2)
    await page.locator("[data-history] a").last.click()
    await expect(page).to_have_url(first)


async def test_full_test_room_shows_position_then_starts(
    settings: Settings, clock: FakeClock, office: Office, browser: Browser
) -> None:
    one_place = settings.model_copy(update={"testroom_sessions": 1})
    another_address = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with serve_app(one_place, clock) as server, server.client(connector=another_address) as other:
        async with other.post("/api/v1/tests", json={}) as answer:
            first = await answer.json()
        page = await connection_test.new_citizen_page(browser, server.url)
        await connection_test.shorten_durations(page.context)
        await connection_test.start_test(page)
        await connection_test.confirm_voice(page)
        await connection_test.expect_step(page, "Ahora hay otras personas probando")
        await expect(page.locator("[data-slot=place]")).to_have_text("Tu puesto en la cola es el 1.")
        async with other.delete(f"/api/v1/tests/{first['token']}") as answer:
            assert answer.status == 204
        await connection_test.wait_until_measuring(page)
        await page.context.close()


async def test_test_limit_shows_next_possible_time(
    settings: Settings, clock: FakeClock, office: Office, browser: Browser
) -> None:
    async with (
        serve_app(settings.model_copy(update={"tests_per_hour": 1}), clock) as server,
        server.client() as other,
    ):
        async with other.post("/api/v1/tests", json={}) as answer:
            assert answer.status == 201
        page = await connection_test.new_citizen_page(browser, server.url)
        await connection_test.shorten_durations(page.context)
        await connection_test.start_test(page)
        await connection_test.confirm_voice(page)
        await connection_test.expect_step(page, "Has hecho varias pruebas seguidas")
        await expect(page.get_by_text("Puedes probar otra vez a partir de las")).to_be_visible()
        await page.context.close()


async def test_measuring_scripts_load_at_start_and_failure_is_told(page: Page) -> None:
    await page.route("**/precheck/test_run.js", lambda route: route.abort())
    await connection_test.start_test(page)
    await expect(page.get_by_role("alert").get_by_text("Esto no se ha cargado.")).to_be_visible()
    await page.unroute("**/precheck/test_run.js")
    await page.get_by_role("button", name=connection_test.START_BUTTON).click()
    await connection_test.expect_step(page, "¿Te has oído?")


async def test_report_of_closed_offline_page_is_sent_later(page: Page) -> None:
    await connection_test.start_test(page)
    await connection_test.confirm_voice(page)
    await connection_test.wait_until_measuring(page)
    await page.context.set_offline(True)
    await connection_test.expect_step(page, "Sin conexión")
    # A step before the last may say so too; the report is stored when all steps have ended.
    await page.wait_for_function(connection_test.ALL_STEPS_STORED_JS, timeout=PAGE_TIMEOUT_MS)
    await page.close()
    page = await page.context.new_page()
    await page.context.set_offline(False)
    await page.goto("/test")
    assert await connection_test.wait_for_verdict(page) != "green"
    assert (await connection_test.shown_grades(page))["microphone_dbfs"] == "green"


async def test_test_left_offline_continues_as_same_test(
    app_server: AppServer, page: Page, booked: BookedVideoAppointment
) -> None:
    await connection_test.refuse_media(page.context)
    where = f"/a/{booked.token}/test"
    await connection_test.start_test(page, where)
    await connection_test.expect_step(page, "¿Te has oído?")
    context = page.context
    await context.set_offline(True)
    await page.close()
    await context.set_offline(False)
    page = await context.new_page()
    await page.goto(where)
    await expect(page.locator("[data-notice=left]")).to_contain_text("Tu prueba quedó a medias")
    await expect(page.get_by_role("link", name="Ver lo medido")).to_be_visible()  # so the server has stored it
    (left,) = await load_reports(app_server, booked)
    assert (left.finished, left.verdict) == (False, "unknown")
    second = await context.new_page()
    await second.goto(where)
    await page.get_by_role("button", name="Seguir con la prueba").click()
    await connection_test.expect_step(page, "¿Has oído tres notas?")  # the voice test is not repeated
    await expect(page.locator("[data-row=microphone]")).to_contain_text("Te oímos bien, ")
    await expect(
        second.get_by_role("button", name=connection_test.START_BUTTON)
    ).to_be_visible()  # the second tab did not take the first's test
    await page.get_by_role("button", name="Sí, las oigo").click()
    await connection_test.wait_for_verdict(page)
    (whole,) = await load_reports(app_server, booked)
    assert (whole.code, whole.finished) == (left.code, True)
    assert (await connection_test.shown_grades(page))["microphone_dbfs"] == "green"


async def test_refused_report_is_dropped_with_notice(page: Page) -> None:
    await connection_test.start_test(page)
    await connection_test.expect_step(page, "¿Te has oído?")
    await page.close()
    page = await page.context.new_page()
    await page.route("**/api/v1/tests", lambda route: route.fulfill(status=404, json={"code": "not_found"}))
    await page.goto("/test")
    await expect(page.locator("[data-notice=left]")).to_contain_text("La oficina ya no la admite")
    await expect(page.get_by_role("button", name=connection_test.START_BUTTON)).to_be_visible()
    await page.evaluate(connection_test.STORE_OLD_TEST_JS)
    await page.reload()
    await page.wait_for_function(connection_test.NO_STORED_TEST_JS, timeout=PAGE_TIMEOUT_MS)
    await expect(page.locator("[data-notice=left]")).to_be_hidden()


async def test_test_works_without_browser_storage(page: Page) -> None:
    await page.add_init_script("""
      for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(globalThis, name, { get: () => { throw new DOMException("no", "SecurityError"); } });
    """)
    await connection_test.start_test(page)
    await connection_test.confirm_voice(page)
    await connection_test.wait_until_measuring(page)


async def load_reports(server: AppServer, booked: BookedVideoAppointment) -> list[ConnectionTestSummary]:
    async with server.runtime.read_session() as session:
        return await precheck.test_summaries_of_appointment(session, booked.appointment.id)


async def test_unsupported_browser_gets_advice(app_server: AppServer, browser: Browser) -> None:
    plain = await connection_test.new_citizen_page(browser, app_server.url, java_script_enabled=False)
    await plain.goto("/test")
    await expect(plain.locator("noscript .notice")).to_contain_text("Esta página necesita JavaScript")
    assert await plain.locator("noscript .notice").bounding_box()
    assert await plain.get_by_role("button", name=connection_test.START_BUTTON).is_hidden()
    inside = await connection_test.new_citizen_page(
        browser, app_server.url, user_agent="Mozilla/5.0 (iPhone) Instagram 300.0"
    )
    await inside.goto("/test")
    await expect(inside.get_by_text("Esta ventana es de otra aplicación")).to_be_visible()
    old = await connection_test.new_citizen_page(browser, app_server.url)
    await old.add_init_script("delete globalThis.RTCPeerConnection")
    await old.goto("/test")
    await expect(old.get_by_text("Este navegador es demasiado antiguo")).to_be_visible()
    assert await old.get_by_role("button", name=connection_test.START_BUTTON).is_hidden()
    for context in (plain.context, inside.context, old.context):
        await context.close()
