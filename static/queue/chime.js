// @ts-check
// The sound of a call, the same on phones and on the waiting-room screen.

const CHIME = [
  { hertz: 660, at: 0 },
  { hertz: 880, at: 0.28 },
  { hertz: 660, at: 0.9 },
  { hertz: 880, at: 1.18 },
];
export const CHIME_MS = 1_800;

/** Play the chime. @param {AudioContext | undefined} audio @returns {boolean} whether the browser allowed it */
export function playChime(audio) {
  if (audio?.state !== "running") return false;
  for (const { hertz, at } of CHIME) {
    const tone = new OscillatorNode(audio, { frequency: hertz, type: "triangle" });
    const start = audio.currentTime + at;
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0.5, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.6);
  }
  return true;
}
