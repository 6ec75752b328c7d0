// @ts-check
// The paper slip: prints as soon as it is rendered, then closes if the host console opened it.

/** @param {HTMLElement} page */
export default function start(page) {
  page.querySelector("[data-print]")?.addEventListener("click", () => print());
  if (!new URLSearchParams(location.search).has("print")) return;
  addEventListener("afterprint", () => window.opener && close(), { once: true });
  requestAnimationFrame(() => setTimeout(() => print()));
}
