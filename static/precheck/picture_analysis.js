// @ts-check
// Brightness, variation and motion of a camera picture. Pictures are analysed at 64 x 48 and never leave the page.

const WIDTH = 64;
const HEIGHT = 48;
const DARK_LUMA = 12; // of 255; a covered lens stays below (same limit as the server's verdict)
const BLACK_LUMA = 3; // a closed shutter, or a camera that gives no picture; noise alone reaches 1 or 2
const FLAT_STD = 3; // a lit scene varies more (same limit as the server's verdict)

/** @typedef {"good" | "black" | "dark" | "flat" | "frozen" | "none"} PictureState */

/**
 * Grade a picture by brightness, variation and motion. A black picture is told before a dark picture.
 * @param {number} luma 0 to 255 @param {number} std @param {boolean} moving
 * @returns {PictureState}
 */
export function gradePicture(luma, std, moving) {
  if (luma < BLACK_LUMA) return "black";
  if (luma < DARK_LUMA) return "dark";
  if (std < FLAT_STD) return "flat";
  return moving ? "good" : "frozen";
}

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

  /** Analyse the current frame. Does nothing before the first frame or while the page is hidden. */
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
    return this.sampleCount === 0 ? "none" : gradePicture(this.luma, this.std, this.moving);
  }
}

/**
 * Return mean and standard deviation of the brightness (ITU-R BT.601).
 * @param {Uint8ClampedArray} pixels
 * @returns {[number, number]}
 */
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

/**
 * Whether two frames differ at all: any real camera has noise, so equal frames mean a frozen picture.
 * @param {Uint8ClampedArray} frame
 * @param {Uint8ClampedArray} last
 */
const isDifferent = (frame, last) => frame.some((value, at) => value !== last[at]);
