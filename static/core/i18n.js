// @ts-check
// Texts that the server wrote into the page in its language: <script type="application/json" id="texts">.

/** @type {Record<string, string> | undefined} */
let cached;

/** @returns {Record<string, string>} */
function loadTexts() {
  cached ??= JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
  return cached ?? {};
}

/**
 * Return a text with its %(name)s placeholders filled in, or an empty string if the key is unknown.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function text(key, values = {}) {
  const filled = (loadTexts()[key] ?? "").replace(/%\((\w+)\)[sd]/g, (_, name) => String(values[name] ?? ""));
  return agreeWithHour(filled);
}

/** Write "la 1:05" for "las 1:05", as core/i18n/catalogues.py does. @param {string} text */
export function agreeWithHour(text) {
  return text.replace(/\b([Ll])as (?=(?:<[^<>]*>)?0?1:[0-5]\d)/g, "$1a ");
}
