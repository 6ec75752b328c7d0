// @ts-check
// Reload the page when the person returns to it, since the e-mail may be verified by then. Typed text is kept.

/** @param {HTMLElement} element */
export default function start(element) {
  let hasTyped = false;
  element.addEventListener("input", () => {
    hasTyped = true;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && !hasTyped && navigator.onLine) location.reload();
  });
}
