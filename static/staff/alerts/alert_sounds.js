// @ts-check
// Sounds of the consoles, made by Web Audio. One tab of a browser plays; the others stay silent.

import { tryStorage } from "../../core/storage.js";

export const MUTED_HERE = "office360_alerts_muted"; // this browser plays no chime, whatever the account says
const QUIET_MS = 4_000; // between two sounds of a browser
/** Two soft steps, so that staff tell it from the call of a turn. */
const CHIME = [{ hertz: 523, at: 0 }, { hertz: 784, at: 0.18 }];
const ALARM = [0, 0.3, 0.6, 1.1, 1.4, 1.7].map((at, index) => ({ hertz: index % 2 ? 660 : 990, at }));

/** @type {AudioContext | undefined} */
let audio;

/** Create the audio after the first press on the page: browsers allow no sound before. @param {() => void} [onUnlocked] */
export function unlockOnPress(onUnlocked) {
  const unlock = () => {
    audio ??= new AudioContext();
    void audio.resume().then(onUnlocked);
    for (const kind of ["pointerdown", "keydown"]) removeEventListener(kind, unlock);
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, unlock);
}

/** Whether the browser lets this page play. */
export const canPlay = () => audio?.state === "running";

/** Whether this browser is muted. */
export const isMutedHere = () => tryStorage(() => localStorage.getItem(MUTED_HERE) === "yes", false);

/** @param {number} volume per cent */
export const playChime = (volume) => playTones(CHIME, "sine", volume / 100);

export const playAlarm = () => playTones(ALARM, "square", 0.5);

/**
 * Run `play` in one tab of this browser; nothing is played while another tab has just played.
 * @param {() => void} play
 */
export async function playInOneTab(play) {
  if (!navigator.locks) return play();
  await navigator.locks.request("office360-alert-sound", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    play();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  });
}

/**
 * @param {{ hertz: number, at: number }[]} tones
 * @param {OscillatorType} type
 * @param {number} gain
 */
function playTones(tones, type, gain) {
  if (audio?.state !== "running") return;
  for (const { hertz, at } of tones) {
    const tone = new OscillatorNode(audio, { frequency: hertz, type });
    const start = audio.currentTime + at;
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(gain, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.6);
  }
}
