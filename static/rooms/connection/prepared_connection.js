// @ts-check
// The peer connection of a person who waits, made before they are let in: the first offer and this device's candidates
// are then ready at the press. Nothing of it is sent before; at the press it follows the admission at once.

import { attachTracks } from "./rtp_senders.js";

const TEXT_CHANNEL = 1; // real-time text; both sides create it with this id, so neither waits for the other
export const UNAUTHORIZED = 401; // the relay's error for expired credentials (RFC 8489, section 14.8)
const MAX_AGE_MS = 5 * 60_000; // of addresses and relay credentials

/** @typedef {{ pc: RTCPeerConnection, channel: RTCDataChannel, gen?: number }} Connection `gen`: of an offer that was sent */

const TICK_MS = 100; // two loads of a page take longer
let lastGeneration = 0;

/** Return a generation of a peer connection: larger than all before in this page and, as a time, than those before a reload. */
export const nextGeneration = () => (lastGeneration = Math.max(lastGeneration + 1, Math.floor(Date.now() / TICK_MS)));

/** @param {RTCIceServer[]} iceServers @returns {Connection} */
export function makeConnection(iceServers) {
  // A single transport for all media: otherwise each gathers candidates of its own.
  const pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  return { pc, channel: pc.createDataChannel("text", { negotiated: true, id: TEXT_CHANNEL }) };
}

/** A single prepared connection at a time: a room has a single citizen. */
export class PreparedConnection {
  /** @param {import("../signaling.js").RoomSignals} signals */
  constructor(signals) {
    this.signals = signals;
    this.madeAt = 0;
    /** @type {Connection | undefined} */
    this.connection = undefined;
    this.offeredTo = "";
    this.refused = false; // the relay has refused the credentials: the peer itself renews them
    addEventListener("online", () => this.drop());
  }

  /** Prepare a connection, unless a prepared connection is young enough. @param {import("./peer.js").Tracks} tracks */
  prepare(tracks) {
    if (this.refused || (this.connection && Date.now() - this.madeAt < MAX_AGE_MS)) return;
    this.drop();
    this.connection = makeConnection(this.signals.iceServers);
    this.connection.pc.onicecandidateerror = ({ errorCode }) => {
      if (errorCode !== UNAUTHORIZED) return;
      this.refused = true;
      this.drop();
    };
    this.madeAt = Date.now();
    attachTracks(this.connection.pc, tracks);
    this.connection.pc.setLocalDescription().catch(() => this.drop());
  }

  /**
   * Send the offer to a person who is being let in, without waiting for the answer to that. Only with all candidates in
   * it: later candidates would have no listener.
   * @param {string} id
   */
  offerTo(id) {
    const { connection } = this;
    if (!connection || !this.isReady || this.offeredTo || connection.pc.iceGatheringState !== "complete") return;
    connection.gen = nextGeneration();
    this.offeredTo = id;
    this.signals.send("description", { to: id, pc_gen: connection.gen, description: connection.pc.localDescription });
  }

  get isReady() {
    return this.connection?.pc.signalingState === "have-local-offer" && Date.now() - this.madeAt < MAX_AGE_MS;
  }

  /** Hand the connection over to this person's peer, unless another peer has its offer. @param {string} id @returns {Connection | undefined} */
  take(id) {
    const { connection } = this;
    if (this.offeredTo && this.offeredTo !== id) return undefined;
    if (!this.isReady) return void this.drop();
    [this.connection, this.offeredTo] = [undefined, ""];
    return connection;
  }

  drop() {
    this.connection?.pc.close();
    [this.connection, this.offeredTo] = [undefined, ""];
  }
}
