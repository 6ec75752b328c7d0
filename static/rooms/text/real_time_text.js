// @ts-check
// Real-time text (EN 301 549, 6.2): typed text is shown letter by letter, over data channels (text/text_link.js).

import { text } from "../../core/i18n.js";
import { queryAll, requireElement, setShown } from "../../core/dom.js";
import { TextLink } from "./text_link.js";
import { UnfinishedLines } from "./unfinished_lines.js";

/**
 * @param {HTMLElement} root
 * @param {import("../connection/peers.js").Peers} peers
 * @param {import("../roster.js").Roster} roster
 * @param {import("./side_panel.js").SidePanel} panel
 * @returns {Map<string, TextLink>} a link for each participant
 */
export function startRealTimeText(root, peers, roster, panel) {
  const form = requireElement(root, '[data-write="text"]');
  const field = /** @type {HTMLInputElement} */ (requireElement(form, "input"));
  /** @type {Map<string, TextLink>} */
  const links = new Map();
  /** @type {Set<string>} who has said that their voice has captions; they say it again on each new connection */
  const captioned = new Set();
  /** @param {string} id */
  const nameOf = (id) => roster.person(id)?.name ?? text("other_person");
  const typed = new UnfinishedLines({
    write: (id, words) => panel.write("text", nameOf(id), words),
    remove: (line) => panel.remove(line),
    change: render,
  });
  const spoken = new UnfinishedLines({
    write: (id, words) => panel.write("text", text("spoken_by", { name: nameOf(id) }), words, { isSpoken: true }),
    remove: (line) => panel.remove(line),
    change: render,
  });

  function render() {
    const lines = [
      ...spoken.live.map(([id, words]) => liveLine(text("is_speaking", { name: nameOf(id) }), words)),
      ...typed.live.map(([id, words]) => liveLine(text("is_typing", { name: nameOf(id) }), words, true)),
    ];
    for (const box of queryAll(root, "[data-typed-live], [data-typed-phone]")) box.replaceChildren(...lines.map((line) => line.cloneNode(true)));
    setShown(root, "[data-typed-live]", lines.length > 0);
    panel.events.emit("change", undefined);
  }

  /** @param {string} id */
  function openLink(id) {
    const link = new TextLink();
    links.set(id, link);
    link.on("open", () => link.send({ text: field.value }));
    link.on("typed", (words) => typed.update(id, words));
    link.on("line", (words) => typed.finish(id, words));
    link.on("caption", ({ words, final }) => (final ? spoken.finish(id, words) : spoken.update(id, words)));
    link.on("captions", (on) => {
      if (captioned.has(id) === on) return;
      if (on) captioned.add(id);
      else captioned.delete(id);
      panel.note(text(on ? "captions_by" : "captions_over", { name: nameOf(id) }));
    });
    return link;
  }

  peers.on("peer", (peer) => {
    const link = openLink(peer.id);
    peer.on("channel", (channel) => link.add(channel));
  });
  peers.on("gone", (id) => {
    links.get(id)?.close();
    links.delete(id);
    captioned.delete(id);
    typed.end(id);
    spoken.end(id);
  });
  field.addEventListener("input", () => links.forEach((link) => link.sendTyped(field.value)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const line = field.value.trim();
    if (!line) return;
    if (!links.size) return panel.note(text("text_alone")); // the field keeps the line
    links.forEach((link) => link.sendLine(line));
    panel.write("text", text("you"), line, { isOwn: true });
    field.value = "";
  });
  render();
  return links;
}

/** @param {string} label @param {string} words @param {boolean} [hasCaret] */
function liveLine(label, words, hasCaret = false) {
  const line = document.createElement("p");
  line.dataset.typing = "";
  const who = Object.assign(document.createElement("span"), { className: "soft small", textContent: label });
  line.append(who, document.createElement("br"), words);
  if (hasCaret) line.append(Object.assign(document.createElement("span"), { className: "caret" }));
  return line;
}
