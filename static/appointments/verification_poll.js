// @ts-check
// Whoever comes back from reading their e-mail sees what has become of the appointment. What is being typed stays.

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
