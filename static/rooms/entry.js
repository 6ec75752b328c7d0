// @ts-check
// The way in. Whoever opens the link in another tab or on another device sees themselves first, wherever the server has them.

import { text } from "../core/i18n.js";
import { must, show } from "../core/dom.js";
import { testOfToday } from "../precheck/test_storage.js";

const mark = () => `entered ${location.pathname}`; // one appointment

/** Whether this tab has gone in before: then a page that is loaded again goes straight in. */
export function hasEntered() {
  try {
    return sessionStorage.getItem(mark()) !== null;
  } catch {
    return false; // a browser that keeps nothing shows the preview again
  }
}

export function rememberEntry() {
  try {
    sessionStorage.setItem(mark(), "yes");
  } catch {
    return;
  }
}

export function forgetEntry() {
  try {
    sessionStorage.removeItem(mark());
  } catch {
    return;
  }
}

/** Whether going in would end the call in another window: then it is asked first. @param {import("./types.js").RoomFacts} room */
export const isElsewhere = (room) => room.inside && !hasEntered();

/**
 * @param {HTMLElement} root
 * @param {import("./signaling.js").RoomSignals} signals opened by the press where somebody is inside elsewhere
 * @param {import("./roster.js").Roster} roster
 * @param {boolean} elsewhere
 */
export function bindEntry(root, signals, roster, elsewhere) {
  const form = must(root, "[data-join]");
  const button = must(form, "button");
  const enter = button.textContent ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (must(form, "input[name=name]")).value.trim();
    if (elsewhere) signals.open();
    else if (roster.place === "outside") signals.send("join", { ...(name.length > 1 ? { name } : {}), ...testOfToday() });
    elsewhere = false;
    rememberEntry();
    roster.enter();
  });
  roster.on("place", () => {
    const back = roster.place !== "outside";
    button.textContent = back ? text("go_back_in") : enter;
    show(form, ".field", !back); // the name is known already
    show(root, "[data-elsewhere]", false);
  });
  if (elsewhere) {
    button.textContent = text("use_here");
    show(form, ".field", false);
    show(root, "[data-elsewhere]", true);
  }
  button.removeAttribute("disabled"); // before this script ran, a press would have sent the form
}
