// @ts-check
// Transfer in the People tab: choose a colleague, see the answer, take it back, leave the call to them.

import { text } from "../../core/i18n.js";
import { closeDialog, fillSlot, onPress, requireElement, setShown } from "../../core/dom.js";
import { tryPost } from "./people_invites.js";

/** @typedef {{ agent: string, name: string, desk_name: string | null }} Colleague */

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} pane
 * @param {import("../types.js").RoomFacts} room
 * @param {import("./people_invites.js").Requests} requests
 * @param {import("../types.js").OwnTransfer[]} transfers that this person has asked for
 */
export function bindTransfer(root, pane, room, requests, transfers) {
  const path = `/api/v1/rooms/${room.hello.appointment}/transfer`;
  const form = /** @type {HTMLFormElement} */ (requireElement(pane, "[data-transfer]"));
  const fold = /** @type {HTMLDetailsElement} */ (requireElement(pane, '[data-fold="transfer"]'));
  const choice = /** @type {HTMLSelectElement} */ (requireElement(form, "#transfer-to"));

  fold.addEventListener("toggle", async () => {
    if (!fold.open) return;
    const answer = await fetch(path, { headers: { Accept: "application/json" } }).catch(() => undefined);
    if (answer?.ok) offerColleagues((await answer.json()).people);
  });

  /** @param {Colleague[]} people */
  function offerColleagues(people) {
    const chosen = choice.value;
    choice.replaceChildren(...people.map(({ agent, name, desk_name: desk }) => new Option(desk ? text("transfer_person", { name, desk }) : name, agent)));
    if (people.some(({ agent }) => agent === chosen)) choice.value = chosen;
    fillSlot(form, "transfer_nowhere", text("transfer_nowhere"));
    setShown(form, '[data-slot="transfer_nowhere"]', people.length === 0);
    /** @type {HTMLButtonElement} */ (requireElement(form, "button")).disabled = people.length === 0;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { agent, kind, note } = Object.fromEntries(new FormData(form));
    if (kind === "cold") sayLeaving("transferred_cold");
    const asked = await tryPost(requests, pane, "transfer_error", ({ post }) => post(path, { agent, kind, note: note || null }));
    if (!asked) return sayLeaving("");
    form.reset();
    fold.open = false;
    showState(asked.body);
  });
  onPress(root, "withdraw-transfer", async () => {
    if (await tryPost(requests, pane, "transfer_error", ({ post }) => post(`${path}/withdraw`))) showState(undefined);
  });
  onPress(root, "hand-over", async () => {
    const fields = /** @type {HTMLFormElement} */ (requireElement(root, "[data-hand-over]"));
    const { outcome, note } = Object.fromEntries(new FormData(fields));
    sayLeaving("transferred");
    const done = await tryPost(requests, root, "hand_over_error", ({ post }) => post(`${path}/finish`, { outcome: outcome || null, note: note || null }));
    if (done) closeDialog("hand-over");
    else sayLeaving("");
  });
  // The board of the office, by the page's other socket.
  const showOwn = (/** @type {typeof transfers} */ own) => showState(own.findLast((transfer) => transfer.appointment === room.hello.appointment));
  document.addEventListener("office360:transfers", (event) => showOwn(/** @type {CustomEvent} */ (event).detail));
  showOwn(transfers);

  /** Tell the page why this person is about to leave. @param {string} reason key of the text that is shown then */
  function sayLeaving(reason) {
    root.dispatchEvent(new CustomEvent("office360:handed-over", { detail: reason }));
  }

  /** @param {{ to: string, kind: string, state: string, inside: boolean } | undefined} transfer */
  function showState(transfer) {
    setShown(pane, "[data-transfer-state]", Boolean(transfer));
    if (!transfer) return;
    const { to: name, kind, state, inside } = transfer;
    const key = state === "offered" ? `offered_${kind}` : state === "accepted" && inside ? "inside" : state;
    fillSlot(pane, "transfer_text", text(`transfer_${key}`, { name }));
    setShown(pane, '[data-transfer-state] [data-when="inside"]', key === "inside");
    setShown(pane, '[data-transfer-state] [data-when="open"]', state === "offered" || state === "accepted");
  }
}
