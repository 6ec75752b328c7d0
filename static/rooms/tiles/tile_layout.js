// @ts-check
// Rules of the pictures in a call: cropped or whole, which is large, where the others are. Pure: no elements.

const MAX_CROPPED = 0.25; // a larger crop cuts faces and signing hands; a phone held upright lost 61 % of the width
const MAX_STRIP = 0.35; // of the box: the large picture keeps the rest, unless it cannot use it
const USUAL_RATIO = 4 / 3; // of a camera, until its picture is known
const OWN_PICTURE = 0.6; // of another person's place in the strip

/**
 * @typedef {{ width: number, height: number }} Size
 * @typedef {object} ShownPerson
 * @property {string} id
 * @property {string} role
 * @property {boolean} [screen] whether they share a screen
 * @property {boolean} [signs] whether they use sign language
 *
 * @typedef {object} Arrangement
 * @property {"none" | "below" | "beside"} strip where the smaller pictures are
 * @property {number} size of the strip, in pixels
 * @property {boolean} ownInStrip whether the person's own picture is in the strip; otherwise it floats
 */

/** Return the share of a picture that `object-fit: cover` cuts off. @param {Size} picture @param {Size} box */
export function croppedShare(picture, box) {
  const ratio = (picture.width * box.height) / (picture.height * box.width);
  return Number.isFinite(ratio) && ratio > 0 ? 1 - Math.min(ratio, 1 / ratio) : 0;
}

/**
 * Return how a picture fills its box.
 * @param {Size} picture
 * @param {Size} box
 * @param {boolean} isWhole whether nothing may be cut off: sign language, a shared screen
 * @returns {"cover" | "contain"}
 */
export const fitFor = (picture, box, isWhole) => (isWhole || croppedShare(picture, box) > MAX_CROPPED ? "contain" : "cover");

/**
 * Return the id of the person whose picture is large.
 *
 * A press decides first. In a call with sign language the signing picture stays: it does not follow the voice.
 * @param {ShownPerson[]} people in the order in which they came
 * @param {{ pinned: string, speaker: string, signs: boolean }} wishes
 */
export function largePerson(people, { pinned, speaker, signs }) {
  /** @type {((person: ShownPerson) => boolean)[]} the first rule that finds a person decides */
  const rules = [
    ({ id }) => id === pinned,
    ({ role }) => signs && role === "interpreter",
    (person) => signs && Boolean(person.signs),
    ({ screen }) => Boolean(screen),
    ({ role }) => role === "interpreter",
    ({ role }) => signs && role === "citizen",
    ({ id }) => !signs && id === speaker,
    ({ role }) => role === "citizen",
    () => true,
  ];
  for (const rule of rules) {
    const found = people.find(rule);
    if (found) return found.id;
  }
  return "";
}

/**
 * Arrange the strip so that the large picture becomes as large as the box allows.
 * @param {Size} box
 * @param {number} others people beside the large picture
 * @param {Size | undefined} picture the large picture, if known
 * @returns {Arrangement}
 */
export function arrangeTiles(box, others, picture) {
  const ownInStrip = others > 0 && box.width >= box.height;
  if (!others || !box.width || !box.height) return { strip: "none", size: 0, ownInStrip: false };
  const ratio = picture?.width && picture.height ? picture.width / picture.height : USUAL_RATIO;
  const places = others + (ownInStrip ? OWN_PICTURE : 0);
  const below = stripSize(box.height, box.width / places / USUAL_RATIO, box.width / ratio);
  const beside = stripSize(box.width, (box.height / places) * USUAL_RATIO, box.height * ratio);
  const areaBelow = wholeArea(ratio, { width: box.width, height: box.height - below });
  const areaBeside = wholeArea(ratio, { width: box.width - beside, height: box.height });
  return areaBeside > areaBelow
    ? { strip: "beside", size: Math.round(beside), ownInStrip }
    : { strip: "below", size: Math.round(below), ownInStrip };
}

/**
 * @param {number} whole side of the box that large picture and strip share
 * @param {number} useful size beyond which the smaller pictures do not grow
 * @param {number} large size that the large picture can use
 */
const stripSize = (whole, useful, large) => Math.min(useful, Math.max(MAX_STRIP * whole, Math.min(whole - large, whole / 2)));

/** Return the area of a whole picture in a box. @param {number} ratio @param {Size} box */
function wholeArea(ratio, { width, height }) {
  const shown = Math.min(width, height * ratio);
  return (shown * shown) / ratio;
}

/** Return the tracks of the strip as CSS. @param {number} others @param {boolean} ownInStrip */
export const stripTracks = (others, ownInStrip) =>
  [...Array(others).fill("minmax(0, 1fr)"), ...(ownInStrip ? [`minmax(0, ${OWN_PICTURE}fr)`] : [])].join(" ");
