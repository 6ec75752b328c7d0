// @ts-check
// Starts each part of the page that names its module: <section data-module="queue/ticket">.

/** @typedef {{ default: (element: HTMLElement) => void }} PageModule */

for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-module]"))) {
  for (const name of (element.dataset.module ?? "").split(" ")) {
    /** @type {Promise<PageModule>} */
    const loading = import(`../${name}.js`);
    loading.then((module) => module.default(element)).catch((error) => console.error(name, error));
  }
}

import("./forms.js");
