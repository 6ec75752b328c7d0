// @ts-check
// A message at the bottom of the console, shown for six seconds. One that offers to undo something goes with it.

const SHOWN_MS = 6_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let leaving;

/** @param {string} sentence @param {string} [about] id of the ticket that the sentence offers to call again */
export function showToast(sentence, about = "") {
  clearTimeout(leaving);
  let box = document.querySelector(".toast");
  if (!box) {
    box = document.createElement("div");
    box.className = "toast";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  box.textContent = sentence;
  /** @type {HTMLElement} */ (box).dataset.about = about;
  leaving = setTimeout(() => box?.remove(), SHOWN_MS);
}

/** Remove the message about a ticket that can no longer be called again. @param {string[]} tickets those that can */
export function dropOldToast(tickets) {
  const box = /** @type {HTMLElement | null} */ (document.querySelector(".toast"));
  if (box?.dataset.about && !tickets.includes(box.dataset.about)) box.remove();
}
