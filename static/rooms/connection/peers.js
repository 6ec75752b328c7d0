// @ts-check
// A peer for each admitted participant: created on admission, closed when they leave.

import { Emitter } from "../../core/emitter.js";
import { Peer } from "./peer.js";
import { PreparedConnection } from "./prepared_connection.js";

/** @extends {Emitter<{ peer: Peer, gone: string }>} */
export class Peers extends Emitter {
  /**
   * @param {import("../signaling.js").RoomSignals} signals
   * @param {import("../roster.js").Roster} roster
   * @param {import("../../core/media/media_devices.js").Devices} devices
   */
  constructor(signals, roster, devices) {
    super();
    /** @type {Map<string, Peer>} */
    this.all = new Map();
    this.signals = signals;
    this.roster = roster;
    this.devices = devices;
    this.prepared = new PreparedConnection(signals);
    roster.on("people", () => this.syncWith(roster.admitted));
    roster.on("fresh", () => this.all.forEach((peer) => peer.resync()));
    signals.on("welcome", ({ resumed }) => resumed && this.all.forEach((peer) => peer.resync()));
    signals.on("connection", ({ state }) => state !== "open" && this.all.forEach((peer) => peer.watchdog.tell("socket_lost")));
    signals.on("admitting", ({ participant }) => this.prepared.offerTo(participant));
    signals.on("description", (signal) => this.all.get(signal.from)?.onDescription(signal));
    signals.on("candidate", (signal) => this.all.get(signal.from)?.onCandidate(signal));
    signals.on("renew", (signal) => this.all.get(signal.from)?.onRenewRequest(signal.pc_gen));
    signals.on("error", ({ code, in_reply_to, to }) => code === "not_delivered" && in_reply_to !== "chat" && this.startAnew(to));
    devices.on("tracks", (tracks) => this.all.forEach((peer) => peer.replaceTracks(tracks)));
  }

  /** Return the first peer; most calls have only a single peer. @returns {Peer | undefined} */
  get first() {
    return this.all.values().next().value;
  }

  /** Create and close peers so that they match the admitted people. @param {import("../types.js").Person[]} people */
  syncWith(people) {
    const wanted = new Set(people.map((person) => person.participant));
    for (const id of [...this.all.keys()]) if (!wanted.has(id)) this.remove(id);
    for (const person of people) if (!this.all.has(person.participant)) this.add(person);
    this.prepareFor(this.roster.waiting);
  }

  /** Only staff see who waits, and they make the first offer. @param {import("../types.js").Person[]} waiting */
  prepareFor(waiting) {
    if (waiting.some((person) => person.connected && !person.polite)) this.prepared.prepare(this.devices.tracks);
    else this.prepared.drop();
  }

  /** @param {import("../types.js").Person} person */
  add({ participant, polite }) {
    const peer = new Peer({ id: participant, polite, signals: this.signals, tracks: this.devices.tracks });
    this.all.set(participant, peer);
    this.emit("peer", peer);
    peer.start(polite ? undefined : this.prepared.take(participant));
  }

  /** @param {string} id */
  remove(id) {
    this.all.get(id)?.close();
    this.all.delete(id);
    this.emit("gone", id);
  }

  /** Negotiate again, since a signal did not reach that participant. @param {string} id */
  startAnew(id) {
    const peer = this.all.get(id);
    if (peer?.pc?.connectionState === "connected") peer.resync();
    else if (peer?.polite) this.signals.send("renew", { to: id, pc_gen: peer.gen });
    else peer?.replaceConnection();
  }

  close() {
    this.prepared.drop();
    for (const id of [...this.all.keys()]) this.remove(id);
  }
}
