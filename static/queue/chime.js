// @ts-check
// The sounds of a call and of an evacuation, the same on phones and on the waiting-room screen.

const CHIME = [
  { hertz: 660, at: 0 },
  { hertz: 880, at: 0.28 },
  { hertz: 660, at: 0.9 },
  { hertz: 880, at: 1.18 },
];
export const CHIME_MS = 1_800;

const ALARM = [0, 0.6, 1.2].flatMap((at) => [
  { hertz: 980, at },
  { hertz: 740, at: at + 0.3 },
]);
export const ALARM_MS = 2_400; // with a pause, in which people can be heard

/** Play the chime. @param {AudioContext | undefined} audio @returns {boolean} whether the browser allowed it */
export const playChime = (audio) => playTones(audio, CHIME, "triangle");

/** Play the tone of an evacuation once. @param {AudioContext | undefined} audio @returns {boolean} whether the browser allowed it */
export const playAlarm = (audio) => playTones(audio, ALARM, "square");

/**
 * @param {AudioContext | undefined} audio
 * @param {{ hertz: number, at: number }[]} tones
 * @param {OscillatorType} type
 */
function playTones(audio, tones, type) {
  if (audio?.state !== "running") return false;
  for (const { hertz, at } of tones) {
    const tone = new OscillatorNode(audio, { frequency: hertz, type });
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
