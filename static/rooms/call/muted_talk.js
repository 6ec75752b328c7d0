// @ts-check
// Tells a person who talks with the microphone off. The level is measured in the page and never sent.

import { makeLevelMeter } from "../../core/media/audio_level.js";
import { onPress, setShown } from "../../core/dom.js";

const TALK_DB = -45; // louder than a room with a fan, quieter than a voice at arm's length
const SAMPLE_MS = 100;
const WINDOW_SAMPLES = 12;
const MIN_LOUD_SAMPLES = 6; // a cough or a door is shorter
const SHOWN_MS = 8_000;
const PAUSE_MS = 20_000; // a person who is muted on purpose talks to another person nearby

/** Whether the last levels are a voice. @param {number[]} levels dBFS */
export const isTalking = (levels) => levels.slice(-WINDOW_SAMPLES).filter((level) => level > TALK_DB).length >= MIN_LOUD_SAMPLES;

/**
 * @param {HTMLElement} root
 * @param {import("../../core/media/media_devices.js").Devices} devices
 * @param {import("../roster.js").Roster} roster
 */
export function warnMutedTalk(root, devices, roster) {
  /** @type {(() => void) | undefined} */
  let stop;

  function follow() {
    const track = devices.own.microphone;
    const isNeeded = devices.state.muted && track?.readyState === "live" && roster.shownPlace === "admitted";
    if (!isNeeded) stop = void stop?.();
    else if (track) stop ??= listen(root, track);
  }

  devices.on("change", follow);
  roster.on("place", follow);
  onPress(root, "unmute", () => void (devices.state.muted && devices.toggleMicrophone()));
}

/** @param {HTMLElement} root @param {MediaStreamTrack} microphone off, so its copy is measured @returns {() => void} */
function listen(root, microphone) {
  const copy = microphone.clone();
  copy.enabled = true;
  const meter = makeLevelMeter(copy);
  /** @type {number[]} */
  let levels = [];
  let shownAt = -Infinity;
  const timer = setInterval(() => {
    const now = performance.now();
    levels = [...levels, meter.level()].slice(-WINDOW_SAMPLES);
    if (now - shownAt > PAUSE_MS && isTalking(levels)) shownAt = now;
    setShown(root, "[data-muted-talk]", now - shownAt < SHOWN_MS);
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    meter.close();
    copy.stop();
    setShown(root, "[data-muted-talk]", false);
  };
}
