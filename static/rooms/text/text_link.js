// @ts-check
// Real-time text with a participant. Two data channels: ours (JSON), and T.140 (RFC 8865) for other software.
// A page of this product speaks first on ours, and from then on its T.140 channel is silent.

import { Emitter } from "../../core/emitter.js";
import { T140, T140_INTERVAL_MS, T140Reader, T140Writer } from "./t140.js";

const OURS = "text"; // label of our channel
const MAX_LINE = 500; // as the field
const UNCONFIRMED_LINES = 50; // a person who writes more without an answer sees that the connection is lost
const PAGE = Math.random().toString(36).slice(2); // ids of lines must differ from those before a reload

/**
 * @typedef {object} TextEvents
 * @property {string} typed the unfinished line
 * @property {string} line a finished line
 * @property {{ words: string, final: boolean }} caption recognised speech
 * @property {boolean} captions whether the other side's speech is recognised
 * @property {undefined} open our channel opened
 */

/** @extends {Emitter<TextEvents>} */
export class TextLink extends Emitter {
  constructor() {
    super();
    /** @type {RTCDataChannel | undefined} */
    this.own = undefined;
    this.speaksOurs = false;
    /** @type {Map<string, string>} own finished lines by id, until the other side confirms them */
    this.unconfirmed = new Map();
    /** @type {Set<string>} ids of received lines; a line is sent again if its confirmation was lost */
    this.received = new Set();
    this.count = 0;
    this.writer = new T140Writer();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  /** Use a channel of the newest peer connection. @param {RTCDataChannel} channel */
  add(channel) {
    if (channel.protocol === T140) return this.addT140(channel);
    if (channel.label !== OURS) return;
    this.own = channel;
    this.speaksOurs = false; // the person may have come back with other software
    channel.onopen = () => {
      for (const [id, line] of this.unconfirmed) this.send({ line, id }); // lost with the connection before
      this.emit("open", undefined);
    };
    channel.onmessage = ({ data }) => this.receive(String(data));
  }

  /** @param {RTCDataChannel} channel */
  addT140(channel) {
    const reader = new T140Reader();
    const { line } = this.writer;
    this.writer = new T140Writer();
    this.writer.write(line); // a new connection has not heard the unfinished line
    channel.onmessage = ({ data }) => {
      if (this.speaksOurs) return;
      for (const finished of reader.read(String(data))) this.emit("line", finished);
      this.emit("typed", reader.line);
    };
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (this.speaksOurs || channel.readyState === "closed") return clearInterval(this.timer);
      if (channel.readyState !== "open") return;
      const block = this.writer.take();
      if (block) channel.send(block);
    }, T140_INTERVAL_MS);
  }

  /** @param {string} raw */
  receive(raw) {
    const message = parseObject(raw);
    if (!message) return;
    this.speaksOurs = true;
    const short = (/** @type {unknown} */ words) => String(words ?? "").slice(0, MAX_LINE);
    if (typeof message.captions === "boolean") this.emit("captions", message.captions);
    else if (typeof message.caption === "string") this.emit("caption", { words: short(message.caption), final: message.final === true });
    else if (typeof message.confirmed === "string") this.unconfirmed.delete(message.confirmed);
    else if (typeof message.line === "string") this.receiveLine(short(message.line), message.id);
    else this.emit("typed", short(message.text));
  }

  /** @param {string} line @param {unknown} id none from a page of an older version */
  receiveLine(line, id) {
    const isNew = typeof id !== "string" || !this.received.has(id);
    if (typeof id === "string") {
      this.received.add(id);
      this.send({ confirmed: id });
    }
    if (isNew) this.emit("line", line);
  }

  /** @param {object} message */
  send(message) {
    if (this.own?.readyState === "open") this.own.send(JSON.stringify(message));
  }

  /** @param {string} words the field's content */
  sendTyped(words) {
    this.send({ text: words });
    this.writer.write(words);
  }

  /** @param {string} line */
  sendLine(line) {
    const id = `${PAGE}-${++this.count}`;
    this.unconfirmed.set(id, line);
    for (const old of [...this.unconfirmed.keys()].slice(0, -UNCONFIRMED_LINES)) this.unconfirmed.delete(old);
    this.send({ line, id });
    this.writer.finish(line);
  }

  close() {
    clearInterval(this.timer);
  }
}

/** @param {string} raw @returns {Record<string, unknown> | undefined} */
function parseObject(raw) {
  try {
    const message = JSON.parse(raw);
    return typeof message === "object" && message !== null ? message : undefined;
  } catch {
    return undefined; // from other software, on a channel that it does not know
  }
}
