// @ts-check
// The level of the microphone: a bar and a text.

import { makeLevelMeter } from "../../core/media/audio_level.js";
import { text } from "../../core/i18n.js";
import { queryAll, fillSlot, setShown } from "../../core/dom.js";

const SILENCE_DB = -60; // below this the bar is empty
const HEARD_DB = -50; // a microphone above this works (docs/video.md)
const SAMPLE_MS = 100;

/**
 * @param {HTMLElement} root
 * @param {import("../../core/media/media_devices.js").Devices} devices
 * @returns {() => void} stops the meter
 */
export function showMicrophoneLevel(root, devices) {
  /** @type {import("../../core/media/audio_level.js").LevelMeter | null} */
  let meter = null;
  let heard = false;

  function followTrack() {
    const track = devices.own.microphone;
    const isStarting = devices.state.microphone === "starting";
    setShown(root, "[data-level]", Boolean(track) || isStarting);
    for (const level of queryAll(root, "[data-level]")) level.setAttribute("aria-busy", String(isStarting));
    if (track === (meter?.track ?? null)) return;
    meter?.close();
    meter = track ? makeLevelMeter(track) : null;
    heard = false;
  }

  function render() {
    const level = meter && !devices.state.muted ? meter.level() : -Infinity;
    heard ||= level > HEARD_DB;
    const share = Math.min(1, Math.max(0, (level - SILENCE_DB) / -SILENCE_DB));
    for (const bar of queryAll(root, "[data-level] i")) bar.style.setProperty("--level", share.toFixed(2));
    fillSlot(root, "level_text", text(devices.state.muted ? "level_muted" : heard ? "level_good" : "level_silent"));
  }

  const stop = devices.on("change", followTrack);
  const timer = setInterval(render, SAMPLE_MS);
  followTrack();
  return () => {
    stop();
    clearInterval(timer);
    meter?.close();
  };
}
