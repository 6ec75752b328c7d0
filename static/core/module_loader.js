// @ts-check
// Loads and starts the module of each element that names it: <section data-module="queue/ticket_page">.

/** @typedef {{ default: (element: HTMLElement) => void | Promise<void> }} PageModule */

/** @type {Promise<unknown>[]} */
const pending = [import("./form_submit.js")];

for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-module]"))) {
  for (const name of (element.dataset.module ?? "").split(" ")) {
    /** @type {Promise<PageModule>} */
    const loading = import(`../${name}.js`);
    pending.push(loading);
    loading.then((module) => module.default(element)).catch((error) => console.error(name, error));
  }
}

/** Resolves when every module of the page has loaded or failed. */
export const allModulesSettled = Promise.allSettled(pending);
