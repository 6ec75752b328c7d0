// @ts-check
// The unfinished line of each participant. It ends by itself when its writer pauses, and goes on if they do.

const PAUSE_MS = 10_000; // longer than a pause to think; an unfinished line would otherwise stay "being typed"

/**
 * @typedef {object} LineOwner
 * @property {(id: string, words: string) => HTMLElement} write adds a finished line
 * @property {(line: HTMLElement) => void} remove takes back a line whose writer goes on
 * @property {() => void} change
 */

export class UnfinishedLines {
  /** @param {LineOwner} owner */
  constructor(owner) {
    this.owner = owner;
    /** @type {Map<string, { words: string, timer: ReturnType<typeof setTimeout>, ended?: HTMLElement }>} */
    this.all = new Map();
  }

  /** Return the lines that are being written now. @returns {[string, string][]} */
  get live() {
    return [...this.all].filter(([, { ended }]) => !ended).map(([id, { words }]) => [id, words]);
  }

  /** @param {string} id @param {string} words all of the line; empty if it was erased */
  update(id, words) {
    if (words === (this.all.get(id)?.words ?? "")) return; // repeated after a reconnection
    this.discard(id);
    if (words.trim()) this.all.set(id, { words, timer: setTimeout(() => this.pause(id), PAUSE_MS) });
    this.owner.change();
  }

  /** @param {string} id */
  pause(id) {
    const line = this.all.get(id);
    if (!line || line.ended) return;
    line.ended = this.owner.write(id, line.words);
    this.owner.change();
  }

  /** Replace the unfinished line by its finished form. @param {string} id @param {string} words */
  finish(id, words) {
    this.discard(id);
    if (words.trim()) this.owner.write(id, words);
    this.owner.change();
  }

  /** Keep what was written by a person who is gone. @param {string} id */
  end(id) {
    this.pause(id);
    clearTimeout(this.all.get(id)?.timer);
    this.all.delete(id);
    this.owner.change();
  }

  /** @param {string} id */
  discard(id) {
    const line = this.all.get(id);
    clearTimeout(line?.timer);
    if (line?.ended) this.owner.remove(line.ended);
    this.all.delete(id);
  }
}
