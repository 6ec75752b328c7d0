// @ts-check
// The bit rate at which a new connection starts to send, from the last connection or the test. Pure: no browser, no clock.
// Chromium otherwise starts at 300 kbps: too much for a line that just failed, and slow on a good line.

import { START_SHARE, setPacketTime, setStartBitrate } from "../../core/media/sdp.js";

const KNOWN_FOR_MS = 120_000; // as long as a session can be resumed; later the line is another
const LOWEST_KBPS = 60; // the voice and a small picture
const HIGHEST_KBPS = 1_000;
const TEST_KNOWN_FOR_MS = 3_600_000; // as the server keeps it (rooms/actions/lobby_tests.py)
const DEFAULT_KBPS = 300; // Chromium's own; another network may have no more

/** @typedef {{ kbps: number, at: number }} LastBitrate `at` in ms */

/**
 * Return the start in kbps, or null if nothing is known.
 * @param {LastBitrate | null} last
 * @param {number} now in ms
 * @param {number} networkChangedAt in ms, 0 if it did not change
 */
export function startBitrate(last, now, networkChangedAt) {
  if (!last || now - last.at > KNOWN_FOR_MS || now < last.at) return null;
  const highest = networkChangedAt >= last.at ? DEFAULT_KBPS : HIGHEST_KBPS;
  return Math.round(Math.min(highest, Math.max(LOWEST_KBPS, START_SHARE * last.kbps)));
}

/**
 * Return the start in kbps from the connection test, or null if the line was not tested lately.
 * @param {LastBitrate | null} tested the start that the test allows, already below the capacity
 * @param {number} now in ms
 * @param {number} networkChangedAt in ms, 0 if it did not change
 * @param {number} connections that share the line
 */
export function testedBitrate(tested, now, networkChangedAt, connections) {
  if (!tested || now - tested.at > TEST_KNOWN_FOR_MS || now < tested.at) return null;
  if (networkChangedAt >= tested.at) return null;
  return Math.round(Math.max(LOWEST_KBPS, tested.kbps / Math.max(1, connections)));
}

/** Return a remote description with which this side starts at a bit rate. @param {number | null} kbps @param {RTCSessionDescriptionInit} description */
export const startingAt = (kbps, description) =>
  kbps && description.sdp ? { ...description, sdp: setStartBitrate(description.sdp, kbps) } : description;

/** Return a remote description with which this side sends packets of the voice of this length. @param {number | null} ms @param {RTCSessionDescriptionInit} description */
export const withPacketTime = (ms, description) =>
  ms && description.sdp ? { ...description, sdp: setPacketTime(description.sdp, ms) } : description;

/** Whether a description begins a new path: the first description, or an ICE restart. @param {RTCSessionDescriptionInit | null | undefined} before @param {RTCSessionDescriptionInit} description */
export const opensPath = (before, description) => iceUser(before) !== iceUser(description);

/** @param {RTCSessionDescriptionInit | null | undefined} description */
const iceUser = (description) => /^a=ice-ufrag:(.*)$/m.exec(description?.sdp ?? "")?.[1];
