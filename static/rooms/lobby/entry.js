// @ts-check
// Joining the room. A new tab or device always shows the preview first, even if the person is already in the room.

import { text } from "../../core/i18n.js";
import { requireElement, setShown } from "../../core/dom.js";
import { tryStorage } from "../../core/storage.js";
import { holdTabLock, isTabLockHeld } from "../../core/tab_locks.js";
import { recentTest } from "../../precheck/record/test_storage.js";

const storageKey = () => `entered ${location.pathname}`; // a mark for each appointment

/** Whether this tab was inside before: a reloaded page then skips the preview. */
export const hasEntered = () => tryStorage(() => sessionStorage.getItem(storageKey()) !== null, false);

/** Remember that this tab is inside, also for a page of this browser that is opened after this page was killed. */
export function rememberEntry() {
  tryStorage(() => sessionStorage.setItem(storageKey(), "yes"), undefined);
  tryStorage(() => localStorage.setItem(storageKey(), "yes"), undefined);
  holdTabLock(storageKey());
}

export function forgetEntry() {
  tryStorage(() => sessionStorage.removeItem(storageKey()), undefined);
  tryStorage(() => localStorage.removeItem(storageKey()), undefined);
}

const CONSOLE_LINK = "room link of the console";

/** Mark the link that was pressed in the console of this tab. @param {HTMLAnchorElement} link */
export const rememberConsoleLink = (link) =>
  tryStorage(() => sessionStorage.setItem(CONSOLE_LINK, link.pathname + link.search), undefined);

/** Whether a press in the console of this tab led to this page. True once: a link from elsewhere has no such mark. */
export function takeConsoleLink() {
  const pressed = tryStorage(() => sessionStorage.getItem(CONSOLE_LINK), null);
  tryStorage(() => sessionStorage.removeItem(CONSOLE_LINK), undefined);
  return pressed === location.pathname + location.search;
}

/**
 * Whether joining here would end the call in another window; the page asks first then. The server counts a page as
 * connected for up to two minutes after its browser was killed, so a killed page of this browser is left out.
 * @param {import("../types.js").RoomFacts} room
 */
export const isInsideElsewhere = async (room) => room.inside && !hasEntered() && !(await wasKilledHere());

/** Whether a page of this browser was inside and no longer lives: its lock is free. */
async function wasKilledHere() {
  const wasHere = tryStorage(() => localStorage.getItem(storageKey()) !== null, false);
  return wasHere && !(await isTabLockHeld(storageKey()));
}

/**
 * @param {HTMLElement} root
 * @param {import("../signaling.js").RoomSignals} signals opened only by the press if the person is inside elsewhere
 * @param {import("../roster.js").Roster} roster
 * @param {boolean} isElsewhere
 */
export function bindJoinForm(root, signals, roster, isElsewhere) {
  const form = requireElement(root, "[data-join]");
  const button = requireElement(form, "button");
  const enter = button.textContent ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (requireElement(form, "input[name=name]")).value.trim();
    if (!signals.socket) signals.open();
    if (!isElsewhere && roster.place === "outside") signals.send("join", { ...(name.length > 1 ? { name } : {}), ...recentTest() });
    isElsewhere = false;
    rememberEntry();
    roster.enter();
  });
  roster.on("place", () => {
    const back = roster.place !== "outside";
    button.textContent = back ? text("go_back_in") : enter;
    setShown(form, ".field", !back); // the server has the name already
    setShown(root, "[data-elsewhere]", false);
  });
  if (isElsewhere) {
    button.textContent = text("use_here");
    setShown(form, ".field", false);
    setShown(root, "[data-elsewhere]", true);
  }
  button.removeAttribute("disabled"); // disabled in the HTML: without this script a press would submit the form
}
