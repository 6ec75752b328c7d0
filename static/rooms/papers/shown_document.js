// @ts-check
// A document before the camera, and shared screens: their button, sharp pictures, and a larger view on the other side.

import { toggleDocument } from "../../core/media/document_camera.js";
import { onPress, queryAll, setPressed, setShown } from "../../core/dom.js";

/**
 * @param {import("../lazy_parts.js").CallPage} page
 * @param {(track: MediaStreamTrack | null) => boolean} isSharp whether a track is a document or screen
 */
export function startShownDocument({ root, devices, peers, roster }, isSharp) {
  const showState = () => {
    setPressed(root, '[data-do="document"][aria-pressed]', devices.state.document); // not the button that stops it
    setShown(root, "[data-document-strip]", devices.state.document);
  };
  devices.on("change", showState);
  const prioritise = (/** @type {import("../connection/peer.js").Peer} */ peer) => void prioritisePicture(peer.pc, isSharp(devices.tracks.video));
  const prioritiseAll = () => peers.all.forEach(prioritise);
  devices.on("tracks", prioritiseAll);
  const follow = (/** @type {import("../connection/peer.js").Peer} */ peer) => peer.on("state", (state) => state === "connected" && prioritise(peer));
  peers.on("peer", follow);
  const showEnlarge = () => setShown(root, '[data-do="enlarge"]', roster.admitted.some((person) => person.media.screen));
  roster.on("people", showEnlarge);
  onPress(root, "enlarge", () => enlarge(root));
  root.addEventListener("click", ({ target }) => {
    const tile = target instanceof Element ? target.closest(".tile") : null;
    if (tile && tile === document.fullscreenElement) tile.classList.toggle("zoomed");
  });
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) for (const tile of queryAll(root, ".tile.zoomed")) tile.classList.remove("zoomed");
  });
  peers.all.forEach(follow);
  for (const render of [showState, prioritiseAll, showEnlarge]) render();
  return { toggle: () => toggleDocument(devices) };
}

/** The preference of a sender before it sent a document or screen. @type {WeakMap<RTCRtpSender, string | undefined>} */
const before = new WeakMap();

/**
 * Keep the resolution of documents and screens when the bandwidth falls, and the frame rate of faces as it was.
 * @param {RTCPeerConnection | undefined} pc
 * @param {boolean} isSharp whether the sent picture is a document or screen
 */
async function prioritisePicture(pc, isSharp) {
  for (const { sender, receiver } of pc?.getTransceivers() ?? []) {
    if (receiver.track.kind !== "video") continue; // a sender whose camera was off has no track yet
    /** @type {any} */
    const parameters = sender.getParameters();
    const wasSharp = parameters.degradationPreference === "maintain-resolution";
    if (!parameters.encodings?.length || isSharp === wasSharp) continue;
    if (isSharp) before.set(sender, parameters.degradationPreference);
    parameters.degradationPreference = isSharp ? "maintain-resolution" : (before.get(sender) ?? "balanced");
    await sender.setParameters(parameters).catch(() => undefined); // older browsers go by contentHint alone
  }
}

/** Show the document or screen of the other side on the whole screen. @param {HTMLElement} root */
function enlarge(root) {
  const tile = root.querySelector(".tile.screen");
  if (!(tile instanceof HTMLElement)) return;
  /** @type {any} */
  const video = tile.querySelector("video");
  if ("requestFullscreen" in tile) void tile.requestFullscreen().catch(() => undefined);
  else video?.webkitEnterFullscreen?.(); // iPhone: only a video can fill the screen
}
