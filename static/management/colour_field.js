// @ts-check
// A colour field: the browser's picker beside the text, and a sample that follows both.

/** @param {HTMLElement} field */
export default function startColourField(field) {
  const picker = /** @type {HTMLInputElement} */ (field.querySelector("[data-picker]"));
  const code = /** @type {HTMLInputElement} */ (field.querySelector("[data-code]"));
  picker.hidden = false;
  picker.addEventListener("input", () => {
    code.value = picker.value.toUpperCase();
    showSample(code);
  });
  code.addEventListener("change", () => {
    if (!/^#[0-9a-f]{6}$/i.test(code.value)) return;
    picker.value = code.value.toLowerCase();
    showSample(code);
  });
}

/** The server answers with legible colours near the chosen ones. @param {HTMLInputElement} code */
function showSample(code) {
  const sheet = document.getElementById("sample-colours");
  if (!(sheet instanceof HTMLLinkElement)) return;
  const address = new URL(sheet.href);
  address.searchParams.set(code.name.replace("_colour", ""), code.value);
  sheet.href = address.href;
}
