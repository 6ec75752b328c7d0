// @ts-check
// A message at the bottom of the console, shown for six seconds.

const SHOWN_MS = 6_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let leaving;

/** @param {string} sentence */
export function showToast(sentence) {
  clearTimeout(leaving);
  let box = document.querySelector(".toast");
  if (!box) {
    box = document.createElement("div");
    box.className = "toast";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  box.textContent = sentence;
  leaving = setTimeout(() => box?.remove(), SHOWN_MS);
}
