// @ts-check
// A form is sent once: its button shows that it is busy, and a second press does nothing.

const RELEASE_MS = 8_000; // if the answer never came, the person may press again

/** @param {HTMLFormElement} form */
function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || form.method === "dialog" || form.target === "_blank") return; // this page stays
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), RELEASE_MS);
});

// A page that comes back from the history is ready to be sent again.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) release(form);
});

// <button data-opens="leave"> opens <dialog id="leave">; dialogs close with their own buttons.
document.addEventListener("click", (event) => {
  const opener = /** @type {Element} */ (event.target).closest("[data-opens]");
  if (!(opener instanceof HTMLElement)) return;
  const dialog = document.getElementById(opener.dataset.opens ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  dialog.showModal();
});

export {};
