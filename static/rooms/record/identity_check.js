// @ts-check
// The agent's identity check: asks the citizen to show a side, notes the ticked steps and the result. Keeps no picture.

import { fillSlot, onPress, queryAll, requireElement, setShown } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { SHOWN_S } from "./asked_document.js";

const SILENT_MS = 20_000; // a person who looks for the card answers later, and the page does not wait for it
const WITHOUT_BACK = new Set(["passport", "other"]);

/**
 * @param {import("../lazy_parts.js").CallPage} page
 * @param {import("../call/call_part.js").HeldEvents} answers the signal `document_shown`
 */
export function startIdentityCheck({ root, signals }, answers) {
  const section = requireElement(root, "[data-identity]");
  const form = /** @type {HTMLFormElement} */ (requireElement(section, "form"));
  const kind = /** @type {HTMLSelectElement} */ (requireElement(form, "select"));
  const steps = /** @type {HTMLInputElement[]} */ (queryAll(form, 'input[type="checkbox"]'));
  const call = requireElement(root, "[data-panel]");
  const doneWords = requireElement(form, "[data-identity-words]").dataset;
  let result = ""; // that was sent and is not yet refused
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let counting;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  /** @param {string} key @param {Record<string, string>} [values] */
  const say = (key, values) => fillSlot(section, "identity_status", text(key, values));
  /** @param {string} words */
  function refuse(words) {
    fillSlot(section, "identity_error", words);
    setShown(section, '[data-slot="identity_error"]', Boolean(words));
  }

  onPress(section, "ask-document", (button) => {
    refuse("");
    signals.send("show_document", { side: button.dataset.side });
    say("document_asked");
    clearTimeout(waiting);
    waiting = setTimeout(() => say("document_silent"), SILENT_MS);
  });
  answers.on("document_shown", ({ side, state }) => {
    clearTimeout(waiting);
    clearInterval(counting);
    call.toggleAttribute("data-shows-identity", state === "showing");
    if (state !== "showing") {
      if (state === "shown") for (const step of steps) if (step.name === side) step.checked = true;
      return say(`document_${state}`);
    }
    const until = Date.now() + 1000 * SHOWN_S;
    const count = () => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      say("document_showing", { seconds: String(seconds) });
      if (until + 3000 < Date.now()) clearInterval(counting), call.removeAttribute("data-shows-identity"); // its answer was lost
    };
    count();
    counting = setInterval(count, 1000);
  });

  const showSteps = () => setShown(form, "[data-step-back]", !WITHOUT_BACK.has(kind.value));
  kind.addEventListener("change", showSteps);
  showSteps(); // it may have been chosen while this module was loading
  /** @param {"checked" | "not_possible"} chosen */
  function send(chosen) {
    refuse("");
    result = chosen;
    const items = Object.fromEntries(steps.map((step) => [step.name, step.checked]));
    signals.send("checklist", { items, result, ...(kind.value ? { document: kind.value } : {}) });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send("checked");
  });
  requireElement(form, '[data-result="not_possible"]').addEventListener("click", () => send("not_possible"));
  signals.on("noted", ({ in_reply_to }) => {
    if (in_reply_to !== "checklist" || !result) return;
    fillSlot(section, "identity_done", (result === "checked" ? doneWords.checked : doneWords.notPossible) ?? "");
    setShown(section, "[data-identity-before]", false);
    setShown(section, "[data-identity-done]", true);
    fillSlot(section, "identity_status", "");
    form.reset();
    setShown(form, "[data-step-back]", true);
    result = "";
  });
  signals.on("error", ({ in_reply_to, message }) => {
    if (in_reply_to !== "checklist" && in_reply_to !== "show_document") return;
    clearTimeout(waiting);
    fillSlot(section, "identity_status", "");
    refuse(message);
  });
}
