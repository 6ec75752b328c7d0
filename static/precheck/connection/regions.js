// @ts-check
// The round trips to the regions that have a test room: a new test goes to the nearest.

import { tryStorage } from "../../core/storage.js";
import { oneDecimal } from "../measurement/connection_figures.js";

const STORAGE_KEY = "regions of test rooms";
const FRESH_MS = 10 * 60_000; // a person does not move to another region meanwhile
const ASK_MS = 1_000; // the test begins without a choice rather than late
const TRY_MS = 500; // a region farther away is not the nearest

/** @typedef {{ [region: string]: number }} RoundTrips in ms */

/**
 * Return the round trip to each region that answers; none if there is only a single region. Never throws.
 * @returns {Promise<RoundTrips>}
 */
export async function measureRegions() {
  const known = tryStorage(() => JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null"), null);
  if (known && Date.now() - known.at < FRESH_MS) return known.measured;
  const regions = await listRegions();
  if (!regions) return {};
  const measured = regions.length > 1 ? await measureEach(regions) : {};
  tryStorage(() => sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ at: Date.now(), measured })), undefined);
  return measured;
}

/** @returns {Promise<{ name: string, stun: string }[] | null>} null without an answer */
async function listRegions() {
  try {
    const answer = await fetch("/api/v1/tests/regions", { signal: AbortSignal.timeout?.(ASK_MS) });
    return answer.ok ? (await answer.json()).regions : null;
  } catch {
    return null;
  }
}

/** @param {{ name: string, stun: string }[]} regions @returns {Promise<RoundTrips>} */
async function measureEach(regions) {
  const measured = await Promise.all(regions.map(async ({ name, stun }) => [name, await shortestRoundTrip(stun)]));
  return Object.fromEntries(measured.filter(([, rtt_ms]) => rtt_ms !== null));
}

/** The first try also pays for the look-up of the name. @param {string} stun */
async function shortestRoundTrip(stun) {
  const first = await measureRoundTrip(stun);
  if (first === null) return null;
  return oneDecimal(Math.min(first, (await measureRoundTrip(stun)) ?? first));
}

/**
 * Measure the time until a STUN server tells this device its public address. A device without address translation
 * learns nothing new from it, and neither does this function.
 * @param {string} stun
 * @param {number} [timeout_ms]
 * @returns {Promise<number | null>}
 */
export function measureRoundTrip(stun, timeout_ms = TRY_MS) {
  const pc = new RTCPeerConnection({ iceServers: [{ urls: stun }] });
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const end = (/** @type {number | null} */ rtt_ms) => {
      clearTimeout(timer);
      pc.close();
      resolve(rtt_ms);
    };
    const timer = setTimeout(() => end(null), timeout_ms);
    pc.addEventListener("icecandidate", ({ candidate }) => candidate?.type === "srflx" && end(performance.now() - startedAt));
    pc.createDataChannel("region");
    pc.setLocalDescription().catch(() => end(null));
  });
}
