// @ts-check
// Slots and rows of the consoles. The server's templates define their shape; this module only fills them.

/** @typedef {{ value: string, text: string }} Verdict */
/** @typedef {{ href: string, text: string }} Link */
/** @typedef {Record<string, any>} Values */

/** @type {Record<string, (slot: HTMLElement, value: any) => void>} */
const RENDERERS = { code: showCode, letter: showLetter, verdict: showVerdict, link: showLink };

/**
 * Fill the slots below `root`. A slot without a value in `values` keeps its content.
 * @param {ParentNode} root
 * @param {Values} values
 */
export function fillSlots(root, values) {
  for (const slot of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-slot]"))) {
    const name = slot.dataset.slot ?? "";
    if (!(name in values)) continue;
    const value = values[name];
    const shown = JSON.stringify(value);
    if (slot.dataset.shown === shown) continue;
    slot.dataset.shown = shown;
    const part = slot.dataset.hides ? slot.closest(slot.dataset.hides) : slot;
    if (part instanceof HTMLElement) part.hidden = value === null || value === "";
    (RENDERERS[slot.dataset.as ?? ""] ?? showText)(slot, value);
  }
  if ("may" in values) showAllowed(root, values.may);
}

/** Show the permitted actions and hide the others. @param {ParentNode} root @param {string[]} may */
export function showAllowed(root, may) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-may]"))) {
    part.hidden = !may.includes(part.dataset.may ?? "");
  }
}

/** @param {HTMLElement} slot @param {string | null} value */
function showText(slot, value) {
  slot.textContent = value;
}

/**
 * Show a ticket code such as "B-042" as a sign; it still reads and copies as text.
 * @param {HTMLElement} slot
 * @param {string | null} value
 */
function showCode(slot, value) {
  const [letter = "", ...number] = (value ?? "").split("-");
  const sign = document.createElement("span");
  sign.className = "code";
  const parts = [document.createElement("b"), document.createElement("i")];
  parts[0]?.append(letter);
  parts[1]?.append("-");
  sign.append(...parts, number.join("-"));
  slot.replaceChildren(...(value ? [sign] : []));
}

/** Show the letter of a line as a sign. @param {HTMLElement} slot @param {string} value */
function showLetter(slot, value) {
  const sign = document.createElement("span");
  sign.className = "code";
  sign.append(document.createElement("b"));
  sign.firstElementChild?.append(value);
  slot.replaceChildren(...(value ? [sign] : []));
}

/** @param {HTMLElement} slot @param {Verdict | null} value */
export function showVerdict(slot, value) {
  const template = value && document.getElementById(`verdict-${value.value}`);
  slot.replaceChildren();
  if (!value || !(template instanceof HTMLTemplateElement)) return;
  slot.append(template.content.cloneNode(true));
  slot.firstElementChild?.append(value.text);
}

/** @param {HTMLElement} slot @param {Link | null} value */
function showLink(slot, value) {
  if (slot instanceof HTMLAnchorElement && value) slot.href = value.href;
  slot.textContent = value?.text ?? "";
}

/**
 * Update the rows of a list to `items`, in their order. A row that stays keeps its element.
 * @param {ParentNode} root
 * @param {string} name of `data-rows` and of the template
 * @param {Values[]} items each with an `id`
 */
export function fillRows(root, name, items) {
  const list = root.querySelector(`[data-rows="${name}"]`);
  const template = document.getElementById(`row-${name}`);
  if (!(list instanceof HTMLElement) || !(template instanceof HTMLTemplateElement)) return;
  /** @type {Map<string, HTMLElement>} */
  const known = new Map();
  for (const row of /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children)) known.set(row.dataset.id ?? "", row);
  const rows = items.map((item) => {
    const row = known.get(item.id) ?? copyOf(template);
    known.delete(item.id);
    row.dataset.id = item.id;
    setData(row, item);
    fillSlots(row, item);
    return row;
  });
  for (const gone of known.values()) gone.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

/** Show the notes of colleagues, if there are any. @param {ParentNode} root @param {Values[]} notes */
export function renderNotes(root, notes) {
  const section = root.querySelector("[data-notes]");
  if (!(section instanceof HTMLElement)) return;
  fillRows(section, "note", notes);
  section.hidden = notes.length === 0;
}

/**
 * Set the data attributes that `data-sets` names; styles and actions read them.
 * @param {HTMLElement} part
 * @param {Values} values
 */
export function setData(part, values) {
  for (const name of (part.dataset.sets ?? "").split(" ").filter(Boolean)) part.dataset[name] = String(values[name]);
}

/** @param {HTMLTemplateElement} template @returns {HTMLElement} */
function copyOf(template) {
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {HTMLElement} */ (copy.firstElementChild);
}
