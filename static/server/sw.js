// @ts-check
// The service worker: shows push messages, and serves cached ticket pages with their age while offline.
// The server replaces __BUILD__ by the hash of all static files; each build has its own file cache.

const BUILD = "__BUILD__";
const FILES = `files-${BUILD}`;
const PAGES = "pages";
const SUBSCRIPTIONS = "followed"; // where subscriptions were sent; the cache keeps its name from earlier versions
const MAX_PAGES = 12;
const NETWORK_TIMEOUT_MS = 4_000; // then the cached page is shown; its script reconnects by itself
const FORM_TIMEOUT_MS = 30_000; // the same for the answer to a form, because the cached page does not show its effect
const TICKET_PAGE = /^\/t\/[^/]+$/; // an appointment page holds personal data and is never cached
const TICKET_FORM = /^(\/t\/[^/]+)\/[^/]+$/;
const OFFLINE_PAGE = /^\/(turn|a\/[^/]+)?$/;
const LOGO = /^\/logo\?v=[0-9a-f]+$/; // the organisation's; the address names the content
const KEPT_FILES = new RegExp(`/static/${BUILD}/[\\w./-]+\\.(?:css|js)\\b|/logo\\?v=[0-9a-f]+`, "g"); // no icon of a home screen

/** Untyped: TypeScript's `dom` library has no service worker types. @type {any} */
const worker = self;

/** When a form of a ticket page was last sent, by the page's path. @type {Map<string, number>} */
const formsSentAt = new Map();

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(cachePage("/offline").then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(refreshCaches().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && request.mode === "navigate") recordSentForm(url.pathname);
  if (request.method !== "GET") return;
  if (url.pathname.startsWith(`/static/${BUILD}/`) || LOGO.test(url.pathname + url.search)) event.respondWith(respondWithFile(request));
  else if (request.mode !== "navigate") return;
  else if (TICKET_PAGE.test(url.pathname)) event.respondWith(respondWithPage(event, url));
  else if (OFFLINE_PAGE.test(url.pathname)) event.respondWith(fetch(request).catch(offlinePage));
});

worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data?.keep) event.waitUntil(keepPage(event.data));
  if (event.data?.follow) event.waitUntil(saveSubscription(event.data.follow, event.data.key));
});

// Pages

/** Serve a file of this build or of the organisation from the cache; it never changes. @param {Request} request */
async function respondWithFile(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** Record when a form of a ticket page was sent. @param {string} path of the form's action */
function recordSentForm(path) {
  const page = path.match(TICKET_FORM)?.[1];
  if (page) formsSentAt.set(page, Date.now());
}

/** Serve a page from the network, or from the cache if the network is slow or away. @param {any} event @param {URL} url */
async function respondWithPage(event, url) {
  const cached = await (await caches.open(PAGES)).match(url.pathname);
  const askedAt = Date.now();
  const response = fetch(event.request);
  event.waitUntil(response.then((answer) => storePage(url.pathname, answer.clone(), askedAt)).catch(() => undefined));
  if (!cached) return response.catch(offlinePage);
  const isFormAnswer = askedAt - (formsSentAt.get(url.pathname) ?? 0) < FORM_TIMEOUT_MS;
  const timeoutMs = isFormAnswer ? FORM_TIMEOUT_MS : NETWORK_TIMEOUT_MS;
  const timeout = new Promise((resolve) => setTimeout(resolve, timeoutMs, cached));
  return Promise.race([response.catch(() => cached), timeout]);
}

async function offlinePage() {
  return (await (await caches.open(PAGES)).match("/offline")) ?? Response.error();
}

/**
 * Cache an open page. One that a worker served is cached already, so only its files are added.
 * @param {{ keep: string, files: string[], isServedByWorker: boolean }} page `files`: what it loaded but its HTML does not name
 */
async function keepPage({ keep, files, isServedByWorker }) {
  const isCached = isServedByWorker && (await (await caches.open(PAGES)).match(keep));
  await (isCached ? cacheFiles(files) : cachePage(keep, files));
}

/** Fetch and cache a page. @param {string} path @param {string[]} [files] loaded by the page but not named in its HTML */
async function cachePage(path, files = []) {
  const askedAt = Date.now();
  await storePage(path, await fetch(path, { credentials: "same-origin" }), askedAt, files);
}

/**
 * Cache a page and its files. `data-kept` holds the request time, so that the page can show its age.
 * @param {string} path @param {Response} answer @param {number} askedAt in ms @param {string[]} [files]
 */
async function storePage(path, answer, askedAt, files = []) {
  const pages = await caches.open(PAGES);
  if (!answer.ok || answer.redirected) return void (await pages.delete(path));
  const text = await answer.text();
  const dated = text.replace("<html ", `<html data-kept="${askedAt}" `);
  await pages.delete(path); // the newest entry must be the last one
  await pages.put(path, new Response(dated, { headers: answer.headers }));
  await cacheFiles([...(text.match(KEPT_FILES) ?? []), ...files]);
  const paths = (await pages.keys()).filter((request) => TICKET_PAGE.test(new URL(request.url).pathname));
  for (const old of paths.slice(0, -MAX_PAGES)) await pages.delete(old);
}

/** Cache the files of this build and of the organisation. @param {string[]} addresses */
async function cacheFiles(addresses) {
  const cache = await caches.open(FILES);
  for (const address of new Set(addresses.filter((file) => file.match(KEPT_FILES)))) {
    if (!(await cache.match(address))) await cache.add(address).catch(() => undefined);
  }
}

/** Replace the files and pages of earlier builds after an update. */
async function refreshCaches() {
  for (const name of await caches.keys()) {
    if (name.startsWith("files-") && name !== FILES) await caches.delete(name);
  }
  const pages = await caches.open(PAGES);
  for (const { url } of await pages.keys()) {
    const path = new URL(url).pathname;
    if (path === "/offline") continue; // cached by the installation
    await cachePage(path).catch(() => pages.delete(path));
  }
}

// Pushes

worker.addEventListener("push", (/** @type {any} */ event) => {
  if (event.data) event.waitUntil(showNotification(event.data.json()));
});

/** @typedef {{ paths: string[], office: string }} OpenPages pages that tell the same as a message */

/**
 * Show a push message. A repeated message replaces its notification silently. A message with `unless_open` is not
 * shown while the person looks at one of these pages.
 * @param {{ title: string, body: string, url: string, lang: string, tag: string, key: string, urgent: boolean, unless_open?: OpenPages }} message
 */
async function showNotification(message) {
  if (message.unless_open && (await isLookingAt(message.unless_open))) return;
  const open = await worker.registration.getNotifications({ tag: message.tag });
  const isRepeated = open.some((/** @type {Notification} */ notification) => notification.data?.key === message.key);
  await worker.registration.showNotification(message.title, {
    body: message.body,
    lang: message.lang,
    tag: message.tag,
    renotify: !isRepeated,
    silent: isRepeated,
    requireInteraction: message.urgent,
    icon: `/static/${BUILD}/server/icon-192.png`,
    badge: `/static/${BUILD}/server/badge-96.png`,
    data: { url: message.url, key: message.key },
  });
}

/** Tell whether a visible window shows one of these pages, of this office. @param {OpenPages} pages */
async function isLookingAt({ paths, office }) {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.some((/** @type {any} */ client) => {
    const { pathname, searchParams } = new URL(client.url);
    const isOfOffice = (searchParams.get("office") ?? office) === office;
    return client.visibilityState === "visible" && isOfOffice && paths.some((path) => pathname.startsWith(path));
  });
}

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(focusOrOpen(event.notification.data.url));
});

/** Focus the window that shows the page, or open one. @param {string} url */
async function focusOrOpen(url) {
  const { pathname, search } = new URL(url);
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const window = windows.find((/** @type {any} */ client) => new URL(client.url).pathname === pathname);
  return window ? window.focus() : worker.clients.openWindow(pathname + search);
}

// Subscriptions: a browser may change its push address at any time and then fires pushsubscriptionchange.

/** Save where a subscription was sent, to renew it later. @param {string} path @param {string} key the server's public key */
async function saveSubscription(path, key) {
  const cache = await caches.open(SUBSCRIPTIONS);
  await cache.put(path, new Response(key));
}

worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => {
  event.waitUntil(subscribeAgain());
});

async function subscribeAgain() {
  const cache = await caches.open(SUBSCRIPTIONS);
  for (const request of await cache.keys()) {
    const key = await (await cache.match(request))?.text();
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const subscription = await worker.registration.pushManager.subscribe(options);
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(request.url, { method: "POST", headers, body: JSON.stringify(subscription) });
    if (answer.status === 404 || answer.status === 409) await cache.delete(request); // the ticket or appointment is over
  }
}
