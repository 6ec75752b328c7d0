// @ts-check
// Analysis and recording of the voice: level, clipping, and the sound for playback. It never leaves the page.

import { makeLevelMeter, toDecibels } from "../core/media/audio_level.js";

const WINDOW_SAMPLES = 4096; // about 85 ms: with a reading every 100 ms few samples are missed
const HEARD_DB = -50; // green above, as in the server's verdict
const WEAK_DB = -65; // red below, as in the server's verdict
const MIN_LOUD_SAMPLES = 3; // a click is not a voice
const CLIPPED = 0.99; // of full scale
const LOUDEST_SHARE = 0.95; // percentile: ignores pauses and single bangs
const DIGITAL_ZERO_DB = -119; // a microphone that is on has noise, so only a muted microphone is quieter

/** @typedef {"good" | "weak" | "silent" | "muted" | "clipping"} VoiceGrade */

/**
 * Grade a voice by its level in dBFS and its share of clipped samples.
 * @param {number} dbfs
 * @param {number} clippingPct
 * @returns {VoiceGrade}
 */
export function gradeVoice(dbfs, clippingPct) {
  if (clippingPct > 1) return "clipping";
  if (dbfs >= HEARD_DB) return "good";
  if (dbfs >= WEAK_DB) return "weak";
  return dbfs > DIGITAL_ZERO_DB ? "silent" : "muted";
}

export class VoiceAnalysis {
  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this.track = track;
    this.meter = makeLevelMeter(track, WINDOW_SAMPLES);
    /** @type {number[]} */
    this.levels = [];
    this.clipped = 0;
    this.sampleCount = 0;
  }

  /** Take a reading. @returns {number} dBFS */
  sample() {
    const samples = this.meter.samples();
    const level = toDecibels(samples);
    this.levels.push(level);
    this.sampleCount += samples.length;
    for (const sample of samples) if (Math.abs(sample) >= CLIPPED) this.clipped += 1;
    return level;
  }

  get isHeard() {
    return this.levels.filter((level) => level > HEARD_DB).length >= MIN_LOUD_SAMPLES;
  }

  /** Return the level of the voice in dBFS. */
  get dbfs() {
    const sorted = [...this.levels].sort((a, b) => a - b);
    return Math.round(sorted[Math.floor((sorted.length - 1) * LOUDEST_SHARE)] ?? -120);
  }

  get grade() {
    return gradeVoice(this.dbfs, this.clippingPct);
  }

  get clippingPct() {
    return this.sampleCount ? Math.round((1000 * this.clipped) / this.sampleCount) / 10 : 0;
  }

  close() {
    this.meter.close();
  }
}

/** Start recording; `stop()` returns the recording. Returns null if the browser cannot record. @param {MediaStreamTrack} track */
export function recordTrack(track) {
  if (typeof MediaRecorder !== "function") return null;
  try {
    const recorder = new MediaRecorder(new MediaStream([track]));
    /** @type {Promise<Blob>} */
    const recording = new Promise((resolve) => {
      recorder.ondataavailable = ({ data }) => resolve(data);
    });
    recorder.start();
    return {
      stop() {
        if (recorder.state !== "inactive") recorder.stop();
        return recording;
      },
    };
  } catch {
    return null; // some browsers have MediaRecorder without a usable format
  }
}
