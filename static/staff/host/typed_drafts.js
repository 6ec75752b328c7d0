// @ts-check
// Text typed into a dialog that Esc or its cross closed: it is there again when the dialog opens about the same entry.
// A button that says to leave it as it is forgets the text, and so does sending it.

const KEPT_MS = 10 * 60_000; // by then another person may stand at the counter

/** Texts by field, by the dialog and its entry. @type {Map<string, { at: number, texts: Map<string, string> }>} */
const drafts = new Map();

/** @param {Element} dialog */
const keyOf = (dialog) => `${dialog.id} ${dialog instanceof HTMLElement ? (dialog.dataset.id ?? "") : ""}`;

// While it is typed: a key may open the dialog again before the browser dispatches `close`.
document.addEventListener("input", ({ target: field }) => {
  if (!(field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && /^te/.test(field.type)))) return;
  const dialog = field.closest("dialog");
  if (!dialog) return;
  const texts = drafts.get(keyOf(dialog))?.texts ?? new Map();
  drafts.set(keyOf(dialog), { at: Date.now(), texts: texts.set(field.id, field.value) });
});

/** @param {Element | null | undefined} dialog */
export function forgetDraft(dialog) {
  if (dialog) drafts.delete(keyOf(dialog));
}

/** Put the kept texts into a dialog whose forms are empty. @param {Element} dialog with the id of its entry */
export function restoreDraft(dialog) {
  const draft = drafts.get(keyOf(dialog));
  if (!draft || Date.now() - draft.at > KEPT_MS) return;
  for (const [id, text] of draft.texts) {
    const field = dialog.querySelector(`#${CSS.escape(id)}`);
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = text;
  }
}
