// @ts-check
// The rate at which a call starts, from the test in the lobby. A reloaded page knows its own test too.

import { tryStorage } from "../../core/storage.js";
import { testedBitrate } from "./start_bitrate.js";

const STORAGE_KEY = "start of a tested line";

/** @param {number | null | undefined} kbps of the test's report; null if it measured no speed */
export function rememberTestedLine(kbps) {
  if (kbps) tryStorage(() => sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ kbps, at: Date.now() })), undefined);
}

/**
 * Return the start in kbps towards a participant, or null without a test of either line. Only staff get the other participant's test.
 * @param {import("../connection/peers.js").Peers} peers
 * @param {string} id
 * @param {number} networkChangedAt of this page, in ms
 */
export function testedStart(peers, id, networkChangedAt) {
  const now = Date.now();
  const theirs = peers.roster.person(id)?.test?.start_kbps;
  if (theirs) return testedBitrate({ kbps: theirs, at: now }, now, 0, peers.all.size);
  const own = tryStorage(() => JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null"), null);
  return testedBitrate(own, now, networkChangedAt, peers.all.size);
}
