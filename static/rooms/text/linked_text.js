// @ts-check
// Links in written lines. Only http and https, and only where the shown address is the address that opens.

// Ends at white space, quotes, and characters that are invisible or reverse the order of the text.
const ADDRESS = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;
const CLOSING = /[.,;:!?¿¡)\]}»”’…]+$/u; // belongs to the sentence rather than to the address

/**
 * Split words into plain text and links.
 * @param {string} words
 * @returns {{ text: string, href?: string }[]}
 */
export function linkParts(words) {
  /** @type {{ text: string, href?: string }[]} */
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of words.matchAll(ADDRESS)) {
    const shown = trimClosing(found);
    const href = safeHref(shown);
    if (!href) continue;
    if (index > end) parts.push({ text: words.slice(end, index) });
    parts.push({ text: shown, href });
    end = index + shown.length;
  }
  if (end < words.length || !parts.length) parts.push({ text: words.slice(end) });
  return parts;
}

/** Drop the punctuation after an address, but keep a bracket that the address itself opened. @param {string} found */
function trimClosing(found) {
  const trimmed = found.replace(CLOSING, "");
  return found[trimmed.length] === ")" && trimmed.includes("(") && !trimmed.includes(")") ? `${trimmed})` : trimmed;
}

/**
 * Return the address to open, or undefined if its site is not what a reader sees: a name before an @, or a host that
 * is written in other letters than those of the domain name (https://аррle.com, in Cyrillic).
 * @param {string} shown
 */
function safeHref(shown) {
  const url = parseAddress(shown);
  if (!url) return undefined;
  const isPlain = !url.username && !url.password && shown.toLowerCase().startsWith(`${url.protocol}//${url.host}`);
  return isPlain && (url.hostname.includes(".") || url.hostname === "localhost") ? url.href : undefined;
}

/** @param {string} shown @returns {URL | undefined} */
function parseAddress(shown) {
  try {
    return new URL(shown);
  } catch {
    return undefined; // such as https://[
  }
}

/**
 * Append words to an element, with their links. A link opens beside the call and names no sender.
 * @param {HTMLElement} element
 * @param {string} words
 */
export function appendLinked(element, words) {
  for (const { text, href } of linkParts(words)) {
    if (!href) {
      element.append(text);
      continue;
    }
    const link = Object.assign(document.createElement("a"), { href, textContent: text, target: "_blank" });
    link.rel = "noopener noreferrer nofollow";
    element.append(link);
  }
}
