// @ts-check
// Step: tries each relay protocol that a strict network may allow (UDP, TCP, TLS) alone. Data must arrive.

import { sleep } from "../wizard.js";

const TIMEOUT_MS = 6_000; // TLS over a slow network needs two round trips more than UDP, plus the relay's own
const PACKETS = 20;
const PACKET_BYTES = 1200;
const MIN_PACKETS = 10; // of PACKETS; the channel does not retransmit

/** @typedef {{ way: string, server: RTCIceServer }} Relay @typedef {{ ok: boolean, rtt_ms?: number }} Outcome */

/** @param {import("../test_page.js").TestContext} context @param {import("../types.js").Test} test */
export async function checkPaths({ wizard, measured }, test) {
  wizard.showStep("paths", { calm: true });
  const relays = relaysOf(test.ice_servers);
  if (!relays.length) return; // without relays the media step shows the direct path
  const outcomes = await Promise.all(relays.map(({ server }) => tryRelay(server)));
  measured.ways = Object.fromEntries(relays.map(({ way }, at) => [way, outcomes[at] ?? { ok: false }]));
  const open = outcomes.filter((outcome) => outcome.ok).length;
  if (open === relays.length) wizard.setRow("paths", "good", "row_paths_open");
  else wizard.setRow("paths", open ? "warn" : "bad", open ? "row_paths_some" : "row_paths_closed");
}

/**
 * Show the path that the media step found, if there was no relay to try.
 * @param {import("../test_page.js").TestContext} context
 */
export function showPathFromMedia({ wizard, measured }) {
  if (measured.ways) return;
  if (measured.path === "udp") wizard.setRow("paths", "good", "row_paths_direct", false);
  else wizard.setRow("paths", measured.path ? "bad" : "unknown", measured.path ? "row_paths_closed" : "row_unknown", false);
}

/** Return the first relay of each protocol. @param {RTCIceServer[]} servers @returns {Relay[]} */
function relaysOf(servers) {
  /** @type {Map<string, Relay>} */
  const found = new Map();
  for (const server of servers) {
    for (const url of [server.urls].flat()) {
      const way = protocolOf(url);
      if (way && !found.has(way)) found.set(way, { way, server: { ...server, urls: url } });
    }
  }
  return [...found.values()];
}

/** Return the protocol of a relay URL, empty for other URLs. @param {string} url RFC 7065 @returns {string} */
function protocolOf(url) {
  if (url.startsWith("turns:")) return "tls";
  if (!url.startsWith("turn:")) return "";
  return url.includes("transport=tcp") ? "tcp" : "udp";
}

/**
 * Connect two peers of this page through one relay only, and send packets.
 * @param {RTCIceServer} server
 * @returns {Promise<Outcome>}
 */
async function tryRelay(server) {
  const config = { iceServers: [server], iceTransportPolicy: /** @type {const} */ ("relay") };
  const [near, far] = [new RTCPeerConnection(config), new RTCPeerConnection(config)];
  try {
    const arrived = packetsArrived(far);
    const channel = near.createDataChannel("probe", { ordered: false, maxRetransmits: 0 });
    await negotiate(near, far);
    await Promise.race([channelOpened(channel), sleep(TIMEOUT_MS)]);
    if (channel.readyState !== "open") return { ok: false };
    for (let sent = 0; sent < PACKETS; sent += 1) channel.send(new Uint8Array(PACKET_BYTES));
    const ok = await Promise.race([arrived, sleep(TIMEOUT_MS).then(() => false)]);
    return ok ? { ok, ...(await measureDelay(near)) } : { ok };
  } catch {
    return { ok: false };
  } finally {
    near.close();
    far.close();
  }
}

/** @param {RTCPeerConnection} near @param {RTCPeerConnection} far */
async function negotiate(near, far) {
  near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate ?? undefined).catch(() => undefined);
  far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate ?? undefined).catch(() => undefined);
  const offer = await near.createOffer();
  await far.setRemoteDescription(offer); // before `near` gathers, so that no candidate arrives before the offer
  await near.setLocalDescription(offer);
  const answer = await far.createAnswer();
  await near.setRemoteDescription(answer);
  await far.setLocalDescription(answer);
}

/** @param {RTCDataChannel} channel @returns {Promise<void>} */
const channelOpened = (channel) => new Promise((resolve) => (channel.onopen = () => resolve()));

/** @param {RTCPeerConnection} far @returns {Promise<boolean>} resolves when enough packets arrived */
function packetsArrived(far) {
  return new Promise((resolve) => {
    let received = 0;
    far.ondatachannel = ({ channel }) => {
      channel.onmessage = () => (received += 1) >= MIN_PACKETS && resolve(true);
    };
  });
}

/**
 * Return the delay to the relay: both ends are in this page, so the round trip is halved.
 * @param {RTCPeerConnection} near
 * @returns {Promise<{ rtt_ms?: number }>}
 */
async function measureDelay(near) {
  for (const report of (await near.getStats()).values()) {
    if (report.type !== "candidate-pair" || report.state !== "succeeded" || report.currentRoundTripTime === undefined) continue;
    return { rtt_ms: Math.round((1000 * report.currentRoundTripTime) / 2) };
  }
  return {};
}
