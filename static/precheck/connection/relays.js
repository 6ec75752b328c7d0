// @ts-check
// The relays that a test tries: a relay for each transport, and how long each may take. No clock, no DOM.

/** @typedef {{ way: string, server: RTCIceServer }} Relay */

const MIN_TIMEOUT_MS = 6_000; // TLS over a usual network, with all its round trips
const ROUND_TRIPS = 20; // TCP, TLS, two of TURN's, ICE, DTLS and SCTP take up to 15; then data
const MAX_ROUND_TRIP_MS = 1_000; // slower carries no conversation, so it is not waited for
const ORDER = ["udp", "tcp", "tls"];

/** Return how long a relay may take. @param {number} rtt_ms of a request to the server; 0 if unknown */
export const relayTimeout = (rtt_ms) => Math.max(MIN_TIMEOUT_MS, ROUND_TRIPS * Math.min(rtt_ms, MAX_ROUND_TRIP_MS));

/** Return the first relay of each transport: UDP, TCP, TLS. @param {RTCIceServer[]} servers @returns {Relay[]} */
export function relaysOf(servers) {
  /** @type {Map<string, Relay>} */
  const found = new Map();
  for (const server of servers) {
    for (const url of [server.urls].flat()) {
      const way = transportOf(url);
      if (way && !found.has(way)) found.set(way, { way, server: { ...server, urls: url } });
    }
  }
  return [...found.values()].sort((a, b) => ORDER.indexOf(a.way) - ORDER.indexOf(b.way));
}

/** Return the transport of a relay URL, empty for other URLs. @param {string} url RFC 7065 */
function transportOf(url) {
  if (url.startsWith("turns:")) return "tls";
  if (!url.startsWith("turn:")) return "";
  return url.includes("transport=tcp") ? "tcp" : "udp";
}
