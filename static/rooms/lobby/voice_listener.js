// @ts-check
// Listens for a voice while the person waits, without asking for it. The sound never leaves the page.

import { VoiceAnalysis } from "../../precheck/voice_recorder.js";

const SAMPLE_MS = 100;
const RECENT_SAMPLES = 30; // three seconds; a longer silence before the voice would hide its level
const FINISH_SENTENCE_MS = 1_500; // after the first sound, for a level of several words

/** @param {import("../../core/media/media_devices.js").Devices} devices */
export function listenForVoice(devices) {
  /** @type {VoiceAnalysis | undefined} */
  let voice;
  let heardAt = 0;
  let isDone = false;
  /** @type {(value?: unknown) => void} */
  let resolveHeard = () => undefined;
  const heard = new Promise((resolve) => (resolveHeard = resolve));

  function sample() {
    const track = devices.own.microphone;
    if (voice?.track !== track) {
      voice?.close();
      voice = track ? new VoiceAnalysis(track) : undefined;
      heardAt = 0;
    }
    if (!voice || devices.state.muted) return;
    voice.sample();
    if (!heardAt) voice.levels.splice(0, voice.levels.length - RECENT_SAMPLES);
    if (voice.isHeard) heardAt ||= performance.now();
    if (!heardAt || performance.now() - heardAt < FINISH_SENTENCE_MS) return;
    isDone = true;
    stop();
    resolveHeard();
  }

  const timer = setInterval(sample, SAMPLE_MS);

  function stop() {
    clearInterval(timer);
    voice?.close();
  }

  return {
    heard,
    stop,
    /** Return the figures of the voice, or none before it was heard. @returns {import("../../precheck/types.js").Measured} */
    figures: () => (isDone && voice ? { microphone_dbfs: Math.min(0, voice.dbfs), microphone_clipping_pct: voice.clippingPct } : {}),
  };
}
