// @ts-check
// Recovery of a camera or microphone that stopped by itself: unplugged, muted by the system, taken by a telephone call.

import { makeLevelMeter } from "./audio_level.js";

const KINDS = /** @type {const} */ (["microphone", "camera"]);
const MUTED_MS = 2_000; // systems mute for a moment when the audio route changes
const RETURN_MS = 1_500; // iOS unmutes within this time after the page returns from the background
const PLUGGED_MS = 400; // a plugged device is listed before it can be opened
const RETRY_MS = [300, 2_000, 5_000, 10_000]; // the last wait repeats
const MUTED_RETRIES = 3; // a switch on the device mutes too: opening it again and again does not help
const SILENCE_DB = -119; // digital zero: a microphone that works has noise
const SILENCE_SAMPLES = 12;
const SAMPLE_MS = 100;

/** @typedef {import("./media_sources.js").Kind} Kind */

/** @param {MediaStreamTrack} track */
const isUnusable = (track) => track.readyState === "ended" || track.muted;

export class DeviceRecovery {
  /** @param {import("./media_devices.js").Devices} devices */
  constructor(devices) {
    this.devices = devices;
    /** @type {Record<Kind, string | undefined>} ids of lost devices, used again when they are plugged in */
    this.preferred = { camera: undefined, microphone: undefined };
    this.attempts = { camera: 0, microphone: 0 };
    /** @type {{ [kind in Kind]?: ReturnType<typeof setTimeout> }} */
    this.timers = {};
    devices.on("opened", ({ kind, track }) => this.watch(kind, track));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.onReturn());
    addEventListener("pageshow", ({ persisted }) => persisted && this.onReturn());
    navigator.mediaDevices?.addEventListener("devicechange", () => setTimeout(() => void this.onDeviceChange(), PLUGGED_MS));
  }

  /** @param {Kind} kind @param {MediaStreamTrack} track */
  watch(kind, track) {
    const check = () => this.devices.own[kind] === track && isUnusable(track) && this.onLost(kind, track);
    track.addEventListener("ended", check);
    track.addEventListener("mute", () => setTimeout(check, MUTED_MS));
    track.addEventListener("unmute", () => this.devices.own[kind] === track && this.onUsable(kind, track));
    if (track.muted) setTimeout(check, MUTED_MS);
    else this.onUsable(kind, track);
  }

  /** @param {Kind} kind @param {MediaStreamTrack} track */
  onLost(kind, track) {
    const { state } = this.devices;
    if (state[kind] !== "on" || state.lost[kind]) return;
    state.lost[kind] = true;
    this.attempts[kind] = 0;
    this.preferred[kind] = track.getSettings().deviceId;
    this.devices.notify();
    this.schedule(kind, RETRY_MS[0] ?? 0);
  }

  /** @param {Kind} kind @param {MediaStreamTrack} track */
  onUsable(kind, track) {
    const { state } = this.devices;
    if (!state.lost[kind]) return;
    state.lost[kind] = false;
    clearTimeout(this.timers[kind]);
    const isOther = track.getSettings().deviceId !== this.preferred[kind];
    if (!isOther) this.preferred[kind] = undefined;
    this.devices.notify();
    this.devices.emit("recovered", { kind, isOther });
  }

  /** Stop the recovery of a device that the person turned off or replaced. @param {Kind} kind */
  forget(kind) {
    clearTimeout(this.timers[kind]);
    this.devices.state.lost[kind] = false;
    this.preferred[kind] = undefined;
  }

  /** @param {Kind} kind @param {number} delay_ms */
  schedule(kind, delay_ms) {
    clearTimeout(this.timers[kind]);
    this.timers[kind] = setTimeout(() => void this.reopen(kind), delay_ms);
  }

  /** Open the lost device again, or another in its place. @param {Kind} kind */
  async reopen(kind) {
    const { devices } = this;
    if (document.hidden || devices.isStopped || !devices.state.lost[kind]) return; // onReturn() tries again
    const wasMuted = devices.own[kind]?.readyState === "live";
    await devices.runExclusively(async () => {
      if (!devices.state.lost[kind]) return; // it came back while this waited
      const present = await this.preferredIfPresent(kind);
      devices.release(kind); // a phone cannot open a camera twice
      devices.chosen[kind] = present;
      await devices.startDevice(kind);
      if (present && devices.state[kind] !== "on") await devices.startDevice(kind); // without the choice: any other device
    });
    if (devices.state[kind] === "denied") this.forget(kind);
    devices.notify();
    const attempt = (this.attempts[kind] += 1);
    if (!devices.state.lost[kind] || (wasMuted && attempt >= MUTED_RETRIES)) return;
    this.schedule(kind, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0);
  }

  /** @param {Kind} kind @returns {Promise<string | undefined>} */
  async preferredIfPresent(kind) {
    const found = await this.devices.list();
    return found.find((device) => device.deviceId && device.deviceId === this.preferred[kind])?.deviceId;
  }

  /** A device was plugged in or out: open a lost device, and return to a device that was replaced. */
  async onDeviceChange() {
    const { devices } = this;
    for (const kind of KINDS) {
      if (devices.state.lost[kind]) this.schedule(kind, 0);
      if (devices.state.lost[kind] || devices.state[kind] !== "on") continue;
      const present = await this.preferredIfPresent(kind);
      if (!present || devices.own[kind]?.getSettings().deviceId === present) continue;
      await devices.switchTo(kind, present);
      this.preferred[kind] = undefined;
      devices.emit("recovered", { kind, isOther: false });
    }
  }

  /** The page returned from the background, where phones stop devices. */
  onReturn() {
    for (const kind of KINDS) {
      const track = this.devices.own[kind];
      if (this.devices.state.lost[kind]) this.schedule(kind, 0);
      else if (track?.readyState === "ended") this.onLost(kind, track);
      else if (track) setTimeout(() => this.devices.own[kind] === track && isUnusable(track) && this.onLost(kind, track), RETURN_MS);
    }
    void this.checkSilence();
  }

  /** Reopen a microphone that gives digital zero although it is neither muted nor ended, as on iOS after a call. */
  async checkSilence() {
    const track = this.devices.own.microphone;
    if (!track || isUnusable(track) || !track.enabled) return;
    const meter = makeLevelMeter(track);
    let silent = 0;
    for (let sample = 0; sample < SILENCE_SAMPLES; sample += 1) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      if (meter.isRunning() && meter.level() < SILENCE_DB) silent += 1;
    }
    meter.close();
    if (silent === SILENCE_SAMPLES && track.enabled && track === this.devices.own.microphone) this.onLost("microphone", track);
  }
}
