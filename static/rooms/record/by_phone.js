// @ts-check
// "By telephone now": the agent's buttons, and what both sides read meanwhile.

import { fillSlot, onPress, queryAll, requireElement, setShown } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { clockTimeAt } from "../../core/time_format.js";

/**
 * @param {import("../lazy_parts.js").CallPage} page
 * @param {import("../call/call_part.js").HeldEvents} told the signals `welcome` and `by_phone`
 */
export function startByPhone({ root, signals, room }, told) {
  /** @param {string | null | undefined} since */
  function show(since) {
    if (since) fillSlot(root, "by_phone", words(since, room));
    setShown(root, "[data-by-phone]", Boolean(since));
    setShown(root, '[data-do="by-phone"]', !since);
    setShown(root, '[data-do="by-phone-undo"]', Boolean(since));
    for (const button of queryAll(root, '[data-do^="by-phone"]')) button.removeAttribute("aria-busy");
    setShown(root, '[data-slot="by_phone_error"]', false);
  }
  told.on("welcome", ({ by_phone_since }) => show(by_phone_since));
  told.on("by_phone", ({ since }) => show(since));
  if (room.role !== "agent") return;

  for (const name of ["by-phone", "by-phone-undo"]) {
    onPress(root, name, (button) => {
      button.setAttribute("aria-busy", "true");
      signals.send("by_phone", { on: name === "by-phone" });
      const other = requireElement(root, `[data-do="${name === "by-phone" ? "by-phone-undo" : "by-phone"}"]`);
      const stop = told.on("by_phone", () => (other.focus(), stop()));
    });
  }
  onPress(root, "show-number", (button) => {
    button.setAttribute("aria-busy", "true");
    signals.send("phone_number", {});
  });
  signals.on("phone_number", ({ number, grouped }) => {
    const link = /** @type {HTMLAnchorElement} */ (requireElement(root, 'a[data-slot="phone_number"]'));
    link.href = `tel:${number}`;
    link.textContent = grouped;
    setShown(root, '[data-do="show-number"]', false);
    setShown(root, "[data-number]", true);
    link.focus();
  });
  signals.on("error", ({ in_reply_to, message }) => {
    if (in_reply_to !== "by_phone" && in_reply_to !== "phone_number") return;
    for (const button of queryAll(root, '[data-do^="by-phone"], [data-do="show-number"]')) button.removeAttribute("aria-busy");
    fillSlot(root, "by_phone_error", message);
    setShown(root, '[data-slot="by_phone_error"]', true);
  });
  onPress(root, "copy-number", () => {
    const number = requireElement(root, 'a[data-slot="phone_number"]').getAttribute("href")?.slice("tel:".length) ?? "";
    void navigator.clipboard?.writeText(number).then(
      () => fillSlot(root, "number_copied", text("number_copied")),
      () => undefined, // the number stands beside the button
    );
  });
}

/** @param {string} since @param {import("../types.js").RoomFacts} room */
function words(since, room) {
  if (room.role === "agent") return text("by_phone_staff", { time: clockTimeAt(Date.parse(since), room.offset_minutes) });
  return room.call_to ? text("by_phone_known", { number: room.call_to }) : text("by_phone_unknown");
}
