// @ts-check
// The socket of the room: reconnects, resumes its session, queues messages while disconnected.

import { CALL_BACK_OFF } from "../core/network/reconnect_wait.js";
import { connect } from "../core/network/reconnecting_socket.js";
import { Emitter } from "../core/emitter.js";

const MAX_UNSENT = 200; // the start of a call sends about 40
const ICE_MS = 1_000; // longest wait for fresh credentials before an ICE restart
const ACK_MS = 500; // received messages are confirmed together
const PROBE_MS = 2_500; // a socket that answers later is of no use to a call
const NEVER_QUEUED = new Set(["quality", "ping", "away", "chat"]); // a chat line is kept and sent again by chat.js

/** @extends {Emitter<Record<string, any>>} an event for each message type, and `connection` */
export class RoomSignals extends Emitter {
  /** @param {string} url @param {object} hello a token, or the appointment if the user is staff */
  constructor(url, hello) {
    super();
    this.url = url;
    this.firstHello = hello;
    /** @type {string | undefined} */
    this.session = undefined;
    this.seq = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.ackTimer = undefined;
    /** @type {"open" | "waiting" | "closed"} */
    this.state = "waiting";
    this.lostAt = 0;
    /** @type {RTCIceServer[]} */
    this.iceServers = [];
    this.iceServersAt = 0;
    /** @type {object[]} */
    this.unsent = [];
    /** @type {ReturnType<typeof connect> | undefined} */
    this.socket = undefined;
  }

  open() {
    this.socket = connect({
      url: this.url,
      backOff: CALL_BACK_OFF,
      hello: () => this.hello(),
      onMessage: (message) => this.onMessage(message),
      onState: (state, code) => this.setState(state, code),
    });
  }

  /** Open the socket again after a final close code, such as after a login. The room's session is resumed. */
  reopen() {
    this.socket?.close();
    this.setState("waiting");
    this.open();
  }

  /** Build the first message: it resumes the session, and identifies the person if the session has expired. */
  hello() {
    if (!this.session) return { ...this.firstHello, acks: true };
    return { ...this.firstHello, acks: true, resume: { session: this.session, seq: this.seq } };
  }

  /** @param {any} message */
  onMessage(message) {
    if (message.ice_servers) [this.iceServers, this.iceServersAt] = [message.ice_servers, Date.now()];
    if (message.type === "welcome") {
      this.session = message.session;
      this.seq = message.seq;
      this.setState("open");
      for (const unsent of this.unsent.splice(0)) this.socket?.send(unsent);
    } else if (typeof message.seq === "number") {
      if (message.seq > 0 && message.seq <= this.seq) return; // a resumed session repeats what was not confirmed yet
      this.seq = Math.max(this.seq, message.seq);
      this.ackTimer ??= setTimeout(() => this.acknowledge(), ACK_MS);
    }
    this.emit(message.type, message);
  }

  /**
   * Set the state. "open" requires the server's welcome; messages are queued until then.
   * @param {"open" | "waiting" | "closed"} state
   * @param {number} [code]
   */
  setState(state, code) {
    if (state === "open" && !this.session) return;
    if (state !== "open" && this.state === "open") this.lostAt = Date.now();
    if (state === this.state) return;
    this.state = state;
    this.emit("connection", { state, code });
  }

  /** Send a message, or queue it while disconnected. @param {string} type @param {object} [body] */
  send(type, body = {}) {
    const message = { type, ...body };
    if (this.state === "open" && this.socket?.send(message)) return;
    if (NEVER_QUEUED.has(type) || this.unsent.length >= MAX_UNSENT) return;
    this.unsent.push(message);
  }

  /** Confirm all messages received so far; what another process has not seen confirmed, it sends again. */
  acknowledge() {
    this.ackTimer = undefined;
    if (this.state === "open") this.socket?.send({ type: "ack", seq: this.seq });
  }

  /** Ask whether the socket still works. A socket that does not answer in time is replaced at once. */
  probe() {
    this.socket?.probe(PROBE_MS);
  }

  /**
   * Return fresh credentials if relays are in use and the server answers in time, otherwise the current credentials.
   * @param {number} max_age_ms younger credentials are returned at once
   */
  async freshIceServers(max_age_ms) {
    if (this.iceServers.length && this.state === "open" && Date.now() - this.iceServersAt > max_age_ms) {
      await new Promise((resolve) => {
        const stop = this.on("ice_servers", () => resolve(stop()));
        setTimeout(() => resolve(stop()), ICE_MS);
        this.send("ice_servers");
      });
    }
    return this.iceServers;
  }

  close() {
    clearTimeout(this.ackTimer);
    this.socket?.close();
    this.setState("closed");
  }
}
