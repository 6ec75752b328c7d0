"""The test of the connection in a real browser: media goes to the office and back, a page says what it means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from office360.core.clock import SystemClock
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.precheck.actions import connection_tests as precheck
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.server.settings import Settings
from playwright.async_api import Browser, Page, expect

from ..conftest import SECRET, AppServer, FakeClock, serving, tier_cannot_run
from ..rooms.conftest import AT, Booked, book
from ..support.coturn import MISSING, TRANSPORTS, is_installed, running_coturn
from ..support.processes import start
from ..support.timeouts import PATIENCE_MS
from .support import connection_test
from .support.page_scripts import begun
from .support.visual_check import Eyes, visitor

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

# The way of a network that lets nothing through but TLS: media by the relay, and the relay by TLS.
ONLY_TLS = """
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
WAY = """async (isToldByTransport) => {
  const modules = document.querySelector("script[src*='/core/module_loader.js']").src;
  const { makeStatsReader } = await import(new URL("webrtc_stats.js", modules).href);
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
ALLOWED_TOO_LATE = """async () => {
  const modules = document.querySelector("script[src*='/core/module_loader.js']").src;
  const { Devices } = await import(new URL("media_devices.js", modules).href);
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
RUNS = 3  # machines that run this are shared: of three tests one must get the processor it needs


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"tests_per_hour": 1_000})


@pytest.fixture
async def page(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    """amina's phone."""
    page = await connection_test.citizen(browser, app_server.url)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    await page.context.close()
    assert broken == []


@pytest.fixture
async def booked(runtime: Runtime, office: Office, clock: FakeClock) -> Booked:
    """amina's video appointment, an hour and a half from now."""
    return await book(runtime, AT, "Amina")


async def test_on_a_good_network_the_picture_comes_back_and_the_verdict_is_green(page: Page) -> None:
    verdicts = []
    for _run in range(RUNS):
        await connection_test.begin(page)
        await connection_test.hear_oneself(page)
        await connection_test.until_measuring(page)
        await connection_test.until_picture_came_back(page)
        shown = await page.evaluate(connection_test.SHOWN)
        assert (shown["width"], shown["height"]) == (640, 480)
        assert (await page.evaluate(connection_test.RETURNED))["packets"] > 10
        verdicts.append(await connection_test.until_result(page))
        if verdicts[-1] == "green":
            break
    assert verdicts[-1] == "green", await connection_test.grades(page)
    assert set((await connection_test.grades(page)).values()) == {"green"}
    await connection_test.sees(page, "Tu videollamada irá bien.")


@pytest.mark.parametrize("tells", ["transport", "nomination"])
async def test_the_way_is_that_of_the_pair_in_use_also_before_its_nomination_is_answered(
    page: Page, tells: str
) -> None:
    await page.goto("/")
    assert await page.evaluate(WAY, tells == "transport") == {"path": "udp", "rtt_ms": 7}


async def test_what_is_allowed_when_it_is_not_wanted_any_more_is_switched_off_again(page: Page) -> None:
    await page.goto("/")
    assert await page.evaluate(ALLOWED_TOO_LATE) == ["ended", "ended"]


async def test_a_silent_microphone_is_noticed_at_once_and_is_red(
    app_server: AppServer, chromium_path: str, tmp_path: Path
) -> None:
    silent = f"--use-file-for-fake-audio-capture={connection_test.silence(tmp_path)}"
    async with connection_test.chromium(chromium_path, silent) as browser:
        page = await connection_test.citizen(browser, app_server.url)
        await connection_test.begin(page)
        await connection_test.is_helped(page, "Comprueba que no está silenciado")
        await page.get_by_role("button", name="Seguir así").click()
        await connection_test.sees(page, "¿Has oído tres notas?")
        await page.get_by_role("button", name="Sí, las oigo").click()
        assert await connection_test.until_result(page) == "red"
        assert (await connection_test.grades(page))["microphone_dbfs"] == "red"
        await connection_test.sees(page, "No te oímos.")
        await expect(page.locator(".path .fault")).to_contain_text("Tu equipo")


async def test_a_dark_camera_says_what_to_do_and_the_rest_goes_on(
    app_server: AppServer, chromium_path: str, tmp_path: Path
) -> None:
    dark = f"--use-file-for-fake-video-capture={connection_test.darkness(tmp_path)}"
    async with connection_test.chromium(chromium_path, dark) as browser:
        page = await connection_test.citizen(browser, app_server.url)
        await connection_test.begin(page)
        await connection_test.is_helped(page, "Enciende una luz delante de ti")
        await page.get_by_role("button", name="Seguir así").click()
        await connection_test.hear_oneself(page)
        assert await connection_test.until_result(page) == "amber"
        assert (await connection_test.grades(page))["camera_luma"] == "amber"


async def test_a_refusal_is_explained_and_the_connection_is_measured_without(
    app_server: AppServer, chromium_path: str
) -> None:
    refused = "--use-fake-ui-for-media-stream=deny"
    async with connection_test.chromium(chromium_path, refused, without=["--use-fake-ui"]) as browser:
        page = await connection_test.citizen(browser, app_server.url)
        await connection_test.begin(page)
        await connection_test.is_helped(page, "El navegador no nos deja usar")
        await page.get_by_role("button", name="Probar otra vez").click()
        await connection_test.is_helped(page, "El navegador no nos deja usar")
        await page.get_by_role("button", name="Seguir así").click()
        await page.get_by_role("button", name="Sí, las oigo").click()
        assert await connection_test.until_result(page) == "red"
        found = await connection_test.grades(page)
        assert (found["permissions"], found["path"], found["rtt_ms"], found["up_kbps"]) == ("red", *["green"] * 3)
        assert (found["video"], found["loss_up_pct"]) == ("unknown", "unknown")


async def test_without_a_camera_the_page_says_so_and_the_voice_is_tested(
    app_server: AppServer, chromium_path: str
) -> None:
    none = "--use-fake-device-for-media-stream=device-count=0"
    async with connection_test.chromium(chromium_path, none, without=["--use-fake-device"]) as browser:
        page = await connection_test.citizen(browser, app_server.url)
        await connection_test.begin(page)
        await connection_test.is_helped(page, "No encontramos")
        await page.get_by_role("button", name="Seguir así").click()
        await connection_test.comes_to(
            page, "permissions", "Solo el micrófono"
        )  # that flag takes the cameras only
        await connection_test.hear_oneself(page)
        assert await connection_test.until_result(page) == "red"
        assert (await connection_test.grades(page))["devices"] == "red"


async def test_a_camera_that_another_program_has_does_not_cost_the_microphone(
    app_server: AppServer, page: Page
) -> None:
    await page.add_init_script("""
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wish) =>
        wish.video ? Promise.reject(new DOMException("in use", "NotReadableError")) : real(wish);
    """)
    await connection_test.begin(page)
    await connection_test.is_helped(page, "Otro programa está usando la cámara")
    await page.get_by_role("button", name="Seguir así").click()
    await connection_test.hear_oneself(page)
    await connection_test.comes_to(page, "microphone", "Te oímos bien")
    await connection_test.comes_to(page, "camera", "Sin imagen")


async def test_whoever_skips_the_voice_gets_no_green(page: Page) -> None:
    await connection_test.begin(page)
    await connection_test.sees(page, "Di «buenos días» en voz alta")
    await page.get_by_role("button", name="Saltar este paso").click()
    await connection_test.sees(page, "¿Has oído tres notas?")
    await page.get_by_role("button", name="Saltar este paso").click()
    await connection_test.comes_to(page, "microphone", "Sin probar")
    assert await connection_test.until_result(page) != "green"
    assert (await connection_test.grades(page))["microphone_dbfs"] == "unknown"


async def test_who_does_not_hear_is_helped_and_may_go_on(page: Page) -> None:
    await connection_test.begin(page)
    await page.get_by_role("button", name="No oigo nada").click()
    await connection_test.is_helped(page, "Sube el volumen")
    await page.get_by_role("button", name="Seguir así").click()
    await connection_test.comes_to(page, "speaker", "No se oye")


async def test_the_whole_test_is_done_by_keyboard(page: Page) -> None:
    await page.goto("/test")
    await begun(page)  # before, there is no button
    await page.get_by_role("button", name=connection_test.START).focus()
    await page.keyboard.press("Enter")
    await expect(connection_test.heading(page, "Di «buenos días» en voz alta")).to_be_focused()
    await expect(connection_test.heading(page, "¿Te has oído?")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await connection_test.until_measuring(page)
    await expect(page.locator("[data-slot=said]")).to_have_attribute("role", "status")
    assert await connection_test.until_result(page) in {"green", "amber"}


async def test_the_result_is_on_the_appointment_and_in_the_room(
    app_server: AppServer, page: Page, booked: Booked, clock: FakeClock
) -> None:
    await page.goto(f"/a/{booked.token}")
    await page.get_by_role("link", name="Probar mi conexión").click()
    await page.get_by_role("button", name=connection_test.START).click()
    await connection_test.hear_oneself(page)
    verdict = await connection_test.until_result(page)
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


async def test_a_test_made_before_without_the_appointment_counts_for_it_in_the_room(
    app_server: AppServer, page: Page, booked: Booked, clock: FakeClock
) -> None:
    await page.clock.set_fixed_time(clock.now())
    test, token = await precheck.start_test(app_server.runtime, "room", None)
    await precheck.add_report(app_server.runtime, token, MeasurementsMessage(rtt_ms=30))
    await page.goto(f"/test/{token}")
    await connection_test.until_remembered(page)
    clock.set(AT - timedelta(minutes=5))
    await page.goto(f"/a/{booked.token}/room")
    await page.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(page.get_by_text("Vas en primer lugar")).to_be_visible()  # the office has read it
    async with app_server.runtime.reading() as session:
        found = await precheck.latest_tests(session, [booked.appointment.id])
    assert found[booked.appointment.id].code == test.code


async def test_a_second_test_stands_beside_the_first_and_both_are_remembered(page: Page) -> None:
    await connection_test.begin(page)
    await connection_test.hear_oneself(page)
    await connection_test.until_result(page)
    await connection_test.until_remembered(page)
    first = page.url
    await page.goto(f"/test?with={first.rsplit('/', 1)[1]}&mobile=1")
    await connection_test.sees(page, "Prueba ahora con tus datos móviles")
    await page.get_by_role("button", name=connection_test.START).click()
    await connection_test.hear_oneself(page)
    await connection_test.until_result(page)
    await expect(page.get_by_role("heading", name="Antes y ahora")).to_be_visible()
    await expect(page.locator(".compared tbody tr")).to_have_count(8)
    await connection_test.until_remembered(page, 2)
    await page.goto("/test")
    await expect(page.locator("[data-history] a")).to_have_count(2)
    await page.locator("[data-history] a").last.click()
    await expect(page).to_have_url(first)


async def test_when_the_room_is_full_one_sees_ones_place_and_starts_by_oneself(
    settings: Settings, clock: FakeClock, office: Office, browser: Browser
) -> None:
    one_place = settings.model_copy(update={"testroom_sessions": 1})
    async with serving(one_place, clock) as server, server.client() as other:
        async with other.post("/api/v1/tests", json={}) as answer:
            first = await answer.json()
        page = await connection_test.citizen(browser, server.url)
        await connection_test.begin(page)
        await connection_test.hear_oneself(page)
        await connection_test.sees(page, "Ahora hay otras personas probando")
        await expect(page.locator("[data-slot=place]")).to_have_text("Tu puesto en la fila es el 1.")
        async with other.delete(f"/api/v1/tests/{first['token']}") as answer:
            assert answer.status == 204
        await connection_test.until_measuring(page)
        await page.context.close()


async def test_who_tests_too_often_reads_when_again(
    settings: Settings, clock: FakeClock, office: Office, browser: Browser
) -> None:
    async with (
        serving(settings.model_copy(update={"tests_per_hour": 1}), clock) as server,
        server.client() as other,
    ):
        async with other.post("/api/v1/tests", json={}) as answer:
            assert answer.status == 201
        page = await connection_test.citizen(browser, server.url)
        await connection_test.begin(page)
        await connection_test.hear_oneself(page)
        await connection_test.sees(page, "Has hecho varias pruebas seguidas")
        await expect(page.get_by_text("Puedes probar otra vez a partir de las")).to_be_visible()
        await page.context.close()


async def test_a_lost_network_keeps_what_was_measured_and_sends_it_later(page: Page) -> None:
    await connection_test.begin(page)
    await connection_test.hear_oneself(page)
    await connection_test.until_measuring(page)
    await connection_test.until_picture_came_back(page)
    await page.context.set_offline(True)
    await connection_test.sees(page, "Sin conexión")
    await connection_test.comes_to(page, "media", "Se cortó")
    eyes = Eyes()
    await eyes.on(page, "test offline")
    eyes.saw_nothing_wrong()
    await page.context.set_offline(False)
    assert await connection_test.until_result(page) != "green"
    found = await connection_test.grades(page)
    assert (found["microphone_dbfs"], found["camera_luma"], found["rtt_ms"]) == ("green",) * 3


async def test_a_network_that_was_away_blocks_nothing_when_it_is_back(page: Page) -> None:
    await connection_test.begin(page)
    await connection_test.sees(page, "¿Te has oído?")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Sí, me oigo").click()
    await connection_test.sees(page, "Sin conexión")
    await connection_test.comes_to(page, "socket", "Sin dato")
    await page.context.set_offline(False)
    await connection_test.until_measuring(page)
    await connection_test.comes_to(page, "socket", "Al momento")


async def test_a_page_that_was_closed_while_offline_sends_its_report_when_it_is_back(page: Page) -> None:
    await connection_test.begin(page)
    await connection_test.hear_oneself(page)
    await connection_test.until_measuring(page)
    await page.context.set_offline(True)
    await connection_test.sees(page, "Sin conexión")
    # A step before the last may say so too; the report is kept when all steps have said what they can.
    await page.wait_for_function(connection_test.ALL_SAID, timeout=PATIENCE_MS)
    await page.close()
    page = await page.context.new_page()
    await page.context.set_offline(False)
    await page.goto("/test")
    assert await connection_test.until_result(page) != "green"
    assert (await connection_test.grades(page))["microphone_dbfs"] == "green"


async def test_a_page_that_was_left_offline_in_the_middle_goes_on_as_the_same_test(
    app_server: AppServer, page: Page, booked: Booked
) -> None:
    where = f"/a/{booked.token}/test"
    await connection_test.begin(page, where)
    await connection_test.sees(page, "¿Te has oído?")
    context = page.context
    await context.set_offline(True)
    await page.close()
    await context.set_offline(False)
    page = await context.new_page()
    await page.goto(where)
    await expect(page.locator("[data-notice=left]")).to_contain_text("Tu prueba quedó a medias")
    await expect(page.get_by_role("link", name="Ver lo medido")).to_be_visible()  # so the office has it
    (left,) = await reported(app_server, booked)
    assert (left.finished, left.verdict) == (False, "unknown")
    second = await context.new_page()
    await second.goto(where)
    await page.get_by_role("button", name="Seguir con la prueba").click()
    await connection_test.sees(page, "¿Has oído tres notas?")  # the voice is not asked for again
    await expect(page.locator("[data-row=microphone]")).to_contain_text("Te oímos bien, ")
    await expect(
        second.get_by_role("button", name=connection_test.START)
    ).to_be_visible()  # it left alone what the first has
    await page.get_by_role("button", name="Sí, las oigo").click()
    await connection_test.until_result(page)
    (whole,) = await reported(app_server, booked)
    assert (whole.code, whole.finished) == (left.code, True)
    assert (await connection_test.grades(page))["microphone_dbfs"] == "green"


async def test_a_report_that_the_office_refuses_is_dropped_with_a_word_and_an_old_one_without(page: Page) -> None:
    await connection_test.begin(page)
    await connection_test.sees(page, "¿Te has oído?")
    await page.close()
    page = await page.context.new_page()
    await page.route("**/api/v1/tests", lambda route: route.fulfill(status=404, json={"code": "not_found"}))
    await page.goto("/test")
    await expect(page.locator("[data-notice=left]")).to_contain_text("La oficina ya no la admite")
    await expect(page.get_by_role("button", name=connection_test.START)).to_be_visible()
    await page.evaluate(connection_test.LEFT_LONG_AGO)
    await page.reload()
    await page.wait_for_function(connection_test.NOTHING_KEPT, timeout=PATIENCE_MS)
    await expect(page.locator("[data-notice=left]")).to_be_hidden()


async def test_a_browser_that_keeps_nothing_tests_as_any_other(page: Page) -> None:
    await page.add_init_script("""
      for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(globalThis, name, { get: () => { throw new DOMException("no", "SecurityError"); } });
    """)
    await connection_test.begin(page)
    await connection_test.hear_oneself(page)
    await connection_test.until_measuring(page)


async def reported(server: AppServer, booked: Booked) -> list[precheck.TestSummary]:
    async with server.runtime.reading() as session:
        return await precheck.tests_of(session, booked.appointment.id)


async def test_a_room_that_is_killed_in_the_middle_loses_nothing_that_was_measured(
    database_url: str, office: Office, browser: Browser, tmp_path: Path
) -> None:
    environment = {
        "OFFICE360_DATABASE_URL": database_url,
        "OFFICE360_SECRET_KEY": SECRET,
        "OFFICE360_ENVIRONMENT": "development",
    }
    first = start(tmp_path, environment)
    second = None
    try:
        await first.ready()
        page = await connection_test.citizen(browser, first.url)
        await connection_test.begin(page)
        await connection_test.hear_oneself(page)
        await connection_test.until_measuring(page)
        await connection_test.until_picture_came_back(page)
        first.kill()
        await connection_test.sees(page, "La sala de pruebas no responde")
        await connection_test.comes_to(page, "media", "Se cortó")
        second = start(tmp_path, environment, port=int(first.url.rsplit(":", 1)[1]))
        assert await connection_test.until_result(page) != "green"
        found = await connection_test.grades(page)
        assert (found["microphone_dbfs"], found["up_kbps"], found["rtt_ms"]) == ("green",) * 3
        await page.context.close()
    finally:
        for one in (first, second):
            if one is not None:
                one.end()


async def test_each_way_through_a_relay_is_tried_by_itself(
    settings: Settings, clock: FakeClock, office: Office, chromium_path: str, tmp_path: Path
) -> None:
    if not is_installed():
        tier_cannot_run(MISSING)
    clock.set(SystemClock().now())  # a relay looks at the real clock
    with running_coturn(tmp_path) as coturn:
        uris = [coturn.uri(transport) for transport in TRANSPORTS]
        relayed = settings.model_copy(update={"turn_uris": uris, "turn_secret": coturn.secret})
        async with (
            serving(relayed, clock) as server,
            connection_test.chromium(chromium_path, coturn.chromium_flag) as browser,
        ):
            page = await connection_test.citizen(browser, server.url)
            await page.add_init_script(ONLY_TLS)
            await connection_test.begin(page)
            await connection_test.hear_oneself(page)
            await connection_test.until_measuring(page)
            await connection_test.comes_to(page, "paths", "Todos abiertos")
            assert await connection_test.until_result(page) in {"amber", "red"}
            await expect(page.locator("[data-gate=path]")).to_contain_text("con un rodeo")


async def test_browsers_that_cannot_are_told_what_to_do(app_server: AppServer, browser: Browser) -> None:
    plain = await connection_test.citizen(browser, app_server.url, java_script_enabled=False)
    await plain.goto("/test")
    await expect(plain.locator("noscript .notice")).to_contain_text("Esta página necesita JavaScript")
    assert await plain.locator("noscript .notice").bounding_box()
    assert await plain.get_by_role("button", name=connection_test.START).is_hidden()
    inside = await connection_test.citizen(
        browser, app_server.url, user_agent="Mozilla/5.0 (iPhone) Instagram 300.0"
    )
    await inside.goto("/test")
    await expect(inside.get_by_text("Esta ventana es de otra aplicación")).to_be_visible()
    old = await connection_test.citizen(browser, app_server.url)
    await old.add_init_script("delete globalThis.RTCPeerConnection")
    await old.goto("/test")
    await expect(old.get_by_text("Este navegador es demasiado antiguo")).to_be_visible()
    assert await old.get_by_role("button", name=connection_test.START).is_hidden()
    for page in (plain, inside, old):
        await page.context.close()


async def test_every_step_is_well_seen_in_any_light_and_size(
    app_server: AppServer, chromium_path: str, tmp_path: Path
) -> None:
    nothing = (
        f"--use-file-for-fake-audio-capture={connection_test.silence(tmp_path)}",
        f"--use-file-for-fake-video-capture={connection_test.darkness(tmp_path)}",
    )
    eyes = Eyes()
    async with connection_test.chromium(chromium_path, *nothing) as browser, visitor(browser, app_server) as page:
        await page.goto("/test")
        await eyes.on(page, "test start")
        await page.get_by_role("button", name=connection_test.START).click()
        await connection_test.is_helped(page, "Enciende una luz")
        await eyes.on(page, "test camera")
        await page.get_by_role("button", name="Seguir así").click()
        await connection_test.is_helped(page, "Comprueba que no está silenciado")
        await eyes.on(page, "test microphone")
        await page.get_by_role("button", name="Seguir así").click()
        await page.get_by_role("button", name="No oigo nada").click()
        await eyes.on(page, "test speaker")
        await page.get_by_role("button", name="Sí, las oigo").click()
        await connection_test.until_measuring(page)
        await eyes.on(page, "test media")
        await connection_test.until_result(page)
        first = page.url
        await eyes.on(page, "test result")
        _test, token = await precheck.start_test(app_server.runtime, "room", None)
        await page.goto(f"/test/{token}?with={first.rsplit('/', 1)[1]}")
        await eyes.on(page, "test compared")
    eyes.saw_nothing_wrong()
