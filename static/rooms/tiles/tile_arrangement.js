// @ts-check
// Applies the rules of tile_layout.js to the call: large picture, strip of the others, cropped or whole pictures.

import { onPress, requireElement } from "../../core/dom.js";
import { ActiveSpeaker } from "./active_speaker.js";
import { arrangeTiles, fitFor, largePerson, stripTracks } from "./tile_layout.js";

const LEVEL_MS = 250;

/**
 * @param {HTMLElement} root
 * @param {import("./video_tiles.js").VideoTiles} tiles
 * @param {import("../connection/peers.js").Peers} peers
 * @param {import("../roster.js").Roster} roster
 * @param {boolean} signs whether the appointment is in sign language
 */
export function arrangeCall(root, tiles, peers, roster, signs) {
  const box = tiles.box;
  const own = requireElement(root, "[data-self]");
  const speaking = new ActiveSpeaker();
  let pinned = "";
  let speaker = "";

  function render() {
    const ids = [...tiles.tiles.keys()];
    const large = largePerson(ids.map(shownPerson), { pinned, speaker, signs });
    const others = Math.max(0, ids.length - 1);
    const { clientWidth: width, clientHeight: height } = box;
    const { strip, size, ownInStrip } = arrangeTiles({ width, height }, others, pictureOf(tiles.tiles.get(large)?.video));
    box.dataset.others = strip;
    box.style.setProperty("--strip", `${size}px`);
    box.style.setProperty("--strip-tracks", stripTracks(others, ownInStrip));
    own.classList.toggle("in-strip", ownInStrip);
    for (const [id, { figure, pin }] of tiles.tiles) {
      figure.toggleAttribute("data-large", id === large);
      pin.hidden = ids.length < 2;
      pin.setAttribute("aria-pressed", String(id === pinned));
      figure.toggleAttribute("data-pinned", id === pinned);
    }
    fitPictures();
  }

  /** Decide for each picture whether it may be cut off. */
  function fitPictures() {
    for (const [id, { figure, video }] of tiles.tiles) {
      const isScreen = Boolean(roster.person(id)?.media.screen);
      figure.classList.toggle("screen", isScreen); // papers.css, and what shown_document.js enlarges
      const isWhole = signs || isScreen;
      figure.dataset.fit = fitFor(pictureOf(video), { width: figure.clientWidth, height: figure.clientHeight }, isWhole);
    }
    const { width, height } = pictureOf(/** @type {HTMLVideoElement} */ (requireElement(own, "video")));
    if (width && height) own.style.setProperty("--ratio", String(width / height));
  }

  /** @param {string} id @returns {import("./tile_layout.js").ShownPerson} */
  function shownPerson(id) {
    const person = roster.person(id);
    return { id, role: person?.role ?? "", screen: Boolean(person?.media.screen), signs: Boolean(person?.signs) };
  }

  setInterval(() => {
    if (signs || tiles.tiles.size < 2) return;
    const before = speaker;
    speaker = speaking.update(new Map([...peers.all].map(([id, peer]) => [id, audioLevel(peer.pc)])), performance.now());
    if (speaker !== before) render();
  }, LEVEL_MS);

  onPress(root, "pin", (button) => {
    const id = /** @type {HTMLElement} */ (button.closest("[data-participant]")).dataset.participant ?? "";
    pinned = pinned === id ? "" : id;
    render();
  });
  roster.on("people", render);
  peers.on("peer", render);
  peers.on("gone", render);
  // Media events do not bubble, but are captured.
  for (const name of ["loadedmetadata", "resize"]) box.addEventListener(name, render, true);
  new ResizeObserver(render).observe(box);
}

/** @param {HTMLVideoElement | undefined} video */
const pictureOf = (video) => ({ width: video?.videoWidth ?? 0, height: video?.videoHeight ?? 0 });

/** Return the level of the sound that is played at this moment. @param {RTCPeerConnection | undefined} pc */
function audioLevel(pc) {
  const receiver = pc?.getReceivers().find(({ track }) => track.kind === "audio");
  return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
}
