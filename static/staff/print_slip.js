// @ts-check
// The slip: asks for the printer as soon as it is painted, and goes when that is done and the entrance opened it.

/** @param {HTMLElement} page */
export default function start(page) {
  page.querySelector("[data-print]")?.addEventListener("click", () => print());
  if (!new URLSearchParams(location.search).has("print")) return;
  addEventListener("afterprint", () => window.opener && close(), { once: true });
  requestAnimationFrame(() => setTimeout(() => print()));
}
