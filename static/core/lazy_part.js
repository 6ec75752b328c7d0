// @ts-check
// Loads a part of a page that is first needed after a press. The page includes server/templates/lazy_part.html.

import { requireElement } from "./dom.js";

const LOAD_TIMEOUT_MS = 20_000; // then the reader is told; the next press waits for the same load

/**
 * Load a part and return its module. `control` is busy meanwhile. Returns null while an earlier press still loads it,
 * and after a failed load, which the reader is told: the next press tries again.
 * @template T
 * @param {() => Promise<T>} load such as `() => import("./papers/papers.js")`
 * @param {HTMLElement} control the pressed button
 * @returns {Promise<T | null>}
 */
export async function loadLazyPart(load, control) {
  if (control.ariaBusy === "true") return null;
  control.ariaBusy = "true";
  const timedOut = new Promise((_, reject) => setTimeout(reject, LOAD_TIMEOUT_MS, new Error("a part did not load in time")));
  try {
    return /** @type {T} */ (await Promise.race([load(), timedOut]));
  } catch (error) {
    console.warn(error);
    showFailure(control);
    return null;
  } finally {
    control.ariaBusy = null;
  }
}

/** Tell that a part did not load, until the next press. @param {HTMLElement} control */
function showFailure(control) {
  const notice = document.createElement("div");
  notice.className = "part-failed";
  notice.popover = "manual"; // above a dialog, and no menu closes for it
  notice.role = "alert";
  (control.closest("dialog") ?? document.body).append(notice);
  notice.showPopover();
  const template = /** @type {HTMLTemplateElement} */ (requireElement(document, "#part-failed"));
  notice.append(template.content.cloneNode(true)); // after it is shown: only then is an alert read out
  for (const press of ["click", "keydown"]) addEventListener(press, () => notice.remove(), { once: true, capture: true });
}
