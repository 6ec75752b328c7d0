// @ts-check
// Registers the service worker, and lets it keep this page for when there is no network.

import { allModulesSettled } from "../core/module_loader.js";

/** The files that this page has loaded, which a page alone does not name. */
function loadedFiles() {
  const here = location.origin;
  return performance
    .getEntriesByType("resource")
    .map((one) => one.name)
    .filter((name) => name.startsWith(`${here}/static/`))
    .map((name) => name.slice(here.length));
}

/** @param {HTMLElement} page */
export default async function start(page) {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    await allModulesSettled; // on a slow network some are still on their way, and a page without them is dead when there is none
    if (page.hasAttribute("data-keep")) active?.postMessage({ keep: location.pathname, files: loadedFiles() });
  } catch {
    // a private window, or a browser without room: the page works as before, and needs the network
  }
}
