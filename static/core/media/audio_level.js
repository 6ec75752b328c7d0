// @ts-check
// The loudness of an audio track in dBFS: 0 is the maximum, a quiet room is about −65.

const WINDOW_SAMPLES = 1024; // samples of a measurement, about 20 ms

/** @typedef {{ level: () => number, samples: () => Float32Array, close: () => void, isRunning: () => boolean, track: MediaStreamTrack }} LevelMeter */

/**
 * Create a meter for a track.
 * @param {MediaStreamTrack} track
 * @param {number} [window] samples of a measurement
 * @returns {LevelMeter}
 */
export function makeLevelMeter(track, window = WINDOW_SAMPLES) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = window;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const resume = () => context.state === "suspended" && void context.resume();
  addEventListener("pointerdown", resume, { once: true });
  const buffer = new Float32Array(analyser.fftSize);
  const samples = () => {
    analyser.getFloatTimeDomainData(buffer);
    return buffer;
  };
  const isRunning = () => context.state === "running";
  const close = () => context.state !== "closed" && void context.close(); // closing it twice is an error
  return { samples, level: () => toDecibels(samples()), close, isRunning, track };
}

/** Return the level of the samples in dBFS. @param {Float32Array} samples */
export function toDecibels(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(power + 1e-12);
}
