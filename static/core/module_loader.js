// @ts-check
// Starts each part of the page that names its module: <section data-module="queue/ticket_page">.

/** @typedef {{ default: (element: HTMLElement) => void }} PageModule */

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

/** Once all modules of the page have come, each with what it needs; or could not. */
export const allModulesSettled = Promise.allSettled(pending);
