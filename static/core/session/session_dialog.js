// @ts-check
// The view of the login over a page: its template, its two steps and its refusals. It sends nothing.

export class SessionDialog {
  /** @param {HTMLDialogElement} element */
  constructor(element) {
    this.element = element;
  }

  /** @param {string} name @returns {HTMLElement} */
  part(name) {
    return /** @type {HTMLElement} */ (this.element.querySelector(`[data-part="${name}"]`));
  }

  /**
   * Fill the dialog from its template, before it opens for the first time.
   * @param {{ onSubmit: (event: SubmitEvent) => void, onPasskey: (step: "passkey" | "second") => void }} handlers
   */
  fill({ onSubmit, onPasskey }) {
    const template = this.element.querySelector("template");
    if (!template) return;
    template.replaceWith(template.content);
    for (const form of this.element.querySelectorAll("form")) form.addEventListener("submit", onSubmit);
    this.part("passkey").addEventListener("click", () => onPasskey("passkey"));
    this.part("second-passkey").addEventListener("click", () => onPasskey("second"));
    this.part("close").addEventListener("click", () => this.element.close());
  }

  /** Open the dialog at its first step. @returns {Promise<boolean>} whether a login closed it */
  ask() {
    this.element.returnValue = "";
    this.element.showModal();
    this.showStep("first");
    return new Promise((resolve) => {
      const closed = () => resolve(this.element.returnValue === "signed_in");
      this.element.addEventListener("close", closed, { once: true });
    });
  }

  /** Show a step, with an empty field. @param {"first" | "second"} step */
  showStep(step) {
    const forms = /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll("[data-step]"));
    for (const form of forms) form.hidden = form.dataset.step !== step;
    this.showRefusal("");
    const field = this.element.querySelector(`[data-step="${step}"] input:not([readonly]):not([type=hidden])`);
    if (!(field instanceof HTMLInputElement)) return;
    field.value = "";
    setTimeout(() => field.focus());
  }

  /** @param {string} [words] */
  showRefusal(words = "") {
    this.part("refusal").hidden = !words;
    this.part("refusal-text").textContent = words;
  }

  /** Close the dialog, as the person is signed in. */
  finish() {
    this.element.close("signed_in");
  }
}
