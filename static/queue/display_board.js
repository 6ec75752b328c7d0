// @ts-check
// Paints a frame of /ws/display on the page that the server painted: same rows, same words.

/**
 * @typedef {object} Call
 * @property {string} code
 * @property {string} desk
 * @property {"left" | "right" | "ahead"} arrow
 * @property {string} at
 * @property {number} again how often it was called again
 * @property {boolean} now whether the desk still waits for the person
 *
 * @typedef {object} Board
 * @property {number} v
 * @property {string} at the server's present, with the office's offset
 * @property {"open" | "paused" | "closed"} state
 * @property {boolean} open by its hours; after them `state` stays open for those who are still here
 * @property {Call[]} calls
 * @property {string[]} missed
 * @property {{ letter: string, name: string }[]} lines
 * @property {{ headline: string, detail: string, lines: string[] }} page
 */

/** @param {ParentNode} within @param {string} selector @returns {HTMLElement} */
function find(within, selector) {
  return /** @type {HTMLElement} */ (within.querySelector(selector));
}

/** @param {Element} row @param {string} code */
function writeCode(row, code) {
  const [letter = "", number = ""] = code.split("-");
  const sign = find(row, ".code");
  find(sign, "b").textContent = letter;
  sign.lastChild?.nodeType === Node.TEXT_NODE ? (sign.lastChild.textContent = number) : sign.append(number);
}

/** @param {string} name @param {(row: HTMLElement, index: number) => void} write @param {number} count */
function rows(name, count, write) {
  const list = find(document, `[data-rows="${name}"]`);
  const blank = /** @type {HTMLTemplateElement} */ (document.getElementById(`row-${name}`));
  const made = Array.from({ length: count }, (_, index) => {
    const row = /** @type {HTMLElement} */ (find(blank.content, "li").cloneNode(true));
    write(row, index);
    return row;
  });
  const same = list.children.length === count && made.every((row, index) => row.isEqualNode(bare(list.children[index])));
  if (!same) list.replaceChildren(...made);
  list.dataset.count = String(count);
  return list;
}

/** A row without what only this browser has added to it. @param {Element | undefined} row */
function bare(row) {
  const copy = /** @type {Element | null} */ (row?.cloneNode(true) ?? null);
  if (copy?.classList.contains("fresh")) copy.className = copy.className.replace(" fresh", "");
  return copy;
}

/** The arrow moves three times, also when the same call is repeated. @param {Element | undefined} row */
function point(row) {
  row?.classList.remove("fresh");
  void (/** @type {HTMLElement} */ (row).offsetWidth); // so that the animation begins again
  row?.classList.add("fresh");
}

/** The name of one call, each repetition another. @param {Call} call */
export const callKey = (call) => `${call.code} ${call.at} ${call.again}`;

/**
 * @param {HTMLElement} page
 * @param {Board} board
 * @param {boolean} lost whether nothing has been heard for so long that nobody may rely on a call
 * @param {Set<string>} fresh the calls that are new: their arrow moves
 */
export function paint(page, board, lost, fresh) {
  page.dataset.state = board.state;
  const calls = rows("calls", board.calls.length, (row, index) => {
    const call = /** @type {Call} */ (board.calls[index]);
    writeCode(row, call.code);
    find(row, "[data-desk]").textContent = call.desk;
    row.dataset.arrow = call.arrow;
    row.toggleAttribute("data-now", call.now && !lost);
    row.toggleAttribute("data-long", call.desk.length > 3);
  });
  board.calls.forEach((call, index) => fresh.has(callKey(call)) && point(calls.children[index]));
  rows("lines", board.lines.length, (row, index) => {
    find(row, ".code b").textContent = board.lines[index]?.letter ?? "";
    find(row, ".name").textContent = board.lines[index]?.name ?? "";
    find(row, "[data-says]").textContent = board.page.lines[index] ?? "";
  });
  rows("missed", board.missed.length, (row, index) => writeCode(row, board.missed[index] ?? ""));
  const open = board.state === "open";
  calls.hidden = !open || !board.calls.length;
  find(page, "[data-say]").hidden = !board.page.headline;
  find(page, "[data-headline]").textContent = board.page.headline;
  find(page, "[data-detail]").textContent = board.page.detail;
  find(page, "[data-part=waits]").hidden = !open || lost;
  find(page, "[data-part=missed]").hidden = !board.missed.length || lost;
  find(page, "[data-part=take]").hidden = !board.open || board.state === "paused";
  find(page, "[data-part=away]").hidden = !lost;
}
