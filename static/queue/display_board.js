// @ts-check
// Renders a frame of /ws/display into the page, with the same rows and words as the server's template.

import { requireElement } from "../core/dom.js";

/**
 * @typedef {object} Call
 * @property {string} code
 * @property {string} desk
 * @property {"left" | "right" | "ahead"} arrow
 * @property {string} at
 * @property {number} again how often the call was repeated
 * @property {boolean} now whether the desk is still waiting for the person
 *
 * @typedef {object} Board
 * @property {number} v
 * @property {string} at the server's time, with the office's offset
 * @property {"open" | "paused" | "closed"} state
 * @property {boolean} evacuation whether everyone must leave: nothing else is shown
 * @property {boolean} open by opening hours; `state` stays open while people are still waiting
 * @property {Call[]} calls
 * @property {string[]} missed
 * @property {{ letter: string, name: string }[]} lines
 * @property {{ name: string }[]} [desks] the desks with a call or a pause
 * @property {{ headline: string, detail: string, lines: string[], desks?: string[], evacuation?: { lang: string, text: string, more: string }[] }} page
 */

/** @param {Element} row @param {string} code */
function writeCode(row, code) {
  const [letter = "", number = ""] = code.split("-");
  const sign = requireElement(row, ".code");
  requireElement(sign, "b").textContent = letter;
  sign.lastChild?.nodeType === Node.TEXT_NODE ? (sign.lastChild.textContent = number) : sign.append(number);
}

/**
 * Replace the rows of a list, unless they are the same.
 * @param {string} name
 * @param {(row: HTMLElement, index: number) => void} write
 * @param {number} count
 */
function renderRows(name, count, write) {
  const list = requireElement(document, `[data-rows="${name}"]`);
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(`row-${name}`));
  const rows = Array.from({ length: count }, (_, index) => {
    const row = /** @type {HTMLElement} */ (requireElement(template.content, "li").cloneNode(true));
    write(row, index);
    return row;
  });
  const same = list.children.length === count && rows.every((row, index) => row.isEqualNode(withoutHighlight(list.children[index])));
  if (!same) list.replaceChildren(...rows);
  list.dataset.count = String(count);
  return list;
}

/** Copy a row without the class that only this script adds. @param {Element | undefined} row */
function withoutHighlight(row) {
  const copy = /** @type {Element | null} */ (row?.cloneNode(true) ?? null);
  if (copy?.classList.contains("fresh")) copy.className = copy.className.replace(" fresh", "");
  return copy;
}

/** Move the arrow three times, also for a repeated call. @param {Element | undefined} row */
function restartArrow(row) {
  row?.classList.remove("fresh");
  void (/** @type {HTMLElement} */ (row).offsetWidth); // forces a layout, which restarts the animation
  row?.classList.add("fresh");
}

/** Identify a call; a repeated call has another key. @param {Call} call */
export const callKey = (call) => `${call.code} ${call.at} ${call.again}`;

/**
 * Render the whole board.
 * @param {HTMLElement} page
 * @param {Board} board
 * @param {boolean} isStale whether the data is too old to rely on
 * @param {Set<string>} fresh the calls that are new: their arrow moves
 */
export function renderBoard(page, board, isStale, fresh) {
  page.dataset.state = board.state;
  const calls = renderRows("calls", board.calls.length, (row, index) => {
    const call = /** @type {Call} */ (board.calls[index]);
    writeCode(row, call.code);
    requireElement(row, "[data-desk]").textContent = call.desk;
    row.dataset.arrow = call.arrow;
    row.toggleAttribute("data-now", call.now && !isStale);
    row.toggleAttribute("data-long", call.desk.length > 3);
  });
  board.calls.forEach((call, index) => fresh.has(callKey(call)) && restartArrow(calls.children[index]));
  renderRows("lines", board.lines.length, (row, index) => {
    requireElement(row, ".code b").textContent = board.lines[index]?.letter ?? "";
    requireElement(row, ".name").textContent = board.lines[index]?.name ?? "";
    requireElement(row, "[data-says]").textContent = board.page.lines[index] ?? "";
  });
  const desks = board.desks ?? []; // none in a frame of an older server
  renderRows("desks", desks.length, (row, index) => {
    requireElement(row, "[data-name]").textContent = desks[index]?.name ?? "";
    requireElement(row, "[data-says]").textContent = board.page.desks?.[index] ?? "";
  });
  renderRows("missed", board.missed.length, (row, index) => writeCode(row, board.missed[index] ?? ""));
  const evacuation = board.page.evacuation ?? []; // none in a frame of an older server
  page.toggleAttribute("data-evacuation", evacuation.length > 0);
  renderRows("evacuation", evacuation.length, (row, index) => {
    row.lang = evacuation[index]?.lang ?? "";
    requireElement(row, "b").textContent = evacuation[index]?.text ?? "";
    requireElement(row, "span").textContent = evacuation[index]?.more ?? "";
  });
  const open = board.state === "open";
  calls.hidden = !open || !board.calls.length;
  requireElement(page, "[data-say]").hidden = !board.page.headline;
  requireElement(page, "[data-headline]").textContent = board.page.headline;
  requireElement(page, "[data-detail]").textContent = board.page.detail;
  requireElement(page, "[data-part=waits]").hidden = !open || isStale;
  requireElement(page, "[data-part=desks]").hidden = !desks.length || isStale;
  requireElement(page, "[data-part=missed]").hidden = !board.missed.length || isStale;
  requireElement(page, "[data-part=take]").hidden = !board.open || board.state === "paused";
  requireElement(page, "[data-part=away]").hidden = !isStale;
}
