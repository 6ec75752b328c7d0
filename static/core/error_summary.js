// @ts-check
// The error summary of a form. It takes the focus on load, so that it is read out and seen first; its links focus
// the fields, also those of a closed part of the page.

const FIELDS = "input:not([type=hidden]), select, textarea, button, a[href]";

/** @param {HTMLElement} summary */
export default function start(summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest('a[href^="#"]');
    const place = link instanceof HTMLAnchorElement ? document.getElementById(link.hash.slice(1)) : null;
    if (!place) return;
    event.preventDefault();
    for (let part = place.closest("details"); part; part = part.parentElement?.closest("details") ?? null) part.open = true;
    const field = place.matches(FIELDS) ? place : place.querySelector(FIELDS);
    (field instanceof HTMLElement ? field : place).focus({ preventScroll: true });
    (place.closest(".field, fieldset") ?? place).scrollIntoView({ block: "nearest" });
  });
}
