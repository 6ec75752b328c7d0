// @ts-check
// Camera and microphone as tracks, opened by a single request at a time, each with its own state.

import { DOCUMENT_CONSTRAINTS, prepareDocumentTrack } from "./document_camera.js";
import { classifyCaptureError, openDevices } from "./get_user_media.js";
import { Emitter } from "../emitter.js";

/**
 * @typedef {"camera" | "microphone"} Kind
 * @typedef {"starting" | "on" | "off" | "denied" | "busy" | "missing"} Source
 * @typedef {{ audio: MediaStreamTrack | null, video: MediaStreamTrack | null }} Tracks the tracks to send
 * @typedef {{ camera: Source, microphone: Source, muted: boolean, sharing: boolean, document: boolean, lost: Record<Kind, boolean> }} State
 *   `lost`: the device stopped by itself and has not come back
 * @typedef {{ kind: Kind, track: MediaStreamTrack }} Opened
 * @typedef {{ kind: Kind, isOther: boolean }} Recovered `isOther`: another device replaces the lost device
 */

/** @extends {Emitter<{ change: State, tracks: Tracks, opened: Opened, recovered: Recovered }>} */
export class MediaSources extends Emitter {
  constructor() {
    super();
    /** @type {State} */
    this.state = { camera: "starting", microphone: "starting", muted: false, sharing: false, document: false, lost: { camera: false, microphone: false } };
    /** @type {Record<Kind, MediaStreamTrack | null>} */
    this.own = { camera: null, microphone: null };
    /** @type {Record<Kind, string | undefined>} */
    this.chosen = { camera: undefined, microphone: undefined };
    /** @type {Promise<unknown>} the last request; the next request waits for it */
    this.lastRequest = Promise.resolve();
    /** @type {{ id: string | undefined, wasOn: boolean } | undefined} the camera that was in use before a document was shown */
    this.beforeDocument = undefined;
    this.isStopped = false; // tracks granted after stop() are stopped at once
  }

  /**
   * Open both devices with a single prompt; if that fails, open each alone, so that a busy camera does not block the microphone.
   * @param {Promise<MediaStream>} [opening]
   */
  async startBoth(opening = openDevices({ camera: this.constraintsFor("camera"), microphone: this.constraintsFor("microphone") })) {
    try {
      this.useStream(await opening);
    } catch {
      await this.startDevice("microphone");
      await this.startDevice("camera");
    }
  }

  /** @param {Kind} kind */
  async startDevice(kind) {
    try {
      this.useStream(await openDevices({ [kind]: this.constraintsFor(kind) }));
    } catch (error) {
      this.release(kind);
      this.state[kind] = classifyCaptureError(error);
      this.chosen[kind] = undefined;
    }
  }

  /** @param {Kind} kind @returns {MediaTrackConstraints} */
  constraintsFor(kind) {
    const id = this.chosen[kind];
    const document = kind === "camera" && this.state.document ? DOCUMENT_CONSTRAINTS : {};
    return id ? { ...document, facingMode: undefined, deviceId: { exact: id } } : document;
  }

  /** @param {MediaStream} stream */
  useStream(stream) {
    for (const track of stream.getTracks()) {
      if (this.isStopped) {
        track.stop();
        continue;
      }
      const kind = track.kind === "video" ? "camera" : "microphone";
      this.own[kind]?.stop();
      this.own[kind] = track;
      this.state[kind] = "on";
      if (kind === "camera" && this.state.document) prepareDocumentTrack(track);
      if (kind === "microphone") track.enabled = !this.state.muted;
      this.emit("opened", { kind, track });
    }
  }

  /** @param {Kind} kind */
  release(kind) {
    this.own[kind]?.stop();
    this.own[kind] = null;
    this.state[kind] = "off";
  }

  /** Run `work` after all earlier work. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  runExclusively(work) {
    const done = this.lastRequest.then(work, work);
    this.lastRequest = done.catch(() => undefined);
    return done;
  }

  /** Return the tracks to send. @returns {Tracks} */
  get tracks() {
    return { audio: this.own.microphone, video: this.own.camera };
  }

  /** Emit the current tracks and state. */
  notify() {
    this.emit("tracks", this.tracks);
    this.emit("change", this.state);
  }
}
