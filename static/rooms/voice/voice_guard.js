// @ts-check
// Watches the voice on every connection of the call, and applies the rules of voice_protection.js to what this page sends.

import { Emitter } from "../../core/emitter.js";
import { onNetworkChange } from "../../core/network/page_network.js";
import { tryStorage } from "../../core/storage.js";
import { LONG_PACKET_MS, applySendPlan } from "../connection/rtp_senders.js";
import { startBitrate } from "./start_bitrate.js";
import { testedStart } from "./tested_line.js";
import { openVoiceChannel } from "./voice_channel.js";
import { INITIAL_VOICE, afterReconnecting, chooseSoundOnly, insistOnPicture, protectVoice, soundOnlyReason } from "./voice_protection.js";
import { renegotiateRed } from "./voice_codecs.js";
import { makeVoiceReader } from "./voice_stats.js";
import { viewVoice } from "./voice_view.js";

const SAMPLE_MS = 1_000;
const STORAGE_KEY = "last bit rate of a call"; // a reloaded page starts as the page before

/**
 * @typedef {object} Guarded a participant's connection and the protection of its voice
 * @property {RTCPeerConnection} pc
 * @property {ReturnType<typeof makeVoiceReader>} read
 * @property {ReturnType<typeof openVoiceChannel>} channel
 * @property {import("./voice_protection.js").VoiceState} state
 * @property {import("./voice_stats.js").VoiceFigures | null} figures
 * @property {boolean} red whether the voice is repeated now, in both directions
 * @property {Promise<void>} applied setParameters refuses a second change before the first is done
 */

/** @extends {Emitter<{ view: import("./voice_view.js").VoiceView }>} a `view` each second, and at every change */
export class VoiceGuard extends Emitter {
  /**
   * @param {import("../connection/peers.js").Peers} peers
   * @param {import("../../core/media/media_devices.js").Devices} devices
   * @param {boolean} signs
   */
  constructor(peers, devices, signs) {
    super();
    this.peers = peers;
    this.devices = devices;
    this.signs = signs;
    /** @type {Map<string, Guarded>} */
    this.guarded = new Map();
    /** @type {import("./start_bitrate.js").LastBitrate | null} */
    this.last = tryStorage(() => JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null"), null);
    this.networkChangedAt = 0;
    onNetworkChange(() => (this.networkChangedAt = Date.now()));
    peers.on("peer", (peer) => this.guard(peer));
    peers.on("gone", (id) => this.guarded.delete(id) && this.emitView());
    devices.on("tracks", () => setTimeout(() => this.applyAll())); // later, when peers.js has given the senders these tracks
    setInterval(() => void this.sampleAll(), SAMPLE_MS);
  }

  get facts() {
    return { signs: this.signs, sendsPicture: Boolean(this.devices.tracks.video) };
  }

  /** @param {import("../connection/peer.js").Peer} peer */
  guard(peer) {
    peer.startKbps = () => startBitrate(this.last, Date.now(), this.networkChangedAt) ?? testedStart(this.peers, peer.id, this.networkChangedAt);
    peer.packetMs = () => (this.guarded.get(peer.id)?.state.narrow ? LONG_PACKET_MS : null);
    peer.on("connection", (pc) => {
      const state = afterReconnecting(this.guarded.get(peer.id)?.state ?? this.chosenState());
      const channel = openVoiceChannel(pc, () => {
        peer.soundOnly = channel.isSoundOnly();
        peer.emit("state", pc.connectionState);
      });
      peer.soundOnly = false;
      this.guarded.set(peer.id, { pc, read: makeVoiceReader(), channel, state, figures: null, red: true, applied: Promise.resolve() });
    });
    peer.on("state", (state) => state === "connected" && void this.apply(peer.id));
  }

  /** Return the state for a newcomer: a person's own choice holds towards all. */
  chosenState() {
    const choosing = [...this.guarded.values()].find(({ state }) => state.soundOnly === "own_choice");
    return choosing?.state ?? INITIAL_VOICE;
  }

  async sampleAll() {
    for (const [id, connection] of [...this.guarded]) {
      if (connection.pc.connectionState === "connected") await this.sample(id, connection);
      else connection.figures = null;
    }
    this.emitView();
  }

  /** @param {string} id @param {Guarded} connection */
  async sample(id, connection) {
    connection.figures = await connection.read(connection.pc);
    if (!connection.figures || this.guarded.get(id) !== connection) return; // replaced while the figures were read
    const { limited, available_kbps, concealed_pct } = connection.figures;
    const sample = { at: Date.now(), concealed_pct: connection.channel.heardConcealed_pct(), limited, available_kbps };
    connection.state = protectVoice(connection.state, sample, this.facts);
    const sound_only = Boolean(soundOnlyReason(connection.state, this.signs)) && this.facts.sendsPicture;
    connection.channel.send({ concealed_pct, sound_only, red: connection.state.red, slow: connection.state.narrow });
    this.agreeOnRed(id, connection);
    if (available_kbps) this.remember(available_kbps);
    await this.apply(id);
  }

  /** Repeat the voice only if both sides have room for it. @param {string} id @param {Guarded} connection */
  agreeOnRed(id, connection) {
    const red = connection.state.red && connection.channel.hasRoomForRed();
    const peer = this.peers.all.get(id);
    if (red !== connection.red && peer && renegotiateRed(peer, red)) connection.red = red;
  }

  /** @param {number} kbps */
  remember(kbps) {
    this.last = { kbps, at: Date.now() };
    tryStorage(() => sessionStorage.setItem(STORAGE_KEY, JSON.stringify(this.last)), undefined);
  }

  /** Apply the state to the senders, changes in turn. @param {string} id */
  apply(id) {
    const connection = this.guarded.get(id);
    if (!connection) return undefined;
    const work = async () => {
      if (connection.pc.connectionState !== "connected") return;
      await applySendPlan(connection.pc, { ...connection.state, picture: !soundOnlyReason(connection.state, this.signs), signs: this.signs });
    };
    return (connection.applied = connection.applied.then(work));
  }

  applyAll() {
    for (const id of this.guarded.keys()) void this.apply(id);
  }

  /** Send the picture again to all. */
  sendPicture() {
    this.change(insistOnPicture);
  }

  /** Send only sound to all. */
  sendSoundOnly() {
    this.change(chooseSoundOnly);
  }

  /** @param {typeof insistOnPicture} change */
  change(change) {
    for (const connection of this.guarded.values()) connection.state = change(connection.state);
    this.emitView();
    this.applyAll();
  }

  emitView() {
    this.emit("view", viewVoice([...this.guarded.values()], this.facts));
  }
}
