// @ts-check
// The page's view of the test: a single step at a time, with heading, content and a row in the list of steps.

import { queryAll, readJson, fillSlot, requireElement, setShown } from "../core/dom.js";
import { text } from "../core/i18n.js";
import { clockTimeInZone } from "../core/time_format.js";

/**
 * @typedef {import("./types.js").Step} Step
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").RowState} RowState
 */

const STEPS = /** @type {const} */ (["permissions", "camera", "microphone", "speaker", "socket", "paths", "media"]);
const NUMBER_OF_BROWSER = 1; // the browser check comes before the first step

/** @param {number} ms @returns {Promise<void>} */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Return the time zone of the office, by whose clock the page shows all times. @returns {string} */
export const officeZone = () => readJson("test").zone;

/** Format a moment by the office's clock. @param {number} ms since 1970 @returns {string} */
export const officeTime = (ms) => clockTimeInZone(ms, officeZone());

export class Wizard {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.heading = requireElement(root, "h1");
    /** Called with the outcome of each step. @type {(row: Row, state: RowState, key: string) => void} */
    this.onOutcome = () => undefined;
    this.site = document.title.split(" · ").at(-1) ?? "";
  }

  /**
   * Show a step. The focus goes to its heading when the person has something to do, or when it would be lost.
   * @param {Step} step
   * @param {{ words?: string, values?: Record<string, string | number>, calm?: boolean }} [how] `words`: key of the
   *   heading, if it is not the step's own; `calm`: the person has nothing to do, so the focus can stay
   */
  showStep(step, { words = step, values = {}, calm = false } = {}) {
    this.root.dataset.step = step;
    fillSlot(this.root, "title", text(`title_${words}`, values));
    fillSlot(this.root, "lead", text(`lead_${words}`, values));
    fillSlot(this.root, "number", this.stepNumber(step));
    document.title = [text(`title_${words}`, values), this.site].filter(Boolean).join(" · ");
    this.hideHelp();
    this.markCurrent(step);
    const active = document.activeElement;
    const lost = !(active instanceof HTMLElement) || active.offsetParent === null || active === document.body;
    if (calm && !lost) this.announce(text(`title_${words}`, values));
    else this.heading.focus();
  }

  /** @param {Step} step */
  stepNumber(step) {
    const index = STEPS.indexOf(/** @type {any} */ (step));
    const total = STEPS.length + NUMBER_OF_BROWSER;
    return index < 0 ? text("test") : text("step_number", { number: index + 1 + NUMBER_OF_BROWSER, total });
  }

  /** @param {Step} step */
  markCurrent(step) {
    for (const row of queryAll(this.root, "[data-row]")) {
      const here = row.dataset.row === step;
      if (here) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      if (here) this.setRow(/** @type {Row} */ (step), "now", "row_now", false);
      else if (row.dataset.state === "now") this.clearRow(row);
    }
  }

  /** Reset the row of a step without a result. @param {HTMLElement} row */
  clearRow(row) {
    row.dataset.state = "waiting";
    fillSlot(row, "outcome", "");
  }

  /** Reset the rows of all steps. */
  clearRows() {
    for (const row of queryAll(this.root, "[data-row]")) this.clearRow(row);
  }

  /**
   * Show the outcome of a step.
   * @param {Row} name
   * @param {RowState} state
   * @param {string} key of its text
   * @param {boolean} [aloud]
   */
  setRow(name, state, key, aloud = true) {
    const row = requireElement(this.root, `[data-row="${name}"]`);
    row.dataset.state = state;
    fillSlot(row, "outcome", text(key));
    if (state !== "now") this.onOutcome(name, state, key);
    if (aloud) this.announce(`${requireElement(row, "[data-name]").textContent}: ${text(key)}`);
  }

  /** Show a saved outcome with its time. @param {Row} name @param {import("./record/test_record.js").Outcome} outcome */
  showEarlierOutcome(name, { state, key, at }) {
    const row = requireElement(this.root, `[data-row="${name}"]`);
    row.dataset.state = state;
    fillSlot(row, "outcome", text("row_at", { outcome: text(key), time: officeTime(at) }));
  }

  /** Announce a text to screen readers only. @param {string} words */
  announce(words) {
    fillSlot(this.root, "said", words);
  }

  /** Show a verdict chip. @param {string} place @param {string} state green, amber, red, unknown @param {string} key */
  showChip(place, state, key) {
    const chip = requireElement(this.root, `[data-chip="${place}"]`);
    chip.hidden = false;
    chip.dataset.verdict = state;
    fillSlot(chip, "chip", text(key));
  }

  /** Show advice with the buttons to retry or go on. @param {string} title @param {string} help */
  showHelp(title, help) {
    setShown(this.root, '[data-notice="help"]', true);
    fillSlot(this.root, "help_title", title);
    fillSlot(this.root, "help_text", help);
    this.announce(`${title}. ${help}`);
  }

  hideHelp() {
    setShown(this.root, '[data-notice="help"]', false);
  }

  /**
   * Wait for the first press on any of these buttons and return its name.
   * @param {string[]} names of `data-do`
   * @returns {Promise<string>}
   */
  nextPress(...names) {
    return new Promise((resolve) => {
      const stop = new AbortController();
      const listen = (/** @type {Event} */ event) => {
        const button = /** @type {Element} */ (event.target).closest("[data-do]");
        const name = button?.getAttribute("data-do") ?? "";
        if (!names.includes(name)) return;
        stop.abort();
        resolve(name);
      };
      this.root.addEventListener("click", listen, { signal: stop.signal });
    });
  }
}
