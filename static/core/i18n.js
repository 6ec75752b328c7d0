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

/** The language of the page, with the digits that clock times of the server have. */
export const pageLocale = () => `${document.documentElement.lang}-u-nu-latn`;

/**
 * Return the text in the plural form of a number; the server sends every form of the language.
 * @param {string} key
 * @param {number} number
 */
export function pluralText(key, number) {
  const values = { num: number };
  return text(`${key}_${new Intl.PluralRules(pageLocale()).select(number)}`, values) || text(`${key}_other`, values);
}

/** Write "la 1:05" for "las 1:05" and "les 1:05", as core/i18n/catalogues.py does. @param {string} text */
export function agreeWithHour(text) {
  return text.replace(/\b([Ll])[ae]s (?=(?:<[^<>]*>)?0?1:[0-5]\d)/g, "$1a ");
}
