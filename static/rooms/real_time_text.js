// @ts-check
// Real-time text (EN 301 549, 6.2): typed text is shown letter by letter, over a data channel.
// Messages: {"text": current line} at every key, {"line": line} when it is finished.

import { text } from "../core/i18n.js";
import { queryAll, requireElement } from "../core/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("./peers.js").Peers} peers
 * @param {import("./roster.js").Roster} roster
 * @param {ReturnType<typeof import("./side_panel.js").makeSidePanel>} panel
 */
export function startRealTimeText(root, peers, roster, panel) {
  const form = requireElement(root, '[data-write="text"]');
  const field = /** @type {HTMLInputElement} */ (requireElement(form, "input"));
  /** @type {Map<string, RTCDataChannel>} */
  const channels = new Map();
  /** @type {Map<string, string>} the unfinished line of each participant */
  const typed = new Map();

  /** @param {object} message */
  function broadcast(message) {
    for (const channel of channels.values()) if (channel.readyState === "open") channel.send(JSON.stringify(message));
  }

  /** @param {string} id */
  const nameOf = (id) => roster.person(id)?.name ?? text("somebody");

  function render() {
    const live = [...typed].filter(([, words]) => words);
    for (const box of queryAll(root, "[data-typed-live], [data-typed-phone]")) {
      box.hidden = live.length === 0;
      box.replaceChildren(...live.map(([id, words]) => typingLine(nameOf(id), words)));
    }
  }

  /** @param {string} id @param {string} raw */
  function receive(id, raw) {
    const message = JSON.parse(raw);
    typed.set(id, String(message.text ?? "").slice(0, 500));
    if (typeof message.line === "string") panel.write("text", nameOf(id), message.line.slice(0, 500));
    render();
  }

  peers.on("peer", (peer) => {
    peer.on("channel", (channel) => {
      channels.set(peer.id, channel);
      channel.onopen = () => field.value && broadcast({ text: field.value });
      channel.onmessage = ({ data }) => receive(peer.id, String(data));
    });
  });
  peers.on("gone", (id) => {
    channels.delete(id);
    typed.delete(id);
    render();
  });
  field.addEventListener("input", () => broadcast({ text: field.value }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const line = field.value.trim();
    if (!line) return;
    broadcast({ line });
    panel.write("text", text("you"), line);
    field.value = "";
  });
  render();
}

/** @param {string} name @param {string} words */
function typingLine(name, words) {
  const line = document.createElement("p");
  line.dataset.typing = "";
  const who = Object.assign(document.createElement("span"), { className: "soft small" });
  who.textContent = text("is_typing", { name });
  const caret = Object.assign(document.createElement("span"), { className: "caret" });
  line.append(who, document.createElement("br"), words, caret);
  return line;
}
