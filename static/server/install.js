// @ts-check
// Registers the service worker once the page works, and lets it cache this page for offline use.

import { allModulesSettled } from "../core/module_loader.js";

const IDLE_TIMEOUT_MS = 3_000; // then the worker is registered although the page is busy

/** Return the static files that this page has loaded: its HTML names only some of them. */
function loadedFiles() {
  const here = location.origin;
  return performance
    .getEntriesByType("resource")
    .map((entry) => entry.name)
    .filter((name) => name.startsWith(`${here}/static/`))
    .map((name) => name.slice(here.length));
}

/** Wait until the page has nothing to do. Safari cannot tell. @returns {Promise<unknown>} */
const idle = () =>
  new Promise((resolve) => ("requestIdleCallback" in window ? requestIdleCallback(resolve, { timeout: IDLE_TIMEOUT_MS }) : setTimeout(resolve)));

/** @param {HTMLElement} page */
export default async function start(page) {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  const isServedByWorker = Boolean(workers.controller);
  await allModulesSettled; // on a slow network some modules are still loading, and the cached page needs all of them
  await idle(); // the page answers presses before the worker loads its own files
  /** @type {ServiceWorker | undefined} */
  let told;

  async function keepPage() {
    const { active } = await workers.ready;
    if (!active || active === told) return;
    told = active;
    active.postMessage({ keep: location.pathname, files: loadedFiles(), isServedByWorker });
  }

  try {
    await workers.register("/sw.js", { scope: "/" });
    if (!page.hasAttribute("data-keep")) return;
    workers.addEventListener("controllerchange", keepPage); // after an update: each build caches its own files
    await keepPage();
  } catch {
    // a private window, or no space: the page works, but not offline
  }
}
