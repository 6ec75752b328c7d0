// @ts-check
// How loud the microphone is: a bar that moves, and a word beside it.

import { listenTo } from "../core/audio_level.js";
import { text } from "../core/i18n.js";
import { all, fill, show } from "../core/dom.js";

const FLOOR_DB = -60; // below this a voice is not heard
const HEARD_DB = -50; // a microphone above this is fine (video.md)
const EVERY_MS = 100;

/**
 * @param {HTMLElement} root
 * @param {import("../core/media_devices.js").Devices} devices
 * @returns {() => void} ends it
 */
export function showLevel(root, devices) {
  /** @type {import("../core/audio_level.js").Ear | null} */
  let ear = null;
  let heard = false;

  function listen() {
    const track = devices.own.microphone;
    show(root, "[data-level]", Boolean(track));
    if (track === (ear?.track ?? null)) return;
    ear?.close();
    ear = track ? listenTo(track) : null;
    heard = false;
  }

  function paint() {
    const level = ear && !devices.state.muted ? ear.level() : -Infinity;
    heard ||= level > HEARD_DB;
    const share = Math.min(1, Math.max(0, (level - FLOOR_DB) / -FLOOR_DB));
    for (const bar of all(root, "[data-level] i")) bar.style.setProperty("--level", share.toFixed(2));
    fill(root, "level_text", text(devices.state.muted ? "level_muted" : heard ? "level_good" : "level_silent"));
  }

  const stop = devices.on("change", listen);
  const timer = setInterval(paint, EVERY_MS);
  listen();
  return () => {
    stop();
    clearInterval(timer);
    ear?.close();
  };
}
