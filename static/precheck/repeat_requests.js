// @ts-check
// The steps that a person asked to repeat by the buttons in the list of steps.

import { fillSlot, onPress, requireElement } from "../core/dom.js";
import { text } from "../core/i18n.js";

/** @typedef {import("./step_queue.js").RepeatableRow} RepeatableRow */

export class RepeatRequests {
  /** @param {import("./wizard.js").Wizard} wizard */
  constructor(wizard) {
    this.wizard = wizard;
    /** @type {Set<RepeatableRow>} */
    this.rows = new Set();
    onPress(wizard.root, "repeat", (button) => this.ask(/** @type {HTMLElement} */ (button.closest("[data-row]"))));
  }

  /** Repeat a step as soon as the current step ends; a step that waits for the person ends at once. @param {HTMLElement} row */
  ask(row) {
    this.rows.add(/** @type {RepeatableRow} */ (row.dataset.row));
    row.dataset.state = "waiting";
    fillSlot(row, "outcome", text("row_again"));
    this.wizard.announce(`${requireElement(row, "[data-name]").textContent}: ${text("row_again")}`);
    this.wizard.heading.focus(); // the pressed button is gone
  }

  /** Return the steps to repeat, and forget them. */
  take() {
    const asked = [...this.rows];
    this.rows.clear();
    return asked;
  }

  /** Whether a step has an outcome. @param {RepeatableRow} name */
  hasOutcome(name) {
    return !["waiting", "now"].includes(requireElement(this.wizard.root, `[data-row="${name}"]`).dataset.state ?? "");
  }
}
