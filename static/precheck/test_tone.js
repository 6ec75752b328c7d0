// @ts-check
// Three rising notes as a WAV file, for the speaker test when no voice was recorded.

const RATE = 8_000; // samples a second: enough for notes of 700 Hz
const NOTE_S = 0.4;
const PITCHES = [440, 554, 659]; // an A major chord, in sequence
const VOLUME = 0.5;
const FADE_S = 0.04; // without a fade, notes click

/** Create a WAV file, mono, 16 bit. @returns {Blob} */
export function makeTestTone() {
  const perNote = RATE * NOTE_S;
  const samples = new Int16Array(perNote * PITCHES.length);
  PITCHES.forEach((pitch, at) => {
    for (let step = 0; step < perNote; step += 1) {
      const edge = Math.min(1, step / (FADE_S * RATE), (perNote - step) / (FADE_S * RATE));
      samples[at * perNote + step] = 32_767 * VOLUME * edge * Math.sin((2 * Math.PI * pitch * step) / RATE);
    }
  });
  return new Blob([wavHeader(samples.byteLength), samples], { type: "audio/wav" });
}

/** Write the header. @param {number} bytes of the samples @returns {ArrayBuffer} */
function wavHeader(bytes) {
  const view = new DataView(new ArrayBuffer(44));
  const word = (/** @type {number} */ at, /** @type {string} */ letters) =>
    [...letters].forEach((letter, step) => view.setUint8(at + step, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + bytes, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // length of this chunk
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, bytes, true);
  return view.buffer;
}
