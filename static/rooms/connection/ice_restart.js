// @ts-check
// ICE restarts of a peer, with credentials of the relay that are still good.

const CREDENTIALS_AGE_MS = 60_000; // younger credentials are fresh: every welcome brings new credentials

/** Restart ICE, also if the last offer is still unanswered. @param {import("./peer.js").Peer} peer */
export async function restartIce(peer) {
  await restartWithFreshCredentials(peer);
  if (peer.pc?.signalingState === "have-local-offer") await peer.repeatOffer();
}

/**
 * Restart ICE with fresh credentials. After a wait, only if still not connected.
 * @param {import("./peer.js").Peer} peer
 * @param {{ wait_ms?: number, max_age_ms?: number }} [options] `max_age_ms`: of the credentials
 */
export async function restartWithFreshCredentials(peer, { wait_ms = 0, max_age_ms = CREDENTIALS_AGE_MS } = {}) {
  const pc = peer.pc;
  const iceServers = await peer.signals.freshIceServers(max_age_ms);
  if (!pc || pc !== peer.pc || pc.signalingState === "closed") return; // replaced while the credentials were on their way
  pc.setConfiguration({ ...pc.getConfiguration(), iceServers });
  if (wait_ms) await new Promise((resolve) => setTimeout(resolve, wait_ms));
  if (!wait_ms || (pc === peer.pc && pc.connectionState !== "connected")) pc.restartIce();
}
