// @ts-check
// The devices of the page. Only this module opens them: on an iPhone a second getUserMedia would mute the first.

import { DeviceRecovery } from "./device_recovery.js";
import { captureScreen } from "./get_user_media.js";
import { MediaSources } from "./media_sources.js";

/**
 * @typedef {import("./media_sources.js").Kind} Kind
 * @typedef {import("./media_sources.js").Tracks} Tracks
 * @typedef {import("./media_sources.js").State} State
 */

export class Devices extends MediaSources {
  constructor() {
    super();
    /** @type {MediaStreamTrack | null} */
    this.screen = null;
    this.recovery = new DeviceRecovery(this);
    navigator.mediaDevices?.addEventListener("devicechange", () => this.emit("change", this.state));
  }

  /** Return the tracks to send; a shared screen replaces the camera. @override @returns {Tracks} */
  get tracks() {
    return { audio: this.own.microphone, video: this.screen ?? this.own.camera };
  }

  /**
   * @param {{ muted: boolean, camera: boolean } | null} [left] as the person had set them before a reload
   * @param {Promise<MediaStream>} [opening] both devices, if the page has already asked for them
   */
  start(left, opening) {
    this.state.muted = left?.muted ?? this.state.muted;
    const onlyVoice = async () => {
      this.state.camera = "off";
      await this.startDevice("microphone");
    };
    return this.runExclusively(left && !left.camera ? onlyVoice : () => this.startBoth(opening)).then(() => this.notify());
  }

  /** Reopen the devices that failed. */
  async retry() {
    for (const kind of /** @type {const} */ (["microphone", "camera"])) {
      if (["denied", "busy", "missing"].includes(this.state[kind])) await this.runExclusively(() => this.startDevice(kind));
    }
    this.notify();
  }

  /** Mute or unmute, also before the browser has opened the microphone. It stays open, so that unmuting is instant. */
  async toggleMicrophone() {
    if (!this.own.microphone && this.state.microphone !== "starting") return this.retry();
    this.state.muted = !this.state.muted;
    if (this.own.microphone) this.own.microphone.enabled = !this.state.muted;
    this.notify();
  }

  /** Turn the camera on or off. Off releases the device, so that its light goes out. */
  async toggleCamera() {
    this.recovery.forget("camera");
    await this.runExclusively(async () => (this.own.camera ? this.release("camera") : this.startDevice("camera")));
    this.notify();
  }

  /** Switch to the device that the person chose. @param {Kind} kind @param {string} id */
  async choose(kind, id) {
    this.recovery.forget(kind);
    await this.switchTo(kind, id);
  }

  /** @param {Kind} kind @param {string} id */
  async switchTo(kind, id) {
    await this.runExclusively(async () => {
      this.chosen[kind] = id;
      this.release(kind); // a phone cannot open two cameras at once
      await this.startDevice(kind);
    });
    this.notify();
  }

  /** Switch to the next camera, such as from the front to the back of a phone. */
  async nextCamera() {
    const cameras = (await this.list()).filter((device) => device.kind === "videoinput");
    const now = cameras.findIndex((camera) => camera.deviceId === this.own.camera?.getSettings().deviceId);
    const next = cameras[(now + 1) % cameras.length];
    if (next) await this.choose("camera", next.deviceId);
  }

  /** @returns {Promise<MediaDeviceInfo[]>} */
  list() {
    return navigator.mediaDevices?.enumerateDevices() ?? Promise.resolve([]);
  }

  /** Start or stop sharing the screen in place of the camera. */
  async toggleScreen() {
    if (this.screen) return this.stopScreen();
    this.screen = await captureScreen();
    if (!this.screen) return;
    this.screen.addEventListener("ended", () => this.stopScreen());
    this.state.sharing = true;
    this.notify();
  }

  stopScreen() {
    this.screen?.stop();
    this.screen = null;
    this.state.sharing = false;
    this.notify();
  }

  /** Release all devices, also those that the browser has not granted yet. */
  stop() {
    this.isStopped = true;
    this.release("camera");
    this.release("microphone");
    this.stopScreen();
  }
}
