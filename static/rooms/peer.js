// @ts-check
// The connection to one participant: a peer connection, replaced by one of a higher generation if it cannot recover.

import { Emitter } from "../core/emitter.js";
import { Negotiation } from "./perfect_negotiation.js";
import { attachTracks } from "./rtp_senders.js";
import { watchConnection } from "./connection_watchdog.js";

const TEXT_CHANNEL = 1; // real-time text; both sides create it with this id, so neither waits for the other
const UNAUTHORIZED = 401; // the relay's error for expired credentials (RFC 8489, section 14.8)

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
    /** @type {Promise<unknown>} received signals are handled one after the other */
    this.signalQueue = Promise.resolve();
    this.watchdog = watchConnection(this);
  }

  /** Connect, after listeners were added. The polite side waits for the first offer. */
  start() {
    if (!this.polite) this.replaceConnection();
  }

  /** Create a new peer connection. Only the impolite side raises the generation; it is a time, so a reload raises it too. */
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

  /** Handle the polite side's request for a new generation. @param {number} gen */
  onRenewRequest(gen) {
    if (this.polite) return;
    this.gen = Math.max(this.gen, gen);
    this.replaceConnection();
  }

  attachTracks() {
    if (this.pc) attachTracks(this.pc, this.tracks);
  }

  /** Send other tracks, or none, without a new negotiation. @param {Tracks} tracks */
  replaceTracks(tracks) {
    this.tracks = tracks;
    if (this.pc?.getTransceivers().length) this.attachTracks();
  }

  /** Repeat what may have been lost while the socket was closed. */
  resync() {
    if (!this.pc && this.polite) this.signals.send("renew", { to: this.id, pc_gen: this.gen });
    else if (this.pc && this.pc.signalingState !== "stable") void this.offerAgain();
  }

  /** Send a new offer in place of an unanswered one. */
  async offerAgain() {
    if (!this.polite) await this.negotiation?.offer();
  }

  /** Restart ICE, also if the last offer is still unanswered. */
  async restartIce() {
    await this.restartWithFreshCredentials();
    if (this.pc?.signalingState === "have-local-offer") await this.offerAgain();
  }

  /** Restart ICE with fresh credentials. After a wait, only if still not connected. @param {number} [wait_ms] */
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
