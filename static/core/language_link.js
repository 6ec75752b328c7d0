// @ts-check
// A link to another language keeps what was typed: the fields of the page are stored when it is pressed, and
// restored on the page that it opens.

import { tryStorage } from "./storage.js";

const STORAGE_KEY = "office360-typed"; // of this tab, and only until the next page
const FOLDED_PARTS = "details:not(.language-menu)";
const NOT_TYPED = new Set(["hidden", "password", "file", "submit", "button", "reset", "image"]);

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

/** @param {HTMLElement} element the link */
export default function start(element) {
  const link = /** @type {HTMLAnchorElement} */ (element);
  restoreFields();
  link.addEventListener("click", () => {
    const typed = { path: link.pathname, fields: [...typedFields()].map(([key, field]) => [key, valueOf(field)]), open: openParts() };
    tryStorage(() => sessionStorage.setItem(STORAGE_KEY, JSON.stringify(typed)), undefined);
  });
}

function restoreFields() {
  const stored = tryStorage(() => sessionStorage.getItem(STORAGE_KEY), null);
  if (!stored) return;
  tryStorage(() => sessionStorage.removeItem(STORAGE_KEY), undefined);
  const typed = JSON.parse(stored);
  if (typed.path !== location.pathname) return;
  /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll(FOLDED_PARTS)).forEach((part, place) => (part.open ||= typed.open.includes(place)));
  const fields = typedFields();
  for (const [key, value] of typed.fields) {
    const field = fields.get(key);
    if (field && valueOf(field) !== value) restoreField(field, value);
  }
}

/** Return the fields of all forms by a key that is the same in every language. @returns {Map<string, Field>} */
function typedFields() {
  const fields = new Map();
  for (const form of document.forms) {
    for (const field of /** @type {Iterable<Field>} */ (form.elements)) {
      if (!field.name || !("value" in field) || NOT_TYPED.has(field.type)) continue;
      const choice = isChoice(field) ? field.value : "";
      fields.set([form.id || form.getAttribute("action"), field.name, choice].join(" "), field);
    }
  }
  return fields;
}

/** @param {Field} field @returns {field is HTMLInputElement} */
function isChoice(field) {
  return field.type === "radio" || field.type === "checkbox";
}

/** @param {Field} field @returns {string | boolean} */
function valueOf(field) {
  return isChoice(field) ? field.checked : field.value;
}

/** @param {Field} field @param {string | boolean} value */
function restoreField(field, value) {
  if (isChoice(field)) field.checked = value === true;
  else if (!(field instanceof HTMLSelectElement) || [...field.options].some((option) => option.value === value)) {
    field.value = String(value);
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @returns {number[]} the places of the open details among all details of the page */
function openParts() {
  return [.../** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll(FOLDED_PARTS))].flatMap((part, place) => (part.open ? [place] : []));
}
