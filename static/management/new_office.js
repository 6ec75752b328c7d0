// @ts-check
// Proposals in the form of a new office: the short name from the name, time zone and country from the browser.

const SMALL_WORDS = new Set(["de", "del", "la", "las", "el", "los", "y", "e", "of", "the", "and"]);
const MAX_LENGTH = 61; // as management/domain/proposals.py

/** @param {string} name @param {Set<string>} taken */
function proposeSlug(name, taken) {
  const plain = name.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase();
  const words = plain.match(/[a-z0-9]+/g) ?? [];
  const kept = words.filter((word) => !SMALL_WORDS.has(word));
  const base = (kept.length ? kept : words).join("-").slice(0, MAX_LENGTH).replace(/-+$/, "");
  let number = 1;
  while (base && taken.has(number === 1 ? base : `${base}-${number}`)) number += 1;
  return number === 1 ? base : `${base}-${number}`;
}

/** @param {HTMLElement} form */
export default function start(form) {
  const field = (/** @type {string} */ id) => /** @type {HTMLInputElement | null} */ (form.querySelector(`#${id}`));
  const [name, slug] = [field("name"), field("slug")];
  const taken = new Set((form.dataset.taken ?? "").split(" "));
  if (name && slug && !slug.value) {
    const propose = () => {
      slug.value = proposeSlug(name.value, taken);
    };
    name.addEventListener("input", propose);
    slug.addEventListener("input", () => name.removeEventListener("input", propose));
  }
  proposePlace(form);
}

/** @param {HTMLElement} form */
function proposePlace(form) {
  const [zone, country] = ["#timezone", "#country"].map((id) => form.querySelector(id));
  if (!(zone instanceof HTMLSelectElement) || !(country instanceof HTMLSelectElement) || zone.value) return;
  zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const proposed = zone.selectedOptions[0]?.dataset.country;
  if (!proposed || country.value) return;
  country.value = proposed;
  country.dispatchEvent(new Event("change"));
}
