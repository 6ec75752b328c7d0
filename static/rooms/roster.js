// @ts-check
// The participants of the room and this page's place in it, from the server's messages.

import { Emitter } from "../core/emitter.js";

/**
 * @typedef {import("./types.js").Person} Person
 * @typedef {import("./types.js").Place} Place
 * @typedef {import("./types.js").Welcome} Welcome
 */

/** @extends {Emitter<{ place: Place, people: Person[], fresh: Welcome | undefined }>} `place` is the place that this page shows */
export class Roster extends Emitter {
  /**
   * @param {import("./signaling.js").RoomSignals} signals
   * @param {boolean} entered whether this page shows its place at once; otherwise only after enter()
   */
  constructor(signals, entered) {
    super();
    /** @type {Map<string, Person>} */
    this.people = new Map();
    this.hasEntered = entered;
    /** @type {Place} the server's state */
    this.place = "outside";
    /** Whether this person is on hold: admitted, and cut off from the others. */
    this.isHeld = false;
    signals.on("welcome", (welcome) => this.onWelcome(welcome));
    signals.on("admitted", ({ participants }) => this.setPlace("admitted", participants));
    signals.on("held", () => this.setPlace("admitted", [], true));
    signals.on("returned_to_lobby", () => this.setPlace("lobby", []));
    signals.on("left", () => this.setPlace("outside", []));
    signals.on("lobby", () => this.place === "lobby" || this.setPlace("lobby", []));
    signals.on("participant_joined", (person) => this.upsert(person));
    signals.on("participant_updated", (person) => this.upsert(person));
    signals.on("participant_left", ({ participant }) => this.remove(participant));
    signals.on("away", ({ from }) => this.setAway(from, true));
    for (const type of ["description", "renew"]) signals.on(type, ({ from }) => this.setAway(from, false));
    signals.on("media_state", (message) => this.onMediaState(message));
  }

  /** Return a participant by id, if the snapshot has them. @param {string} id */
  person(id) {
    return this.people.get(id);
  }

  /** Return the place that this page shows: outside until the person has passed the preview. @returns {Place} */
  get shownPlace() {
    return this.hasEntered ? this.place : "outside";
  }

  /** Show the server's place after the preview. Peers resync, since earlier signals were not handled. */
  enter() {
    this.hasEntered = true;
    if (this.place === "outside") return;
    this.emit("people", [...this.people.values()]);
    this.emit("place", this.shownPlace);
    this.emit("fresh", undefined);
  }

  /** Return the participants in the call who are not on hold, once this page is in it. @returns {Person[]} */
  get admitted() {
    return this.shownPlace === "admitted" ? this.inPlace("admitted").filter((person) => !person.held) : [];
  }

  /** Return the participants on hold. @returns {Person[]} */
  get held() {
    return this.shownPlace === "admitted" ? this.inPlace("admitted").filter((person) => person.held) : [];
  }

  /** Return the participants in the lobby; only staff receive them. @returns {Person[]} */
  get waiting() {
    return this.inPlace("lobby");
  }

  /** @param {Place} state */
  inPlace(state) {
    return [...this.people.values()].filter((person) => person.state === state);
  }

  /**
   * Replace everything by a new session's snapshot. A resumed session receives the missed messages instead.
   * @param {Welcome} welcome
   */
  onWelcome(welcome) {
    if (welcome.resumed) return;
    this.setPlace(welcome.state, welcome.participants, welcome.held);
    this.emit("fresh", welcome);
  }

  /** @param {Place} place @param {Person[]} participants @param {boolean} [isHeld] */
  setPlace(place, participants, isHeld = false) {
    this.place = place;
    this.isHeld = isHeld;
    this.people = new Map(participants.map((person) => [person.participant, person]));
    this.emit("people", [...this.people.values()]);
    this.emit("place", this.shownPlace);
  }

  /** @param {Person} person */
  upsert(person) {
    this.people.set(person.participant, { ...this.people.get(person.participant), ...person });
    this.emit("people", [...this.people.values()]);
  }

  /** @param {string} id */
  remove(id) {
    if (this.people.delete(id)) this.emit("people", [...this.people.values()]);
  }

  /** Note that a person's page closes, or is there again. @param {string} id @param {boolean} away */
  setAway(id, away) {
    const person = this.people.get(id);
    if (person && Boolean(person.away) !== away) this.upsert({ ...person, away });
  }

  /** @param {{ from: string } & import("./types.js").Media} message */
  onMediaState({ from, audio, video, screen, lost = [] }) {
    const person = this.people.get(from);
    if (person) this.upsert({ ...person, media: { audio, video, screen, lost } });
  }
}
