// @ts-check
// The connection to a participant: a peer connection, replaced by a connection of a higher generation if it cannot recover.

import { Emitter } from "../../core/emitter.js";
import { Negotiation } from "./perfect_negotiation.js";
import { makeConnection, nextGeneration } from "./prepared_connection.js";
import { attachTracks } from "./rtp_senders.js";
import { listenTo } from "./peer_events.js";
import { opensPath, startingAt, withPacketTime } from "../voice/start_bitrate.js";
import { watchConnection } from "./connection_watchdog.js";

/**
 * @typedef {import("../../core/media/media_devices.js").Tracks} Tracks
 * @typedef {object} PeerOptions
 * @property {string} id
 * @property {boolean} polite
 * @property {import("../signaling.js").RoomSignals} signals
 * @property {Tracks} tracks
 */

/** @extends {Emitter<{ connection: RTCPeerConnection, stream: MediaStream, state: RTCPeerConnectionState, channel: RTCDataChannel, stuck: undefined }>} */
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
    this.heardAt = 0; // of the last signal over the server: the other side has a socket
    this.soundOnly = false; // whether the other side sends no picture, to protect the voice
    /** @type {() => number | null} bit rate at which a new path starts to send */
    this.startKbps = () => null;
    /** @type {() => number | null} length of the voice's packets that this side sends; null: the usual length */
    this.packetMs = () => null;
    /** @type {number | null} of the present path: another rate on the same path would reset the browser's estimate */
    this.pathKbps = null;
    /** @type {Promise<unknown>} received signals are handled in turn */
    this.signalQueue = Promise.resolve();
    this.watchdog = watchConnection(this);
  }

  /**
   * Connect, after listeners were added. The polite side waits for the first offer.
   * @param {import("./prepared_connection.js").Connection} [prepared] with its offer
   */
  start(prepared) {
    if (!this.polite) this.replaceConnection(prepared);
  }

  /**
   * Use a new peer connection. Only the impolite side raises the generation; it is a time, so a reload raises it too.
   * @param {import("./prepared_connection.js").Connection} [prepared]
   */
  replaceConnection(prepared) {
    this.createConnection(prepared?.gen ?? Math.max(this.gen + 1, nextGeneration()), prepared);
    this.attachTracks();
    if (prepared && !prepared.gen) this.sendSignal("description", { description: prepared.pc.localDescription }, prepared.pc);
  }

  /** @param {number} gen @param {import("./prepared_connection.js").Connection} [connection] */
  createConnection(gen, connection = makeConnection(this.signals.iceServers)) {
    this.pc?.close();
    const { pc, channel } = connection;
    [this.gen, this.pc] = [gen, pc];
    this.negotiation = new Negotiation(pc, {
      polite: this.polite,
      attachTracks: () => this.attachTracks(),
      sendDescription: (description) => this.sendSignal("description", { description }, pc),
    });
    listenTo(this, pc);
    this.emit("connection", pc);
    this.emit("channel", channel);
    if (!this.polite) this.emit("channel", pc.createDataChannel("t140", { protocol: "t140" })); // RFC 8865
    this.watchdog.tell("created");
  }

  /** @param {import("../types.js").DescriptionSignal} signal */
  onDescription({ description, pc_gen }) {
    this.enqueue(async () => {
      if (pc_gen < this.gen) return void (this.polite && this.signals.send("renew", { to: this.id, pc_gen: this.gen }));
      if (pc_gen > this.gen || !this.pc) this.createConnection(pc_gen);
      if (opensPath(this.pc?.currentRemoteDescription, description)) this.pathKbps = this.startKbps();
      const accepted = await this.negotiation?.acceptDescription(withPacketTime(this.packetMs(), startingAt(this.pathKbps, description)));
      if (accepted && description.type === "offer") this.watchdog.tell("offered");
    });
  }

  /** @param {import("../types.js").CandidateSignal} signal */
  onCandidate({ candidate, pc_gen }) {
    this.enqueue(async () => {
      if (pc_gen === this.gen && this.pc?.remoteDescription) await this.negotiation?.addCandidate(candidate);
    });
  }

  /**
   * Handle the polite side's request for a new generation. A page that has just come asks, though an offer without an
   * answer may be on its way: the same offer is then sent again.
   * @param {number} gen that the other side has
   */
  onRenewRequest(gen) {
    this.heardAt = Date.now();
    if (this.polite) return;
    if (this.pc && !this.pc.remoteDescription && gen <= this.gen) return void this.repeatOffer();
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
    this.watchdog.tell("socket_back");
  }

  /** Send an offer again that has no answer yet. */
  async repeatOffer() {
    if (this.pc && (this.pc.signalingState !== "stable" || this.pc.iceConnectionState === "new")) await this.negotiation?.offer();
  }

  /** @param {string} type @param {object} body @param {RTCPeerConnection} pc */
  sendSignal(type, body, pc) {
    if (pc === this.pc) this.signals.send(type, { to: this.id, pc_gen: this.gen, ...body });
  }

  /** @param {() => Promise<void>} work */
  enqueue(work) {
    this.heardAt = Date.now();
    this.signalQueue = this.signalQueue.then(work).catch((error) => console.warn("signal", error));
  }

  close() {
    this.watchdog.stop();
    this.pc?.close();
    this.pc = undefined;
  }
}
