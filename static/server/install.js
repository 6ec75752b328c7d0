// @ts-check
// Registers the service worker and lets it cache this page for offline use.

import { allModulesSettled } from "../core/module_loader.js";

/** Return the static files that this page has loaded: its HTML names only some of them. */
function loadedFiles() {
  const here = location.origin;
  return performance
    .getEntriesByType("resource")
    .map((entry) => entry.name)
    .filter((name) => name.startsWith(`${here}/static/`))
    .map((name) => name.slice(here.length));
}

/** @param {HTMLElement} page */
export default async function start(page) {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    await allModulesSettled; // on a slow network some modules are still loading, and the cached page needs all of them
    if (page.hasAttribute("data-keep")) active?.postMessage({ keep: location.pathname, files: loadedFiles() });
  } catch {
    // a private window, or no space: the page works, but not offline
  }
}
