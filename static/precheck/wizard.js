// @ts-check
// One step of the test at a time: its heading, its part of the page, its row in the list of all steps.

import { all, facts, fill, must, show } from "../core/dom.js";
import { text } from "../core/i18n.js";

/**
 * @typedef {import("./types.js").Step} Step
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").RowState} RowState
 */

const ROWS = /** @type {const} */ (["permissions", "camera", "microphone", "speaker", "socket", "paths", "media"]);
const NUMBER_OF_BROWSER = 1; // the browser was looked at before the first step

/** @param {number} ms @returns {Promise<void>} */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {number} at ms @returns {string} as the office's clock shows it */
export const clockTime = (at) =>
  new Date(at).toLocaleTimeString(document.documentElement.lang, { ...officeClock(), hour: "numeric", minute: "2-digit" });

/** Like all times on our pages. @returns {Intl.DateTimeFormatOptions} */
export const officeClock = () => ({ timeZone: facts("test").zone, hourCycle: "h23" });

export class Wizard {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.heading = must(root, "h1");
    /** What each step comes to. @type {(row: Row, state: RowState, key: string) => void} */
    this.noted = () => undefined;
    this.site = document.title.split(" · ").at(-1) ?? "";
  }

  /**
   * Show a step. The focus goes to its heading when the person has something to do, or when it would be lost.
   * @param {Step} step
   * @param {{ words?: string, values?: Record<string, string | number>, calm?: boolean }} [how] `words`: key of its
   *   heading, when it is not the step's own; `calm`: nothing to do here, so the focus may stay
   */
  go(step, { words = step, values = {}, calm = false } = {}) {
    this.root.dataset.step = step;
    fill(this.root, "title", text(`title_${words}`, values));
    fill(this.root, "lead", text(`lead_${words}`, values));
    fill(this.root, "number", this.number(step));
    document.title = [text(`title_${words}`, values), this.site].filter(Boolean).join(" · ");
    this.hideHelp();
    this.current(step);
    const active = document.activeElement;
    const lost = !(active instanceof HTMLElement) || active.offsetParent === null || active === document.body;
    if (calm && !lost) this.say(text(`title_${words}`, values));
    else this.heading.focus();
  }

  /** @param {Step} step */
  number(step) {
    const index = ROWS.indexOf(/** @type {any} */ (step));
    const total = ROWS.length + NUMBER_OF_BROWSER;
    return index < 0 ? text("test") : text("step_number", { number: index + 1 + NUMBER_OF_BROWSER, total });
  }

  /** @param {Step} step */
  current(step) {
    for (const row of all(this.root, "[data-row]")) {
      const here = row.dataset.row === step;
      if (here) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      if (here) this.row(/** @type {Row} */ (step), "now", "row_now", false);
      else if (row.dataset.state === "now") this.forget(row);
    }
  }

  /** A step that came to no result shows itself later. @param {HTMLElement} row */
  forget(row) {
    row.dataset.state = "waiting";
    fill(row, "outcome", "");
  }

  /** A test from its beginning. */
  blank() {
    for (const row of all(this.root, "[data-row]")) this.forget(row);
  }

  /** What came out of a step. @param {Row} name @param {RowState} state @param {string} key of its words @param {boolean} [aloud] */
  row(name, state, key, aloud = true) {
    const row = must(this.root, `[data-row="${name}"]`);
    row.dataset.state = state;
    fill(row, "outcome", text(key));
    if (state !== "now") this.noted(name, state, key);
    if (aloud) this.say(`${must(row, "[data-name]").textContent}: ${text(key)}`);
  }

  /** What came out before, with its time. @param {Row} name @param {import("./test_record.js").Outcome} outcome */
  earlier(name, { state, key, at }) {
    const row = must(this.root, `[data-row="${name}"]`);
    row.dataset.state = state;
    fill(row, "outcome", text("row_at", { outcome: text(key), time: clockTime(at) }));
  }

  /** For screen readers; what is seen says it elsewhere. @param {string} words */
  say(words) {
    fill(this.root, "said", words);
  }

  /** @param {string} place @param {string} state of the verdict chip: green, amber, red, unknown @param {string} key */
  chip(place, state, key) {
    const chip = must(this.root, `[data-chip="${place}"]`);
    chip.hidden = false;
    chip.dataset.verdict = state;
    fill(chip, "chip", text(key));
  }

  /** What to change, with the ways on. @param {string} title @param {string} help */
  help(title, help) {
    show(this.root, '[data-notice="help"]', true);
    fill(this.root, "help_title", title);
    fill(this.root, "help_text", help);
    this.say(`${title}. ${help}`);
  }

  hideHelp() {
    show(this.root, '[data-notice="help"]', false);
  }

  /** The first press on one of these. @param {string[]} names of `data-do` @returns {Promise<string>} */
  pressed(...names) {
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
