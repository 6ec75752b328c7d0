// @ts-check
// The last lines of the others: below the picture while the panel does not show them, and in a live region.

import { queryAll, requireElement } from "../../core/dom.js";
import { appendLinked } from "./linked_text.js";

const LINES = 2;
const CAPTION_MS = 8_000; // a spoken sentence gives way to the next, or to silence

/**
 * @param {HTMLElement} root
 * @param {import("./side_panel.js").SidePanel} panel
 */
export function showLatestLines(root, panel) {
  const box = requireElement(root, "[data-latest]");
  const list = requireElement(box, "[data-latest-lines]");
  const typing = requireElement(box, "[data-typed-phone]");
  const announcer = requireElement(root, "[data-announcer]");
  /** @type {{ where: string, source: HTMLElement, shown: HTMLElement, isSpoken: boolean }[]} */
  let lines = [];

  function render() {
    typing.hidden = panel.isShowing("text") || !typing.hasChildNodes();
    const waiting = lines.filter(({ where }) => !panel.isShowing(where));
    const room = waiting.slice(typing.hidden ? -LINES : 1 - LINES); // what is being written takes a line
    for (const line of lines) line.shown.hidden = !room.includes(line);
    box.hidden = typing.hidden && lines.every(({ shown }) => shown.hidden);
    box.scrollTop = box.scrollHeight;
  }

  /** @param {HTMLElement} source */
  function drop(source) {
    lines = lines.filter((line) => line.source !== source || void line.shown.remove());
    render();
  }

  panel.events.on("line", ({ where, who, words, kind, element }) => {
    if (kind.isOwn) return;
    const shown = shortLine(who, words);
    const isSpoken = Boolean(kind.isSpoken);
    list.append(shown);
    lines.push({ where, source: element, shown, isSpoken });
    const old = lines.filter((line) => line.isSpoken === isSpoken).slice(0, isSpoken ? -1 : -LINES);
    for (const { source } of old) drop(source);
    if (isSpoken) setTimeout(() => drop(element), CAPTION_MS);
    else announce(announcer, who, words);
    render();
  });
  panel.events.on("removed", drop);
  panel.events.on("change", render);
  box.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest("a")) return;
    panel.show(lines.findLast(({ shown }) => !shown.hidden)?.where ?? "text");
  });
  render();
}

/** @param {string} who @param {string} words */
function shortLine(who, words) {
  const line = document.createElement("p");
  if (who) line.append(Object.assign(document.createElement("b"), { textContent: who }), " ");
  appendLinked(line, words);
  return line;
}

/**
 * Add a line to the live region. It is outside the panel: a region that is not rendered announces nothing.
 * @param {HTMLElement} announcer
 * @param {string} who
 * @param {string} words
 */
function announce(announcer, who, words) {
  announcer.append(Object.assign(document.createElement("p"), { textContent: who ? `${who}: ${words}` : words }));
  for (const old of queryAll(announcer, "p").slice(0, -LINES)) old.remove();
}
