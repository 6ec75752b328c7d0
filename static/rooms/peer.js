// @ts-check
// One peer connection towards one participant: perfect negotiation (W3C WebRTC, section 10.7), except that
// only the impolite side makes the first offer. Both offering at once stuck 6 of 12 calls in a trial.

import { Emitter } from "./emitter.js";
import { watch } from "./watch.js";

const TEXT_CHANNEL = 1; // real-time text; negotiated by both sides, so none has to wait for the other

/**
 * @typedef {import("./devices.js").Tracks} Tracks
 * @typedef {{ stream: MediaStream, state: RTCPeerConnectionState, channel: RTCDataChannel }} PeerEvents
 * @typedef {object} PeerOptions
 * @property {string} id
 * @property {boolean} polite
 * @property {import("./signaling.js").RoomSignals} signals
 * @property {Tracks} tracks
 */

/** @extends {Emitter<PeerEvents>} */
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
    this.gen = 0;
    this.stream = new MediaStream();
    this.offering = this.ignoring = this.answering = false;
    /** @type {Promise<unknown>} letters are taken one after the other */
    this.letters = Promise.resolve();
    this.watch = watch(this);
  }

  /** Once somebody listens. The polite side waits for the first offer. */
  start() {
    if (!this.polite) this.renew();
  }

  /** A new peer connection. Only the impolite side raises the generation; seconds, so that a reload raises it too. */
  renew() {
    this.build(Math.max(this.gen + 1, Math.floor(Date.now() / 1000)));
    this.carry(/** @type {RTCPeerConnection} */ (this.pc));
  }

  /** @param {number} gen */
  build(gen) {
    this.pc?.close();
    this.gen = gen;
    const pc = (this.pc = new RTCPeerConnection({ iceServers: this.signals.iceServers }));
    this.offering = this.ignoring = this.answering = false;
    this.stream = new MediaStream();
    pc.onnegotiationneeded = () => void this.offer(pc);
    pc.onicecandidate = ({ candidate }) => this.say("candidate", { candidate: candidate?.toJSON() ?? null }, pc);
    pc.ontrack = ({ track }) => {
      this.stream.addTrack(track);
      this.emit("stream", this.stream);
    };
    pc.onconnectionstatechange = () => this.pc === pc && this.emit("state", pc.connectionState);
    this.emit("channel", pc.createDataChannel("text", { negotiated: true, id: TEXT_CHANNEL }));
    this.watch.began();
  }

  /** @param {RTCPeerConnection} pc */
  async offer(pc) {
    if (this.polite && !pc.remoteDescription) return;
    try {
      this.offering = true;
      await pc.setLocalDescription();
      this.say("description", { description: pc.localDescription }, pc);
    } catch (error) {
      if (pc === this.pc) console.warn("offer", error);
    } finally {
      this.offering = false;
    }
  }

  /** @param {import("./types.js").DescriptionLetter} letter */
  described({ description, pc_gen }) {
    this.take(async () => {
      if (pc_gen < this.gen && this.polite) this.signals.send("renew", { to: this.id, pc_gen: this.gen });
      if (pc_gen < this.gen) return;
      if (pc_gen > this.gen || !this.pc) this.build(pc_gen);
      await this.accept(/** @type {RTCPeerConnection} */ (this.pc), description);
    });
  }

  /** @param {RTCPeerConnection} pc @param {RTCSessionDescriptionInit} description */
  async accept(pc, description) {
    const ready = !this.offering && (pc.signalingState === "stable" || this.answering);
    const collision = description.type === "offer" && !ready;
    this.ignoring = !this.polite && collision;
    if (this.ignoring) return;
    if (description.type === "answer" && pc.signalingState !== "have-local-offer") return; // it came twice
    this.answering = description.type === "answer";
    await pc.setRemoteDescription(description).finally(() => (this.answering = false));
    if (description.type !== "offer") return;
    if (this.polite) this.carry(pc);
    await pc.setLocalDescription();
    this.say("description", { description: pc.localDescription }, pc);
  }

  /** @param {import("./types.js").CandidateLetter} letter */
  candidate({ candidate, pc_gen }) {
    this.take(async () => {
      if (pc_gen !== this.gen || !this.pc?.remoteDescription) return;
      await this.pc.addIceCandidate(candidate ?? undefined).catch((error) => {
        if (!this.ignoring) console.warn("candidate", error);
      });
    });
  }

  /** The polite side asks for a new generation. @param {number} gen */
  asked(gen) {
    if (this.polite) return;
    this.gen = Math.max(this.gen, gen);
    this.renew();
  }

  /** What we send: one sender for the voice, one for the picture, whether or not there is something to send. @param {RTCPeerConnection} pc */
  carry(pc) {
    for (const [kind, track] of /** @type {const} */ ([["audio", this.tracks.audio], ["video", this.tracks.video]])) {
      const known = pc.getTransceivers().find((one) => one.receiver.track.kind === kind);
      const transceiver = known ?? pc.addTransceiver(kind, { direction: "sendrecv" });
      if (!["sendrecv", "stopped"].includes(transceiver.direction)) transceiver.direction = "sendrecv";
      if (transceiver.sender.track !== track) void transceiver.sender.replaceTrack(track).catch(() => undefined);
    }
  }

  /** Another device, or none: without a new negotiation. @param {Tracks} tracks */
  replace(tracks) {
    this.tracks = tracks;
    if (this.pc?.getTransceivers().length) this.carry(this.pc);
  }

  /** A fresh snapshot of the room: what was on its way may be lost. */
  resync() {
    if (!this.pc && this.polite) this.signals.send("renew", { to: this.id, pc_gen: this.gen });
    else if (this.pc && this.pc.signalingState !== "stable") void this.again();
  }

  /** The same offer once more, or a newer one. */
  again() {
    return this.pc && !this.polite ? this.offer(this.pc) : undefined;
  }

  /** Look for another path. Credentials may be old by now. */
  async restart() {
    const pc = this.pc;
    if (!pc) return;
    const iceServers = await this.signals.freshIceServers();
    if (pc !== this.pc || pc.signalingState === "closed") return;
    pc.setConfiguration({ ...pc.getConfiguration(), iceServers });
    pc.restartIce();
    if (pc.signalingState === "have-local-offer") await this.again();
  }

  /** @param {string} type @param {object} body @param {RTCPeerConnection} pc */
  say(type, body, pc) {
    if (pc === this.pc) this.signals.send(type, { to: this.id, pc_gen: this.gen, ...body });
  }

  /** @param {() => Promise<void>} work */
  take(work) {
    this.letters = this.letters.then(work).catch((error) => console.warn("letter", error));
  }

  close() {
    this.watch.stop();
    this.pc?.close();
    this.pc = undefined;
  }
}
