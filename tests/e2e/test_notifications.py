"""Web push with the page closed, and pages without a network.

The browser subscribes, the push is encrypted as for a real service, and the service worker shows it.
A page without a network shows its last state with its age.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from office360.offices.service import Office
from office360.server import app
from office360.server.settings import Settings
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from ..conftest import AppServer, FakeClock, serve_app
from ..notifications.support.gateways import FakeHttpService, SubscribedBrowser, with_push_keys
from ..queue.conftest import OfficeDriver
from ..support.timeouts import PAGE_TIMEOUT_MS, TEST_TIMEOUT_S
from .support.push_delivery import COUNT_NOTIFICATIONS_JS, deliver_push, wait_until

pytestmark = pytest.mark.e2e

SINCE = "Sin conexión desde la"  # "las 9:05", but "la 1:05"; the browser has the real time
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
FACEBOOK = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36 [FBAN/FB4A;FBAV/500]"
)

# The test browser has no push service; it subscribes at the test's own, and all the rest is real.
FAKE_SUBSCRIBE_JS = """subscription => {
  let subscribed = false;
  const made = { endpoint: subscription.endpoint, toJSON: () => subscription, unsubscribe: async () => true };
  PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
    if (!userVisibleOnly || applicationServerKey.byteLength !== 65) throw new Error("not as Chromium wants it");
    subscribed = true;
    return made;
  };
  PushManager.prototype.getSubscription = async () => (subscribed ? made : null);
}"""
SHOWN_NOTIFICATIONS_JS = """async () => {
  const { getNotifications } = await navigator.serviceWorker.ready.then((one) => ({
    getNotifications: () => one.getNotifications(),
  }));
  return (await getNotifications()).map(({ title, body, lang, data }) => ({ title, body, lang, data }));
}"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_push_keys(settings)


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


async def _new_context(browser: Browser, server: AppServer, **options: Any) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=server.url, locale="es-ES", **options
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    return context


async def _expect_state(page: Page, state: str) -> None:
    await page.locator(f"[data-module='core/push_subscription'][data-state={state}]").wait_for(state="attached")


@pytest.mark.whole_chromium
async def test_subscribed_phone_shows_call_notification(
    browser: Browser, app_server: AppServer, driver: OfficeDriver, push_service: FakeHttpService
) -> None:
    phone = SubscribedBrowser(f"{push_service.url}/send/amina")
    people = [await driver.take_ticket() for _ in range(4)]
    context = await _new_context(browser, app_server, permissions=["notifications"])
    await context.add_init_script(f"({FAKE_SUBSCRIBE_JS})({json.dumps(phone.subscription)})")
    page = await context.new_page()
    await page.goto(f"/t/{people[3].token}")
    await _expect_state(page, "offer")
    await page.get_by_role("button", name="Avisarme en este móvil").click()
    await _expect_state(page, "on")
    await expect(page.get_by_text("Avisos activados")).to_be_visible()
    first = phone.decrypt((await push_service.wait_for_requests(1))[0])
    assert first["title"] == "A-004: es el código de tu turno"

    (worker,) = context.service_workers
    await worker.evaluate(COUNT_NOTIFICATIONS_JS)
    for number, received in enumerate((first, {**first, "key": "called", "title": "Mesa 1: es tu turno"}), 1):
        await deliver_push(page, received)
        await wait_until(worker, "least => shown >= least", number)
        (shown,) = await page.evaluate(SHOWN_NOTIFICATIONS_JS)
        assert shown["data"]["key"] == received["key"]
    assert (shown["title"], shown["lang"]) == ("Mesa 1: es tu turno", "es")
    assert shown["data"]["url"].endswith(f"/t/{people[3].token}")

    await page.get_by_role("button", name="Desactivarlos").click()
    await _expect_state(page, "offer")
    await context.close()


async def test_notification_tap_opens_ticket_page(
    browser: Browser, app_server: AppServer, driver: OfficeDriver
) -> None:
    issued = await driver.take_ticket()
    context = await _new_context(browser, app_server, permissions=["notifications"])
    page = await context.new_page()
    await page.goto(f"/t/{issued.token}")
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    (worker,) = context.service_workers
    # A test cannot tap a notification, but it can call the handler.
    there = "url => clients.matchAll({ includeUncontrolled: true }).then((all) => all.map((one) => one.url))"
    assert await worker.evaluate(there, page.url) == [page.url]
    assert await worker.evaluate("typeof focusOrOpen") == "function"
    await context.close()


@pytest.mark.parametrize(
    ("agent", "hides_push", "state", "says"),
    [
        (None, False, "denied", "Los avisos están bloqueados en este móvil"),
        (IPHONE, True, "install", "Añadir a pantalla de inicio"),
        (FACEBOOK, False, "inside", "Estás dentro de otra aplicación"),
        (None, True, "none", "Este navegador no puede avisarte."),
    ],
)
async def test_missing_push_support_is_explained(
    agent: str | None,
    hides_push: bool,
    state: str,
    says: str,
    browser: Browser,
    app_server: AppServer,
    driver: OfficeDriver,
) -> None:
    people = [await driver.take_ticket() for _ in range(4)]
    options: dict[str, Any] = {"user_agent": agent} if agent else {}
    context = await _new_context(browser, app_server, permissions=["camera"], **options)  # without notifications
    if hides_push:
        await context.add_init_script("delete window.PushManager")
    page = await context.new_page()
    await page.goto(f"/t/{people[3].token}")
    await _expect_state(page, state)
    await expect(page.get_by_text(says)).to_be_visible()
    await expect(page.get_by_text("O pide un SMS.").locator("visible=true")).to_be_visible()
    await context.close()


@pytest.mark.whole_chromium
async def test_failed_push_subscription_can_be_retried(
    browser: Browser, app_server: AppServer, driver: OfficeDriver
) -> None:
    people = [await driver.take_ticket() for _ in range(4)]
    context = await _new_context(browser, app_server, permissions=["notifications"])
    await context.add_init_script(
        "PushManager.prototype.subscribe = async () => { throw new DOMException('no network', 'AbortError') }"
    )
    page = await context.new_page()
    await page.goto(f"/t/{people[3].token}")
    await page.get_by_role("button", name="Avisarme en este móvil").click()
    await _expect_state(page, "failed")
    await expect(page.get_by_role("button", name="Probar otra vez")).to_be_visible()
    await context.close()


CACHED_PAGE_TEXT_JS = (
    "path => caches.open('pages').then((pages) => pages.match(path)).then((page) => page?.text())"
)
CACHE_LATE_JS = r"""async ([path, text]) => {
  const pages = await caches.open('pages');
  let kept;
  while (!(kept = await pages.match(path))) await new Promise((done) => setTimeout(done, 10));
  const late = text.replace(/data-kept="\d+"/, `data-kept="${Date.now() + 1000}"`);
  await pages.put(path, new Response(late, { headers: kept.headers }));
}"""


async def test_offline_ticket_page_shows_last_state_with_age(
    settings: Settings, clock: FakeClock, browser: Browser, office: Office
) -> None:
    async with serve_app(settings, clock) as server:
        driver = OfficeDriver(server.runtime, office)
        await driver.open_desk()
        people = [await driver.take_ticket() for _ in range(5)]
        context = await _new_context(browser, server)
        page = await context.new_page()
        await page.goto(f"/t/{people[4].token}")
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        await expect(page.locator(".slip").get_by_text("4 personas delante")).to_be_visible()
        read = None
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while not read:  # the worker caches it, and again when the page has loaded
                read = await page.evaluate(CACHED_PAGE_TEXT_JS, f"/t/{people[4].token}")
        await driver.call_next()
        await expect(page.locator(".slip").get_by_text("3 personas delante")).to_be_visible()
        # A slow worker may cache the page of before the call after the frame arrived:
        await page.evaluate(CACHE_LATE_JS, [f"/t/{people[4].token}", read])
        port = int(server.url.rsplit(":", 1)[1])
    await page.goto(f"http://127.0.0.1:{port}/t/{people[4].token}")
    await page.locator("body[data-ticket=offline]").wait_for()
    await expect(page.locator(".visit > .notice", has_text=SINCE)).to_be_visible()
    # The state of the last frame, not of the cached page:
    await expect(page.locator(".slip").get_by_text("3 personas delante")).to_be_visible()
    await page.goto(f"http://127.0.0.1:{port}/")
    await expect(page.get_by_role("heading", name="Sin conexión")).to_be_visible()
    async with serve_app(settings, clock, port):
        await page.goto(f"http://127.0.0.1:{port}/t/{people[4].token}")
        await page.locator("body[data-ticket=waiting]").wait_for()
        await expect(page.locator(".slip").get_by_text("3 personas delante")).to_be_visible()
    await context.close()


# All files that the page has loaded are cached, and none of an earlier build.
LOADED_FILES_ARE_CACHED_JS = """async (build) => {
  if ((await caches.keys()).filter((name) => name.startsWith("files-")).join() !== `files-${build}`) return false;
  const cache = await caches.open(`files-${build}`);
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const files = loaded.filter((name) => /\\/static\\/.+\\.(css|js)$/.test(name));
  return files.length > 0 && (await Promise.all(files.map((file) => cache.match(file)))).every(Boolean);
}"""


async def test_offline_ticket_page_works_after_upgrade(
    settings: Settings, clock: FakeClock, browser: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    static = vars(app)["StaticFolder"](app.ROOT / "static")  # the folder that the servers of the tests share
    async with serve_app(settings, clock) as server:
        driver = OfficeDriver(server.runtime, office)
        await driver.open_desk()
        people = [await driver.take_ticket() for _ in range(5)]  # the last is not next, whose page stays as it is
        address = f"/t/{people[4].token}"
        page = await (context := await _new_context(browser, server)).new_page()
        await page.goto(address)
        await wait_until(page, LOADED_FILES_ARE_CACHED_JS, static.build)
        port = int(server.url.rsplit(":", 1)[1])
    monkeypatch.setattr(static, "build", "0123456789ab")
    async with serve_app(settings, clock, port):
        await page.goto(address)
        await wait_until(page, LOADED_FILES_ARE_CACHED_JS, static.build)
    await page.goto(address)
    await page.locator("body[data-ticket=offline]").wait_for()
    await expect(page.locator(".visit > .notice", has_text=SINCE)).to_be_visible()
    await context.close()


RECORD_FETCHES_JS = """() => {
  self.fetched = [];
  const fetchFile = self.fetch;
  self.fetch = (asked, ...options) => {
    self.fetched.push(new URL(asked.url ?? asked, location).pathname);
    return fetchFile(asked, ...options);
  };
  addEventListener("message", () => void (self.kept = true));
}"""


async def test_ticket_page_is_loaded_once_when_worker_serves_it(
    browser: Browser, app_server: AppServer, driver: OfficeDriver
) -> None:
    address = f"/t/{(await driver.take_ticket()).token}"
    context = await _new_context(browser, app_server)
    page = await context.new_page()
    build = vars(app)["StaticFolder"](app.ROOT / "static").build
    for _visit in range(2):
        await page.goto(address)
        await wait_until(page, LOADED_FILES_ARE_CACHED_JS, build)
    (worker,) = context.service_workers
    await worker.evaluate(RECORD_FETCHES_JS)
    await page.goto(address)
    await wait_until(worker, "() => self.kept", None)
    await page.evaluate(CACHED_PAGE_TEXT_JS, address)  # after what the message started
    assert await worker.evaluate("self.fetched") == [address]
    await context.close()


RECORD_CACHED_FILES_JS = """
  const post = ServiceWorker.prototype.postMessage;
  window.kept = [];
  ServiceWorker.prototype.postMessage = function (message) {
    window.kept.push(message.files);
    post.call(this, message);
  };
"""


TICKET_SCRIPT = re.compile(r"/(pages/queue_ticket|queue/ticket_texts)\.js$")  # of a build, or of the modules


async def test_page_cache_includes_late_scripts(
    browser: Browser, app_server: AppServer, driver: OfficeDriver
) -> None:
    late = asyncio.Event()

    async def hold(route: Route) -> None:
        await late.wait()
        await route.continue_()

    issued = await driver.take_ticket()
    context = await _new_context(browser, app_server)
    await context.add_init_script(RECORD_CACHED_FILES_JS)
    page = await context.new_page()
    await page.route(TICKET_SCRIPT, hold)
    await page.goto(f"/t/{issued.token}")
    assert await page.evaluate("() => navigator.serviceWorker.getRegistration().then(Boolean)") is False
    late.set()
    await wait_until(page, "least => window.kept.length >= least", 1)
    (files,) = await page.evaluate("window.kept")
    assert any(TICKET_SCRIPT.search(file) for file in files)
    await context.close()


@pytest.mark.whole_chromium
async def test_app_is_installable_and_opens_ticket(
    browser: Browser, app_server: AppServer, driver: OfficeDriver
) -> None:
    issued = await driver.take_ticket()
    context = await _new_context(browser, app_server)
    page = await context.new_page()
    await page.goto(f"/t/{issued.token}")
    session = await context.new_cdp_session(page)
    await session.send("Page.enable")
    found = await session.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert (manifest["start_url"], manifest["display"]) == (f"/t/{issued.token}", "standalone")
    missing = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert [error["errorId"] for error in missing] == ["in-incognito"]  # all test contexts are incognito
    sizes = await page.evaluate(
        """icons => Promise.all(icons.map((one) => new Promise((done) => {
          const picture = Object.assign(new Image(), { src: one.src });
          picture.onload = () => done(`${picture.naturalWidth}x${picture.naturalHeight}`);
        })))""",
        [icon for icon in manifest["icons"] if icon["type"] == "image/png"],
    )
    assert sizes == ["192x192", "512x512", "192x192", "512x512"]
    await context.close()
