// @ts-check
// The room's socket: comes back by itself, resumes its session, keeps what could not be sent meanwhile.

import { connect, IMMEDIATE } from "../core/reconnecting_socket.js";
import { Emitter } from "../core/emitter.js";

const MAX_UNSENT = 200; // a call's start sends about 40; more than this was never going to help
const ICE_MS = 1_000; // fresh credentials are worth this wait before an ICE restart
const NEVER_QUEUED = new Set(["quality", "ping"]);

/** @extends {Emitter<Record<string, any>>} every message of the server by its type, and `connection` */
export class RoomSignals extends Emitter {
  /** @param {string} url @param {object} hello token, or appointment of staff */
  constructor(url, hello) {
    super();
    this.url = url;
    this.firstHello = hello;
    /** @type {string | undefined} */
    this.session = undefined;
    this.seq = 0;
    /** @type {"open" | "waiting" | "closed"} */
    this.state = "waiting";
    this.lostAt = 0;
    /** @type {RTCIceServer[]} */
    this.iceServers = [];
    /** @type {object[]} */
    this.unsent = [];
    /** @type {ReturnType<typeof connect> | undefined} */
    this.socket = undefined;
  }

  open() {
    this.socket = connect({
      url: this.url,
      backOff: IMMEDIATE,
      hello: () => this.hello(),
      onMessage: (message) => this.onMessage(message),
      onState: (state, code) => this.setState(state, code),
    });
  }

  /** The server tries the session first; if that is over, the introduction still opens the door. */
  hello() {
    if (!this.session) return this.firstHello;
    return { ...this.firstHello, resume: { session: this.session, seq: this.seq } };
  }

  /** @param {any} message */
  onMessage(message) {
    if (message.type === "welcome") {
      this.session = message.session;
      this.seq = message.seq;
      this.iceServers = message.ice_servers;
      this.setState("open");
      for (const one of this.unsent.splice(0)) this.socket?.send(one);
    } else if (typeof message.seq === "number") {
      if (message.seq > 0 && message.seq <= this.seq) return;
      this.seq = Math.max(this.seq, message.seq);
    }
    if (message.type === "ice_servers") this.iceServers = message.ice_servers;
    this.emit(message.type, message);
  }

  /** Open means welcomed: until then what is said waits. @param {"open" | "waiting" | "closed"} state @param {number} [code] */
  setState(state, code) {
    if (state === "open" && !this.session) return;
    if (state !== "open" && this.state === "open") this.lostAt = Date.now();
    if (state === this.state) return;
    this.state = state;
    this.emit("connection", { state, code });
  }

  /** @param {string} type @param {object} [body] */
  send(type, body = {}) {
    const message = { type, ...body };
    if (this.state === "open" && this.socket?.send(message)) return;
    if (NEVER_QUEUED.has(type) || this.unsent.length >= MAX_UNSENT) return;
    this.unsent.push(message);
  }

  /** Credentials for an ICE restart: fresh ones if there is a relay at all and the server answers soon. */
  async freshIceServers() {
    if (this.iceServers.length && this.state === "open") {
      await new Promise((resolve) => {
        const stop = this.on("ice_servers", () => resolve(stop()));
        setTimeout(() => resolve(stop()), ICE_MS);
        this.send("ice_servers");
      });
    }
    return this.iceServers;
  }

  close() {
    this.socket?.close();
    this.setState("closed");
  }
}
