// @ts-check
// Texts of the page, written by the server in the reader's language: <script type="application/json" id="texts">.

/** @type {Record<string, string> | undefined} */
let known;

/** @returns {Record<string, string>} */
function all() {
  known ??= JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
  return known ?? {};
}

/**
 * One text, with %(name)s filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function text(key, values = {}) {
  return (all()[key] ?? "").replace(/%\((\w+)\)[sd]/g, (_, name) => String(values[name] ?? ""));
}

export const texts = all;
