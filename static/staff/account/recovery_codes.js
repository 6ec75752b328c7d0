// @ts-check
// Buttons that copy and print the recovery codes, which are shown once.

/** @param {HTMLElement} box */
export default function start(box) {
  const codes = box.querySelector("[data-codes]");
  const copy = box.querySelector("[data-copy]");
  const print = box.querySelector("[data-print]");
  const status = box.querySelector("[data-copied]");
  if (!codes || !(copy instanceof HTMLElement) || !(print instanceof HTMLElement) || !(status instanceof HTMLElement)) return;
  copy.hidden = print.hidden = false;
  print.addEventListener("click", () => window.print());
  copy.addEventListener("click", async () => {
    const text = [...codes.querySelectorAll("code")].map((code) => code.textContent).join("\n");
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = status.dataset.copied ?? "";
    } catch {
      // no permission, or a page without https, where there is no clipboard
      getSelection()?.selectAllChildren(codes);
      status.textContent = status.dataset.selected ?? "";
    }
  });
}
