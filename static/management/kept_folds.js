// @ts-check
// Folds that a person opened stay open while the filter of the page changes, in this tab.

import { tryStorage } from "../core/storage.js";

const STORAGE_KEY = "office360-folds";

/** @param {HTMLElement} page the element with the folds, each with an id */
export default function start(page) {
  const folds = [...page.querySelectorAll("details[id]")].filter((fold) => fold instanceof HTMLDetailsElement);
  const kept = tryStorage(() => sessionStorage.getItem(STORAGE_KEY) ?? "", "").split(" ");
  for (const fold of folds) {
    if (kept.includes(fold.id)) fold.open = true;
    fold.addEventListener("toggle", () => {
      const open = folds.filter((one) => one.open).map((one) => one.id);
      tryStorage(() => sessionStorage.setItem(STORAGE_KEY, open.join(" ")), undefined);
    });
  }
}
