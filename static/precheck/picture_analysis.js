// @ts-check
// What a camera gives: how light, how varied, whether it moves. Looked at small, and only here.

const WIDTH = 64;
const HEIGHT = 48;
const DARK_LUMA = 12; // of 255 (verdict.py: a covered lens stays below)
const FLAT_STD = 3; // a lit scene varies by more (verdict.py)

/** @typedef {"good" | "dark" | "flat" | "frozen" | "none"} PictureState */

export class PictureAnalysis {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
    this.canvas = canvas.getContext("2d", { willReadFrequently: true });
    this.sampleCount = 0;
    this.luma = 0;
    this.std = 0;
    this.moving = false;
    /** @type {Uint8ClampedArray | null} */
    this.last = null;
  }

  /** Look once. Before the first frame, and while nobody sees the page, there is nothing to see. */
  sample() {
    if (!this.canvas || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || document.hidden) return;
    this.canvas.drawImage(this.video, 0, 0, WIDTH, HEIGHT);
    const pixels = this.canvas.getImageData(0, 0, WIDTH, HEIGHT).data;
    [this.luma, this.std] = meanAndSpread(pixels);
    if (this.last) this.moving ||= isDifferent(this.last, pixels);
    this.last = pixels;
    this.sampleCount += 1;
  }

  /** @returns {PictureState} */
  get state() {
    if (this.sampleCount === 0) return "none";
    if (this.luma < DARK_LUMA) return "dark";
    if (this.std < FLAT_STD) return "flat";
    return this.moving ? "good" : "frozen";
  }
}

/** Mean and spread of the brightness (ITU-R BT.601). @param {Uint8ClampedArray} pixels @returns {[number, number]} */
function meanAndSpread(pixels) {
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    const luma = 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0);
    sum += luma;
    squares += luma * luma;
  }
  const count = pixels.length / 4;
  const mean = sum / count;
  return [mean, Math.sqrt(Math.max(0, squares / count - mean * mean))];
}

/** Any real camera has noise: pictures that are quite the same are one picture. @param {Uint8ClampedArray} one @param {Uint8ClampedArray} other */
const isDifferent = (one, other) => one.some((value, at) => value !== other[at]);
