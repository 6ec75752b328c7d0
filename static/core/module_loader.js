// @ts-check
// Loads and starts the module of each element that names it: <section data-module="queue/ticket_page">.
// A built page names its bundle, which holds these modules by their names; without it, each is a file.

import "./form_submit.js";

/** @typedef {{ default: (element: HTMLElement) => void | Promise<void> }} PageModule */

const bundle = document.querySelector("script[data-bundle]")?.getAttribute("data-bundle");

/** A bundle that fails counts as empty, and its modules are loaded as single files. @type {Promise<Record<string, PageModule>>} */
const bundled = bundle ? import(new URL(bundle, location.href).href).catch(reportBundle) : Promise.resolve({});

/** @param {unknown} error */
function reportBundle(error) {
  console.error(bundle, error);
  return {};
}

/** @param {string} name @returns {Promise<PageModule>} */
async function loadModule(name) {
  return (await bundled)[name] ?? import(new URL(`../${name}.js`, import.meta.url).href);
}

/** @type {Promise<unknown>[]} */
const pending = [];

for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-module]"))) {
  for (const name of (element.dataset.module ?? "").split(" ")) {
    const loading = loadModule(name);
    pending.push(loading);
    loading.then((module) => module.default(element)).catch((error) => console.error(name, error));
  }
}

/** Resolves when every module of the page has loaded or failed. */
export const allModulesSettled = Promise.allSettled(pending);
