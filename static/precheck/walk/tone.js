// @ts-check
// A quiet tone that says how good a spot is, for a person who looks where they walk: high is good, low is bad.

const VOLUME = 0.06; // of full scale
const FADE_S = 0.03; // without a fade, tones click
/** Pitches in Hz and lengths in s. A good spot has two rising notes, so that it is told without comparing pitches. */
const NOTES = /** @type {const} */ ({ green: [[659, 0.1], [880, 0.14]], amber: [[523, 0.16]], red: [[233, 0.32]], unknown: [] });

export class SpotTone {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
  }

  get isOn() {
    return this.context !== null;
  }

  /** Turn it on or off; only a press may turn it on. */
  toggle() {
    if (this.context) return this.stop();
    this.context = new AudioContext();
    void this.context.resume();
  }

  /** @param {import("./spot.js").Grade} grade */
  play(grade) {
    const { context } = this;
    if (!context || context.state !== "running") return;
    let begins = context.currentTime;
    for (const [pitch, length_s] of NOTES[grade]) {
      playNote(context, pitch, begins, length_s);
      begins += length_s;
    }
  }

  stop() {
    void this.context?.close();
    this.context = null;
  }
}

/** @param {AudioContext} context @param {number} pitch @param {number} begins @param {number} length_s */
function playNote(context, pitch, begins, length_s) {
  const [tone, gain] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = pitch;
  gain.gain.setValueAtTime(0, begins);
  gain.gain.linearRampToValueAtTime(VOLUME, begins + FADE_S);
  gain.gain.setValueAtTime(VOLUME, begins + length_s - FADE_S);
  gain.gain.linearRampToValueAtTime(0, begins + length_s);
  tone.connect(gain).connect(context.destination);
  tone.start(begins);
  tone.stop(begins + length_s);
}
