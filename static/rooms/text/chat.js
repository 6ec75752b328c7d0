// @ts-check
// The chat: whole messages over the socket. The server relays them and does not store them. A line is kept and sent
// again with the same id until the server says that everyone has it, or that a person will not get it. Then the line
// says so, and a button sends it again.

import { text } from "../../core/i18n.js";
import { requireElement } from "../../core/dom.js";

/** @typedef {{ id: string, words: string, line: HTMLElement }} OwnLine */

/**
 * @param {HTMLElement} root
 * @param {import("../signaling.js").RoomSignals} signals
 * @param {import("../roster.js").Roster} roster
 * @param {import("./side_panel.js").SidePanel} panel
 */
export function startChat(root, signals, roster, panel) {
  const form = requireElement(root, '[data-write="chat"]');
  const field = /** @type {HTMLInputElement} */ (requireElement(form, "input"));
  /** @type {Map<string, OwnLine>} own lines that are under way, by id */
  const unconfirmed = new Map();
  /** @type {Set<string>} lines of others that are shown; a process that took over may send a line again */
  const shown = new Set();
  const page = Math.random().toString(36).slice(2);
  let count = 0;

  /** @param {OwnLine} own */
  function send(own) {
    unconfirmed.set(own.id, own);
    signals.send("chat", { id: own.id, text: own.words });
  }

  /** @param {OwnLine} own @param {string} why */
  function showUnsent(own, why) {
    const again = Object.assign(document.createElement("button"), { className: "button quiet", type: "button", textContent: text("chat_again") });
    const notice = Object.assign(document.createElement("span"), { className: "unsent" });
    notice.append(Object.assign(document.createElement("span"), { textContent: why }), again);
    own.line.append(notice);
    own.line.scrollIntoView({ block: "nearest" });
    panel.tell({ where: "chat", who: why, words: own.words, kind: {}, element: own.line });
    again.addEventListener("click", () => {
      requireElement(root, '[data-lines="chat"]').focus(); // the button goes
      notice.remove();
      panel.untell(own.line);
      send(own);
    });
  }

  /** @param {{ code: string, to?: string[], message: string }} error */
  function whyUnsent({ code, to, message }) {
    if (code !== "not_delivered") return message;
    if (!to) return text("chat_alone");
    const names = to.map((id) => roster.person(id)?.name).filter(Boolean);
    return names.length ? text("chat_unsent_to", { names: names.join(", ") }) : text("chat_unsent");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = field.value.trim();
    if (!words) return;
    send({ id: `${page}-${++count}`, words, line: panel.write("chat", text("you"), words, { isOwn: true }) });
    field.value = "";
  });
  signals.on("chat", ({ from, id, text: words }) => {
    const key = `${from} ${id}`;
    if (shown.has(key)) return;
    shown.add(key);
    panel.write("chat", roster.person(from)?.name ?? text("other_person"), words);
  });
  signals.on("welcome", () => unconfirmed.forEach(send));
  signals.on("delivered", ({ id }) => unconfirmed.delete(id));
  signals.on("error", ({ in_reply_to, id, code, to, message }) => {
    const own = in_reply_to === "chat" ? unconfirmed.get(id) : undefined;
    if (!own) return;
    unconfirmed.delete(id);
    showUnsent(own, whyUnsent({ code, to, message }));
  });
}
