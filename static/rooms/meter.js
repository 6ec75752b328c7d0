// @ts-check
// How loud the microphone is: a bar that moves, and a word beside it.

import { text } from "../core/texts.js";
import { all, fill, show } from "./page.js";

const FLOOR_DB = -60; // below this a voice is not heard
const HEARD_DB = -50; // a microphone above this is fine (video.md)
const EVERY_MS = 100;

/**
 * @param {HTMLElement} root
 * @param {import("./devices.js").Devices} devices
 * @returns {() => void} ends it
 */
export function showLevel(root, devices) {
  /** @type {{ context: AudioContext, analyser: AnalyserNode, track: MediaStreamTrack } | null} */
  let listening = null;
  let heard = false;

  function listen() {
    const track = devices.own.microphone;
    show(root, "[data-level]", Boolean(track));
    if (track === (listening?.track ?? null)) return;
    void listening?.context.close();
    listening = track ? tap(track) : null;
    heard = false;
  }

  function paint() {
    const level = listening && !devices.state.muted ? decibels(listening.analyser) : -Infinity;
    heard ||= level > HEARD_DB;
    const share = Math.min(1, Math.max(0, (level - FLOOR_DB) / -FLOOR_DB));
    for (const bar of all(root, "[data-level] i")) bar.style.setProperty("--level", share.toFixed(2));
    fill(root, "level_text", text(heard ? "level_good" : "level_silent"));
  }

  const stop = devices.on("change", listen);
  const timer = setInterval(paint, EVERY_MS);
  listen();
  return () => {
    stop();
    clearInterval(timer);
    void listening?.context.close();
  };
}

/** @param {MediaStreamTrack} track */
function tap(track) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const resume = () => context.state === "suspended" && void context.resume();
  addEventListener("pointerdown", resume, { once: true });
  return { context, analyser, track };
}

/** @param {AnalyserNode} analyser */
function decibels(analyser) {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(power + 1e-12);
}
