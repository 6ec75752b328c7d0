// @ts-check
// The filter of the calendar: a choice applies at once, so that its button is not needed.

/** @param {HTMLFormElement} form */
export default function start(form) {
  for (const button of form.querySelectorAll("[data-submits]")) button.classList.add("visually-hidden");
  form.addEventListener("change", () => form.requestSubmit());
}
