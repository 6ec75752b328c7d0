// @ts-check
// A button that copies a secret which is shown once. Without a clipboard it selects the text.

/** @param {HTMLElement} box with the field, the button and the status */
export default function start(box) {
  const field = box.querySelector("input");
  const button = box.querySelector("button");
  const status = box.querySelector("[role=status]");
  if (!field || !button || !(status instanceof HTMLElement)) return;
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      status.textContent = status.dataset.copied ?? "";
    } catch {
      // no permission, or a page without https, where there is no clipboard
      field.focus();
      field.select();
      status.textContent = status.dataset.selected ?? "";
    }
  });
}
