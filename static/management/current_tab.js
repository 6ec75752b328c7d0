// @ts-check
// Tabs that scroll sideways on a phone: the current one is brought into view.

/** @param {HTMLElement} tabs */
export default function start(tabs) {
  const current = tabs.querySelector("[aria-current]");
  if (!(current instanceof HTMLElement)) return;
  tabs.scrollLeft = current.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
}
