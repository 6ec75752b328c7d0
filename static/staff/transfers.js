// @ts-check
// Video calls that a colleague passes to this person: a banner in every console, with a sound and a notification.

import { rememberConsoleLink } from "../rooms/lobby/entry.js";
import { isMutedHere, playChime, playInOneTab } from "./alerts/alert_sounds.js";
import { showNotification } from "./alerts/desktop_notification.js";
import { fillRows } from "./slots.js";

/** @typedef {{ id: string, state: string, title: string }} Asked */
/** @typedef {import("../rooms/types.js").OwnTransfer} OwnTransfer */
/** @typedef {{ transfers: Asked[], own_transfers: OwnTransfer[], ways: import("./alerts/alerts.js").Ways }} TransferFields */

const IN_A_CALL = /^\/staff\/rooms\//;

/** @returns {{ update: (fields: TransferFields) => void }} */
export function makeTransfers() {
  const box = document.querySelector("[data-transfers]");
  /** Ids of the offers that were told. @type {Set<string>} */
  const told = new Set();
  box?.addEventListener("click", ({ target }) => {
    const link = /** @type {Element} */ (target).closest("[data-slot=enter]");
    if (link instanceof HTMLAnchorElement) rememberConsoleLink(link);
  });
  document.addEventListener("office360:done", (event) => {
    const { part, body } = /** @type {CustomEvent} */ (event).detail;
    if (box?.contains(part) && body?.state === "accepted") enter(body.appointment);
  });

  return {
    update({ transfers, own_transfers: own, ways }) {
      if (!box) return;
      fillRows(box, "transfer", transfers);
      const fresh = transfers.filter((one) => one.state === "offered" && !told.has(one.id));
      for (const one of fresh) {
        told.add(one.id);
        showNotification(one.title, one.id);
      }
      if (fresh.length && !isMutedHere()) void playInOneTab(() => playChime(ways.volume));
      // the page of a call shows the own ones in its People tab
      document.dispatchEvent(new CustomEvent("office360:transfers", { detail: own }));
    },
  };
}

/** Go to the room after accepting, unless another call would be cut. @param {string} appointment */
function enter(appointment) {
  if (IN_A_CALL.test(location.pathname)) return;
  const link = Object.assign(document.createElement("a"), { href: `/staff/rooms/${appointment}` });
  rememberConsoleLink(link);
  location.assign(link.href);
}
