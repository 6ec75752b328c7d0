// @ts-check
// The way in. Whoever opens the link in another tab or on another device sees themselves first, wherever the server has them.

import { text } from "../core/i18n.js";
import { requireElement, setShown } from "../core/dom.js";
import { tryStorage } from "../core/storage.js";
import { recentTestCode } from "../precheck/test_storage.js";

const storageKey = () => `entered ${location.pathname}`; // one appointment

/** Whether this tab was inside before: a reloaded page then skips the preview. */
export const hasEntered = () => tryStorage(() => sessionStorage.getItem(storageKey()) !== null, false);

export const rememberEntry = () => tryStorage(() => sessionStorage.setItem(storageKey(), "yes"), undefined);

export const forgetEntry = () => tryStorage(() => sessionStorage.removeItem(storageKey()), undefined);

/** Whether going in would end the call in another window: then it is asked first. @param {import("./types.js").RoomFacts} room */
export const isInsideElsewhere = (room) => room.inside && !hasEntered();

/**
 * @param {HTMLElement} root
 * @param {import("./signaling.js").RoomSignals} signals opened by the press where somebody is inside elsewhere
 * @param {import("./roster.js").Roster} roster
 * @param {boolean} isElsewhere
 */
export function bindJoinForm(root, signals, roster, isElsewhere) {
  const form = requireElement(root, "[data-join]");
  const button = requireElement(form, "button");
  const enter = button.textContent ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (requireElement(form, "input[name=name]")).value.trim();
    if (isElsewhere) signals.open();
    else if (roster.place === "outside") signals.send("join", { ...(name.length > 1 ? { name } : {}), ...recentTestCode() });
    isElsewhere = false;
    rememberEntry();
    roster.enter();
  });
  roster.on("place", () => {
    const back = roster.place !== "outside";
    button.textContent = back ? text("go_back_in") : enter;
    setShown(form, ".field", !back); // the name is known already
    setShown(root, "[data-elsewhere]", false);
  });
  if (isElsewhere) {
    button.textContent = text("use_here");
    setShown(form, ".field", false);
    setShown(root, "[data-elsewhere]", true);
  }
  button.removeAttribute("disabled"); // before this script ran, a press would have sent the form
}
