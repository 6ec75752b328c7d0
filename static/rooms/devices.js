// @ts-check
// The one owner of getUserMedia in the page. On an iPhone a second call elsewhere would mute the first.

import { Emitter } from "./emitter.js";
import { failure, open, screen } from "./capture.js";

/**
 * @typedef {"camera" | "microphone"} Kind
 * @typedef {"starting" | "on" | "off" | "denied" | "busy" | "missing"} Source
 * @typedef {{ audio: MediaStreamTrack | null, video: MediaStreamTrack | null }} Tracks what goes out
 * @typedef {{ camera: Source, microphone: Source, muted: boolean, sharing: boolean }} State
 */

/** @extends {Emitter<{ change: State, tracks: Tracks }>} */
export class Devices extends Emitter {
  constructor() {
    super();
    /** @type {State} */
    this.state = { camera: "starting", microphone: "starting", muted: false, sharing: false };
    /** @type {Record<Kind, MediaStreamTrack | null>} */
    this.own = { camera: null, microphone: null };
    /** @type {Record<Kind, string | undefined>} */
    this.chosen = { camera: undefined, microphone: undefined };
    /** @type {MediaStreamTrack | null} */
    this.screen = null;
    this.facing = "user";
    /** @type {Promise<unknown>} one request at a time */
    this.busy = Promise.resolve();
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.emit("change", this.state));
  }

  /** What goes out now: the screen takes the camera's place. @returns {Tracks} */
  get tracks() {
    return { audio: this.own.microphone, video: this.screen ?? this.own.camera };
  }

  /** Ask for both in one question; if that fails, for each by itself, so that a busy camera never costs the voice. */
  start() {
    return this.inTurn(async () => {
      try {
        this.adopt(await open({ camera: this.wish("camera"), microphone: this.wish("microphone") }));
      } catch {
        await this.startOne("microphone");
        await this.startOne("camera");
      }
      this.tell();
    });
  }

  /** Try again what does not work. */
  retry() {
    const lame = (/** @type {Kind} */ kind) => ["denied", "busy", "missing"].includes(this.state[kind]);
    return this.inTurn(async () => {
      if (lame("microphone")) await this.startOne("microphone");
      if (lame("camera")) await this.startOne("camera");
      this.tell();
    });
  }

  /** Speak, or be silent; the microphone stays open, so that the way back is instant. */
  toggleMicrophone() {
    if (!this.own.microphone) return this.retry();
    this.state.muted = !this.state.muted;
    this.own.microphone.enabled = !this.state.muted;
    this.tell();
    return Promise.resolve();
  }

  /** The camera is really off when it is off: its light goes out. */
  toggleCamera() {
    return this.inTurn(async () => {
      if (this.own.camera) this.release("camera");
      else await this.startOne("camera");
      this.tell();
    });
  }

  /** Take another device. @param {Kind} kind @param {string} id */
  choose(kind, id) {
    return this.inTurn(async () => {
      this.chosen[kind] = id;
      this.release(kind);
      await this.startOne(kind);
      this.tell();
    });
  }

  /** From the front to the back of the phone, or to the next camera. */
  async nextCamera() {
    const cameras = (await this.list()).filter((one) => one.kind === "videoinput");
    const now = cameras.findIndex((one) => one.deviceId === this.own.camera?.getSettings().deviceId);
    const next = cameras[(now + 1) % cameras.length];
    if (next) await this.choose("camera", next.deviceId);
  }

  /** @returns {Promise<MediaDeviceInfo[]>} */
  list() {
    return navigator.mediaDevices?.enumerateDevices() ?? Promise.resolve([]);
  }

  /** Show the screen instead of the camera, or stop showing it. */
  async toggleScreen() {
    if (this.screen) return this.endScreen();
    this.screen = await screen();
    if (!this.screen) return;
    this.screen.addEventListener("ended", () => this.endScreen());
    this.state.sharing = true;
    this.tell();
  }

  endScreen() {
    this.screen?.stop();
    this.screen = null;
    this.state.sharing = false;
    this.tell();
  }

  /** Back from the background: what the system took away is taken again. */
  async wake() {
    const lost = (/** @type {Kind} */ kind) => this.state[kind] === "on" && this.own[kind]?.readyState !== "live";
    for (const kind of /** @type {const} */ (["microphone", "camera"])) {
      if (lost(kind)) await this.inTurn(() => this.startOne(kind).then(() => this.tell()));
    }
  }

  /** Give everything back: lights out. */
  stop() {
    this.endScreen();
    this.release("camera");
    this.release("microphone");
  }

  /** @param {Kind} kind @returns {MediaTrackConstraints} */
  wish(kind) {
    const id = this.chosen[kind];
    return id ? { deviceId: { exact: id } } : {};
  }

  /** @param {Kind} kind */
  async startOne(kind) {
    try {
      this.adopt(await open({ [kind]: this.wish(kind) }));
    } catch (error) {
      this.release(kind);
      this.state[kind] = failure(error);
      this.chosen[kind] = undefined;
    }
  }

  /** @param {MediaStream} stream */
  adopt(stream) {
    for (const track of stream.getTracks()) {
      const kind = track.kind === "video" ? "camera" : "microphone";
      this.own[kind]?.stop();
      this.own[kind] = track;
      this.state[kind] = "on";
      if (kind === "microphone") track.enabled = !this.state.muted;
      track.addEventListener("ended", () => this.own[kind] === track && this.wake());
    }
  }

  /** @param {Kind} kind */
  release(kind) {
    this.own[kind]?.stop();
    this.own[kind] = null;
    this.state[kind] = "off";
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  inTurn(work) {
    const done = this.busy.then(work, work);
    this.busy = done.catch(() => undefined);
    return done;
  }

  tell() {
    this.emit("tracks", this.tracks);
    this.emit("change", this.state);
  }
}
