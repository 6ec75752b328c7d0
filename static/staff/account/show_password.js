// @ts-check
// A box that shows the typed password as text. Without scripts it stays hidden.

/** @param {HTMLElement} group with the password's field and the box */
export default function start(group) {
  const field = group.querySelector("input[type=password]");
  const box = group.querySelector("input[type=checkbox]");
  if (!(field instanceof HTMLInputElement) || !(box instanceof HTMLInputElement)) return;
  const label = box.closest("label");
  if (label) label.hidden = false;
  box.addEventListener("change", () => (field.type = box.checked ? "text" : "password"));
}
