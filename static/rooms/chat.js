// @ts-check
// The chat: whole messages over the socket. The server relays them and does not store them.

import { text } from "../core/i18n.js";
import { requireElement } from "../core/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("./signaling.js").RoomSignals} signals
 * @param {import("./roster.js").Roster} roster
 * @param {ReturnType<typeof import("./side_panel.js").makeSidePanel>} panel
 */
export function startChat(root, signals, roster, panel) {
  const form = requireElement(root, '[data-write="chat"]');
  const field = /** @type {HTMLInputElement} */ (requireElement(form, "input"));
  /** @type {HTMLElement | undefined} */
  let last;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = field.value.trim();
    if (!words) return;
    signals.send("chat", { text: words });
    last = panel.write("chat", text("you"), words);
    field.value = "";
  });
  signals.on("chat", ({ from, text: words }) => {
    panel.write("chat", roster.person(from)?.name ?? text("somebody"), words);
  });
  signals.on("error", ({ in_reply_to, message }) => {
    if (in_reply_to === "chat" && last) last.append(` · ${message}`);
  });
}
