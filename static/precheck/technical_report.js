// @ts-check
// The technical report: opens when printed, copies its text, prints the page.

import { onPress, requireElement, setShown } from "../core/dom.js";

/** @param {HTMLElement} report */
export default function start(report) {
  if (!(report instanceof HTMLDetailsElement)) return;
  setShown(report, "[data-do]", true);
  openWhilePrinting(report);
  onPress(report, "print", () => window.print());
  onPress(report, "copy", () => copyText(report));
}

/** Open the report for the print, and fold it again afterwards. @param {HTMLDetailsElement} report */
function openWhilePrinting(report) {
  let isFolded = false;
  addEventListener("beforeprint", () => {
    isFolded = !report.open;
    report.open = true;
  });
  addEventListener("afterprint", () => {
    if (isFolded) report.open = false;
  });
}

/** Copy the text; without a clipboard show and select it. @param {HTMLElement} report */
async function copyText(report) {
  const text = requireElement(report, "[data-text]");
  const status = requireElement(report, "[data-status]");
  try {
    await navigator.clipboard.writeText(text.textContent ?? "");
    status.textContent = status.dataset.copied ?? "";
  } catch {
    // no permission, or a page without https, where there is no clipboard
    text.hidden = false;
    text.focus();
    getSelection()?.selectAllChildren(text);
    status.textContent = status.dataset.selected ?? "";
  }
}
