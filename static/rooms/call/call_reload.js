// @ts-check
// The last remedy for a call whose path does not come back: the page loads itself again. The mark of the entry and the
// session of the server keep the room; microphone and camera stay as the person has set them.

import { tryStorage } from "../../core/storage.js";
import { rememberEntry } from "../lobby/entry.js";

const RELOADED_KEY = "call reloaded";
const PAUSE_MS = 10_000; // a second reload within this would help as little as the first
const FRESH_MS = 20_000; // later it is another visit

/** @typedef {{ at: number, muted: boolean, camera: boolean }} Reloaded `camera`: whether it was on */

/** Return what the page before this page left, if it loaded itself again just now. @returns {Reloaded | null} */
export function takeReload(now = Date.now()) {
  /** @type {Reloaded | null} */
  const left = tryStorage(() => JSON.parse(sessionStorage.getItem(RELOADED_KEY) ?? "null"), null);
  return left && now - left.at <= FRESH_MS ? left : null;
}

/**
 * Load the page again when a peer has no other way to recover.
 * @param {HTMLElement} root
 * @param {import("../connection/peers.js").Peers} peers
 * @param {import("../../core/media/media_devices.js").Devices} devices
 */
export function reloadWhenStuck(root, peers, devices) {
  peers.on("peer", (peer) =>
    peer.on("stuck", () => {
      const last = Number(tryStorage(() => JSON.parse(sessionStorage.getItem(RELOADED_KEY) ?? "{}").at, 0) ?? 0);
      // A press started the shared screen, and only a press could start it again; typed words would be lost.
      if (Date.now() - last < PAUSE_MS || devices.state.sharing || hasTyped(root)) return;
      const left = { at: Date.now(), muted: devices.state.muted, camera: devices.state.camera === "on" };
      rememberEntry();
      if (tryStorage(() => sessionStorage.setItem(RELOADED_KEY, JSON.stringify(left)) ?? true, false)) location.reload();
    }),
  );
}

/** @param {HTMLElement} root */
const hasTyped = (root) =>
  [.../** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll("textarea, input[type=text], input:not([type])"))].some(
    (field) => field.value.trim() !== field.defaultValue.trim(),
  );
