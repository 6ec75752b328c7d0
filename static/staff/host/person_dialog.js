// @ts-check
// The dialogs of the host console, each about one entry of the board: a person, a desk, a service or a line. Frames
// update an open dialog's slots; typed text stays.

import { restoreDraft } from "./typed_drafts.js";
import { showAllowed, fillSlots, renderNotes, setData } from "../slots.js";

/** @typedef {Record<string, any>} Values */

/** The list of the board that a dialog takes its entry from. @type {Record<string, string>} */
const LISTS = { person: "people", order: "people", transfer: "people", seat: "desks", give: "services", stop: "lines" };

/** @param {HTMLElement} page */
export function makeDialogs(page) {
  /** @type {Record<string, Map<string, Values>>} */
  let known = {};
  /** @type {HTMLElement | undefined} */
  let opener;

  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = target.closest("[data-card]");
    if (!(button instanceof HTMLElement)) return;
    const around = /** @type {HTMLElement | null} */ (button.closest("[data-ticket], [data-id]"));
    const from = button.closest("dialog");
    if (!from) opener = button;
    const leaving = opener;
    from?.close();
    opener = leaving;
    open(button.dataset.card ?? "", around?.dataset.ticket || around?.dataset.id || "");
  });

  /** @param {string} name @param {string} id */
  function open(name, id) {
    const card = document.getElementById(name);
    const values = known[LISTS[name] ?? ""]?.get(id);
    if (!(card instanceof HTMLDialogElement) || !values) return;
    for (const form of card.querySelectorAll("form")) form.reset();
    for (const part of card.querySelectorAll("[data-refusal]")) /** @type {HTMLElement} */ (part).hidden = true;
    card.dispatchEvent(new CustomEvent("office360:opens"));
    renderDialog(card, id, values);
    restoreDraft(card);
    card.showModal();
  }

  for (const name of Object.keys(LISTS)) {
    document.getElementById(name)?.addEventListener("close", () => {
      const isNowhere = document.activeElement === document.body && !document.querySelector("dialog[open]");
      if (isNowhere && opener?.isConnected) opener.focus();
    });
  }

  return {
    /** Take the lists of the newest frame and update the open dialog. @param {Record<string, Values[]>} lists */
    update(lists) {
      for (const [name, items] of Object.entries(lists)) {
        known[name] = new Map(items.map((item) => [item.id, item]));
      }
      for (const [name, list] of Object.entries(LISTS)) {
        const card = document.getElementById(name);
        if (!(card instanceof HTMLDialogElement) || !card.open) continue;
        const values = known[list]?.get(card.dataset.id ?? "");
        if (values) renderDialog(card, values.id, values);
        else renderGone(card);
      }
    },
    /** Add a search result that the board does not show. @param {Values} values */
    add(values) {
      (known.people ??= new Map()).set(values.id, values);
    },
  };
}

/** @param {HTMLElement} card @param {string} id @param {Values} values */
function renderDialog(card, id, values) {
  card.dataset.id = id;
  setData(card, values);
  fillSlots(card, values);
  if (values.notes) renderNotes(card, values.notes);
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (card.querySelectorAll("a[data-messages]"))) {
    link.href = `/staff/notices?office=${link.dataset.messages}&about=ticket:${id}`;
  }
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (card.querySelectorAll("a[data-slip]"))) {
    link.href = `/staff/tickets/${id}/slip?print=1`;
  }
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (card.querySelectorAll("a[data-history]"))) {
    link.href = `/staff/manage/audit?about=ticket:${id}`;
  }
  setOver(card, values.may?.length === 0);
}

/** @param {HTMLElement} card */
function renderGone(card) {
  showAllowed(card, []);
  setOver(card, true);
}

/** @param {HTMLElement} card @param {boolean} isOver */
function setOver(card, isOver) {
  const notice = card.querySelector("[data-over]");
  if (notice instanceof HTMLElement) notice.hidden = !isOver;
}
