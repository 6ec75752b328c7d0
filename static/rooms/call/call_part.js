// @ts-check
// A part of the call that loads at its first use: a press, or an event that needs it. It starts once, and gets from the
// page what both share: a built part holds its own copy of the modules that it imports.

import { Emitter } from "../../core/emitter.js";
import { loadLazyPart } from "../../core/lazy_part.js";
import { waitOrOnline } from "../../core/network/page_network.js";

const RETRY_MS = [1_000, 2_000, 5_000, 10_000]; // after a failed load that an event needs; the last wait repeats

/** @template Module, Part */
export class CallPart {
  /**
   * @param {() => Promise<Module>} load imports the module
   * @param {(module: Module) => Part} begin starts the part
   */
  constructor(load, begin) {
    this.load = load;
    this.begin = begin;
    /** @type {{ part: Part } | undefined} */
    this.started = undefined;
    this.isNeeded = false;
  }

  /** @param {Module} module @returns {Part} */
  start(module) {
    this.started ??= { part: this.begin(module) };
    return this.started.part;
  }

  /**
   * Start the part for a press. Resolves to undefined if it did not load, which the person is told.
   * @param {HTMLElement} button
   */
  async startAtPress(button) {
    if (this.started) return this.started.part;
    const module = await loadLazyPart(this.load, button);
    return module ? this.start(module) : undefined;
  }

  /** Start the part for an event. A failed load is repeated, as no person is there to press again. */
  async startForEvent() {
    if (this.isNeeded) return;
    this.isNeeded = true;
    for (let attempt = 0; !this.started; attempt += 1) {
      const module = await this.load().catch(() => undefined);
      if (module) this.start(module);
      else await waitOrOnline(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0);
    }
  }

  /** Start the part at the first press in an element, and repeat the press then. @param {HTMLElement} box */
  startInside(box) {
    const stop = new AbortController();
    const onClick = async (/** @type {Event} */ event) => {
      if (this.started) return stop.abort();
      const button = /** @type {Element} */ (event.target).closest("button, summary");
      if (!(button instanceof HTMLElement)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      await this.startAtPress(button);
      if (this.started) button.click();
    };
    box.addEventListener("click", onClick, { capture: true, signal: stop.signal });
  }
}

/** Events for a part that has not started: they are kept in order, and it gets them then. @extends {Emitter<Record<string, any>>} */
export class HeldEvents extends Emitter {
  /**
   * @param {Emitter<Record<string, any>>} source
   * @param {Record<string, (detail: any) => boolean>} names whether an event needs the part; others are dropped before
   * @param {() => unknown} need called for each event that is kept
   */
  constructor(source, names, need) {
    super();
    /** @type {[string, any][] | undefined} */
    this.held = [];
    for (const [name, isNeeded] of Object.entries(names)) {
      source.on(name, (detail) => {
        if (!this.held) return this.emit(name, detail);
        if (!isNeeded(detail)) return;
        this.held.push([name, detail]);
        need();
      });
    }
  }

  /** Pass on what was kept, after the part has added its listeners. */
  release() {
    const held = this.held ?? [];
    this.held = undefined;
    for (const [name, detail] of held) this.emit(name, detail);
  }
}
