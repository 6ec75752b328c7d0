// @ts-check
// Texts of the page, written by the server in the reader's language: <script type="application/json" id="texts">.

/** @type {Record<string, string> | undefined} */
let cached;

/** @returns {Record<string, string>} */
function loadTexts() {
  cached ??= JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
  return cached ?? {};
}

/**
 * One text, with %(name)s filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function text(key, values = {}) {
  return (loadTexts()[key] ?? "").replace(/%\((\w+)\)[sd]/g, (_, name) => String(values[name] ?? ""));
}

