// @ts-check
// Sending of a file in parts. After a cut it goes on from the last part that arrived.

import { Emitter } from "../../core/emitter.js";
import { waitOrOnline } from "../../core/network/page_network.js";
import { callRoom, isTemporary, PapersRefused, refusalOf } from "./papers_api.js";

const FIRST_PART_BYTES = 64 * 1024; // a part must not block the call's media for long
const QUICK_PART_MS = 700; // faster parts double their size
const SLOW_PART_MS = 2_500; // slower parts halve it
const PART_TIMEOUT_MS = 30_000; // a dead connection does not say so
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** @typedef {"sending" | "waiting" | "done" | "failed" | "cancelled"} UploadState */

/** @extends {Emitter<{ change: DocumentUpload }>} */
export class DocumentUpload extends Emitter {
  /** @param {string} path of the room's documents @param {File} file */
  constructor(path, file) {
    super();
    this.path = path;
    this.file = file;
    this.sent = 0;
    /** @type {UploadState} */
    this.state = "sending";
    this.refusal = "";
    this.id = "";
    this.partBytes = FIRST_PART_BYTES;
    this.maxPartBytes = FIRST_PART_BYTES;
    this.abort = new AbortController();
  }

  /** Send the file, however often the connection is lost. Resolves when it has arrived, was refused or cancelled. */
  async run() {
    try {
      const sha256 = await hashFile(this.file);
      const begun = await this.retrying(() =>
        this.call(this.path, { method: "POST", json: { name: this.file.name, size: this.file.size, sha256 } }),
      );
      this.id = begun.id;
      this.maxPartBytes = begun.max_part_bytes;
      this.change("sending", begun.received);
      let answer = begun;
      while (!answer.is_complete) answer = await this.retrying(() => this.sendPart());
      this.change("done", this.file.size);
    } catch (error) {
      if (this.state === "cancelled") return;
      this.refusal = refusalOf(error);
      this.change("failed");
    }
  }

  /** Send the next part. The server's answer says where the next part begins. */
  async sendPart() {
    const began = performance.now();
    const part = this.file.slice(this.sent, this.sent + this.partBytes);
    try {
      const answer = await this.call(`${this.path}/${this.id}`, { method: "PATCH", part, offset: this.sent });
      this.adapt(performance.now() - began);
      this.change("sending", answer.received);
      return answer;
    } catch (error) {
      if (!(error instanceof PapersRefused) || error.body.code !== "wrong_offset") throw error;
      if (error.body.offset === this.sent) throw error;
      this.change("sending", error.body.offset); // the part had arrived, its answer had not
      return { is_complete: false };
    }
  }

  /** @param {number} took_ms */
  adapt(took_ms) {
    if (took_ms < QUICK_PART_MS) this.partBytes = Math.min(this.partBytes * 2, this.maxPartBytes);
    else if (took_ms > SLOW_PART_MS) this.partBytes = Math.max(this.partBytes / 2, FIRST_PART_BYTES);
  }

  /** Repeat a call until it is answered. @template T @param {() => Promise<T>} call @returns {Promise<T>} */
  async retrying(call) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        if (this.state === "cancelled" || !isTemporary(error)) throw error;
        this.partBytes = FIRST_PART_BYTES;
        this.change("waiting");
        await waitOrOnline(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0, this.abort.signal);
      }
    }
  }

  /** Make a call that ends when the upload is cancelled or the connection is lost. @param {string} path @param {object} options */
  async call(path, options) {
    const timeout = new AbortController();
    const stop = () => timeout.abort();
    const timer = setTimeout(stop, PART_TIMEOUT_MS);
    this.abort.signal.addEventListener("abort", stop);
    try {
      return await callRoom(path, { ...options, signal: timeout.signal });
    } finally {
      clearTimeout(timer);
      this.abort.signal.removeEventListener("abort", stop);
    }
  }

  cancel() {
    this.change("cancelled");
    this.abort.abort();
    if (this.id) void callRoom(`${this.path}/${this.id}`, { method: "DELETE" }).catch(() => undefined);
  }

  /** @param {UploadState} state @param {number} [sent] */
  change(state, sent = this.sent) {
    if (this.state === "cancelled") return;
    this.state = state;
    this.sent = sent;
    this.emit("change", this);
  }
}

/** Return the SHA-256 of a file in hexadecimal. @param {File} file */
async function hashFile(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
