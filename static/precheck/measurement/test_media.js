// @ts-check
// Picture and sound for a test without a camera or microphone: a moving test picture, and silence.

const WIDTH = 640; // what a green verdict requires for sign language
const HEIGHT = 480;
const FPS = 30;
const BARS = 6;
const NOISE = { width: 160, height: 48, tiles: 8 }; // gives the encoder as much to do as a face does

/**
 * @typedef {import("../../core/media/media_sources.js").Tracks} Tracks
 * @typedef {{ track: MediaStreamTrack, stop: () => void }} Source
 * @typedef {{ tracks: Tracks, isTestPicture: boolean, stop: () => void }} TestMedia
 */

/** Complete the tracks. The given tracks are not stopped. @param {Tracks} tracks @returns {TestMedia} */
export function completeTracks({ audio, video }) {
  const picture = video ? null : orNull(drawTestPicture);
  const sound = audio ? null : orNull(makeSilence);
  const stop = () => [picture, sound].forEach((source) => source?.stop());
  return { tracks: { audio: audio ?? sound?.track ?? null, video: video ?? picture?.track ?? null }, isTestPicture: Boolean(picture), stop };
}

/** @param {() => Source} open @returns {Source | null} null in a browser that cannot */
function orNull(open) {
  try {
    return open();
  } catch {
    return null;
  }
}

/** @returns {Source} */
function drawTestPicture() {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  const tiles = noiseTiles();
  let frame = 0;
  const draw = () => {
    drawFrame(pen, tiles, frame);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, 1000 / FPS);
  const track = /** @type {MediaStreamTrack} */ (canvas.captureStream(FPS).getVideoTracks()[0]);
  track.contentHint = "motion";
  const stop = () => {
    clearInterval(timer);
    track.stop();
  };
  return { track, stop };
}

/** @param {CanvasRenderingContext2D} pen @param {HTMLCanvasElement[]} tiles @param {number} frame */
function drawFrame(pen, tiles, frame) {
  for (let bar = 0; bar < BARS; bar += 1) {
    pen.fillStyle = `hsl(${bar * (360 / BARS) + frame} 45% 45%)`;
    pen.fillRect((bar * WIDTH) / BARS, 0, WIDTH / BARS, HEIGHT);
  }
  pen.fillStyle = "#fff";
  pen.beginPath();
  pen.arc(WIDTH / 2 + (WIDTH / 3) * Math.sin(frame / 20), HEIGHT / 2 + (HEIGHT / 4) * Math.cos(frame / 15), 40, 0, 2 * Math.PI);
  pen.fill();
  const tile = tiles[frame % tiles.length];
  if (tile) pen.drawImage(tile, (WIDTH - tile.width) / 2, 0);
}

/** @returns {HTMLCanvasElement[]} */
function noiseTiles() {
  return Array.from({ length: NOISE.tiles }, () => {
    const tile = Object.assign(document.createElement("canvas"), { width: NOISE.width, height: NOISE.height });
    const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
    const pixels = pen.createImageData(NOISE.width, NOISE.height);
    for (let at = 0; at < pixels.data.length; at += 1) pixels.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
    pen.putImageData(pixels, 0, 0);
    return tile;
  });
}

/** @returns {Source} */
function makeSilence() {
  const context = new AudioContext();
  const [tone, volume, output] = [context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
  volume.gain.value = 0;
  tone.connect(volume).connect(output);
  tone.start();
  void context.resume().catch(() => undefined);
  const track = /** @type {MediaStreamTrack} */ (output.stream.getAudioTracks()[0]);
  return { track, stop: () => void context.close() };
}
