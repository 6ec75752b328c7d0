// @ts-check
// The chat: whole messages over the socket. The server relays them and does not store them. A line is kept and sent
// again with the same id until the server says that everyone has it, or that someone will not get it.

import { text } from "../core/i18n.js";
import { requireElement } from "../core/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("./signaling.js").RoomSignals} signals
 * @param {import("./roster.js").Roster} roster
 * @param {import("./side_panel.js").SidePanel} panel
 */
export function startChat(root, signals, roster, panel) {
  const form = requireElement(root, '[data-write="chat"]');
  const field = /** @type {HTMLInputElement} */ (requireElement(form, "input"));
  /** @type {Map<string, { words: string, line: HTMLElement }>} own lines that are under way, by id */
  const unconfirmed = new Map();
  /** @type {Set<string>} lines of others that are shown; a process that took over may send one again */
  const shown = new Set();
  const page = Math.random().toString(36).slice(2);
  let count = 0;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = field.value.trim();
    if (!words) return;
    const id = `${page}-${++count}`;
    unconfirmed.set(id, { words, line: panel.write("chat", text("you"), words, { isOwn: true }) });
    signals.send("chat", { id, text: words });
    field.value = "";
  });
  signals.on("chat", ({ from, id, text: words }) => {
    const key = `${from} ${id}`;
    if (shown.has(key)) return;
    shown.add(key);
    panel.write("chat", roster.person(from)?.name ?? text("somebody"), words);
  });
  signals.on("welcome", () => {
    for (const [id, { words }] of unconfirmed) signals.send("chat", { id, text: words });
  });
  signals.on("delivered", ({ id }) => unconfirmed.delete(id));
  signals.on("error", ({ in_reply_to, id, message }) => {
    if (in_reply_to !== "chat") return;
    unconfirmed.get(id)?.line.append(` · ${message}`);
    unconfirmed.delete(id);
  });
}
