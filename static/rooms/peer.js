// @ts-check
// The way to one participant: a peer connection, replaced by one of a higher generation when it is beyond help.

import { Emitter } from "../core/emitter.js";
import { Negotiation } from "./perfect_negotiation.js";
import { attachTracks } from "./rtp_senders.js";
import { watchConnection } from "./connection_watchdog.js";

const TEXT_CHANNEL = 1; // real-time text; negotiated by both sides, so none has to wait for the other
const UNAUTHORIZED = 401; // a relay's word for credentials that have expired (RFC 8489, section 14.8)

/**
 * @typedef {import("../core/media_devices.js").Tracks} Tracks
 * @typedef {object} PeerOptions
 * @property {string} id
 * @property {boolean} polite
 * @property {import("./signaling.js").RoomSignals} signals
 * @property {Tracks} tracks
 */

/** @extends {Emitter<{ stream: MediaStream, state: RTCPeerConnectionState, channel: RTCDataChannel }>} */
export class Peer extends Emitter {
  /** @param {PeerOptions} options */
  constructor({ id, polite, signals, tracks }) {
    super();
    this.id = id;
    this.polite = polite;
    this.signals = signals;
    this.tracks = tracks;
    /** @type {RTCPeerConnection | undefined} */
    this.pc = undefined;
    /** @type {Negotiation | undefined} */
    this.negotiation = undefined;
    this.gen = 0;
    /** @type {Promise<unknown>} letters are taken one after the other */
    this.signalQueue = Promise.resolve();
    this.watchdog = watchConnection(this);
  }

  /** Once somebody listens. The polite side waits for the first offer. */
  start() {
    if (!this.polite) this.replaceConnection();
  }

  /** A new peer connection. Only the impolite side raises the generation; seconds, so that a reload raises it too. */
  replaceConnection() {
    this.createConnection(Math.max(this.gen + 1, Math.floor(Date.now() / 1000)));
    this.attachTracks();
  }

  /** @param {number} gen */
  createConnection(gen) {
    this.pc?.close();
    this.gen = gen;
    const pc = (this.pc = new RTCPeerConnection({ iceServers: this.signals.iceServers }));
    const stream = new MediaStream();
    this.negotiation = new Negotiation(pc, {
      polite: this.polite,
      attachTracks: () => this.attachTracks(),
      sendDescription: (description) => this.sendSignal("description", { description }, pc),
    });
    pc.onicecandidate = ({ candidate }) => this.sendSignal("candidate", { candidate: candidate?.toJSON() ?? null }, pc);
    pc.onicecandidateerror = ({ errorCode }) => errorCode === UNAUTHORIZED && pc === this.pc && this.watchdog.refused();
    pc.ontrack = ({ track }) => {
      stream.addTrack(track);
      this.emit("stream", stream);
    };
    pc.onconnectionstatechange = () => this.pc === pc && this.emit("state", pc.connectionState);
    this.emit("channel", pc.createDataChannel("text", { negotiated: true, id: TEXT_CHANNEL }));
    this.watchdog.onConnectionCreated();
  }

  /** @param {import("./types.js").DescriptionSignal} letter */
  onDescription({ description, pc_gen }) {
    this.enqueue(async () => {
      if (pc_gen < this.gen && this.polite) this.signals.send("renew", { to: this.id, pc_gen: this.gen });
      if (pc_gen < this.gen) return;
      if (pc_gen > this.gen || !this.pc) this.createConnection(pc_gen);
      await this.negotiation?.acceptDescription(description);
    });
  }

  /** @param {import("./types.js").CandidateSignal} letter */
  onCandidate({ candidate, pc_gen }) {
    this.enqueue(async () => {
      if (pc_gen === this.gen && this.pc?.remoteDescription) await this.negotiation?.addCandidate(candidate);
    });
  }

  /** The polite side asks for a new generation. @param {number} gen */
  onRenewRequest(gen) {
    if (this.polite) return;
    this.gen = Math.max(this.gen, gen);
    this.replaceConnection();
  }

  attachTracks() {
    if (this.pc) attachTracks(this.pc, this.tracks);
  }

  /** Another device, or none: without a new negotiation. @param {Tracks} tracks */
  replaceTracks(tracks) {
    this.tracks = tracks;
    if (this.pc?.getTransceivers().length) this.attachTracks();
  }

  /** The socket was away: what was on its way then may be lost. */
  resync() {
    if (!this.pc && this.polite) this.signals.send("renew", { to: this.id, pc_gen: this.gen });
    else if (this.pc && this.pc.signalingState !== "stable") void this.offerAgain();
  }

  /** A newer offer in place of one that nobody answered. */
  async offerAgain() {
    if (!this.polite) await this.negotiation?.offer();
  }

  /** Look for another path, also if our last offer is still unanswered. */
  async restartIce() {
    await this.restartWithFreshCredentials();
    if (this.pc?.signalingState === "have-local-offer") await this.offerAgain();
  }

  /** Look for another path with fresh credentials, unless one is found by then. @param {number} [wait_ms] */
  async restartWithFreshCredentials(wait_ms = 0) {
    const pc = this.pc;
    const iceServers = await this.signals.freshIceServers();
    if (!pc || pc !== this.pc || pc.signalingState === "closed") return;
    pc.setConfiguration({ ...pc.getConfiguration(), iceServers });
    if (wait_ms) await new Promise((resolve) => setTimeout(resolve, wait_ms));
    if (!wait_ms || (pc === this.pc && pc.connectionState !== "connected")) pc.restartIce();
  }

  /** @param {string} type @param {object} body @param {RTCPeerConnection} pc */
  sendSignal(type, body, pc) {
    if (pc === this.pc) this.signals.send(type, { to: this.id, pc_gen: this.gen, ...body });
  }

  /** @param {() => Promise<void>} work */
  enqueue(work) {
    this.signalQueue = this.signalQueue.then(work).catch((error) => console.warn("signal", error));
  }

  close() {
    this.watchdog.stop();
    this.pc?.close();
    this.pc = undefined;
  }
}
