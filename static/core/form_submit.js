// @ts-check
// Protection against double submits: the pressed button shows that it is busy, a second submit is ignored.

const RELEASE_MS = 8_000; // without an answer by then, the form can be submitted again

/** @param {HTMLFormElement} form */
function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || form.method === "dialog" || form.target === "_blank") return; // the page is not left
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), RELEASE_MS);
});

// A page restored from the back/forward cache can be submitted again.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) release(form);
});

// <button data-opens="leave"> opens <dialog id="leave">. Dialogs have their own close buttons.
document.addEventListener("click", (event) => {
  const opener = /** @type {Element} */ (event.target).closest("[data-opens]");
  if (!(opener instanceof HTMLElement)) return;
  const dialog = document.getElementById(opener.dataset.opens ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  dialog.showModal();
  dialog.addEventListener("close", () => focusMenu(opener), { once: true });
});

/** Focus the button of the menu that held the opener: a dialog closes it, and a hidden opener gets no focus. @param {HTMLElement} opener */
function focusMenu(opener) {
  const menu = opener.closest("[popover]");
  if (!menu || opener.checkVisibility()) return;
  const button = document.querySelector(`[popovertarget="${menu.id}"]`);
  if (button instanceof HTMLElement) button.focus();
}

export {};
