// @ts-check
// Figures of the voice and of the frame rate on a peer connection, from getStats (W3C webrtc-stats).

/**
 * @typedef {object} VoiceFigures
 * @property {number | null} concealed_pct of the voice that this page plays; null if none arrives
 * @property {boolean} limited whether the connection limits the sent picture
 * @property {number | null} available_kbps estimate of what can be sent
 * @property {number | null} fps of the received picture; null if none is expected
 *
 * @typedef {{ played: number, concealed: number, packets: number, frames: number, at: number }} Counters
 */

const SCARCE_KBPS = 150; // with less, the connection limits also a picture that its encoder has already stopped

/** Create a reader for a peer connection. It returns null at first. */
export function makeVoiceReader() {
  /** @type {Counters | undefined} */
  let before;
  /** @param {RTCPeerConnection} pc @returns {Promise<VoiceFigures | null>} */
  return async (pc) => {
    const reports = [...(await pc.getStats()).values()];
    const now = countersFrom(reports);
    const figures = before ? figuresSince(before, now, reports) : null;
    before = now;
    return figures;
  };
}

/** @param {any[]} reports @returns {Counters} */
function countersFrom(reports) {
  const voice = reports.find((report) => report.type === "inbound-rtp" && report.kind === "audio");
  const picture = reports.find((report) => report.type === "inbound-rtp" && report.kind === "video");
  return {
    played: voice?.totalSamplesReceived ?? 0,
    concealed: voice?.concealedSamples ?? 0,
    packets: voice?.packetsReceived ?? 0,
    frames: picture?.framesDecoded ?? 0,
    at: performance.now(),
  };
}

/** @param {Counters} before @param {Counters} now @param {any[]} reports @returns {VoiceFigures} */
function figuresSince(before, now, reports) {
  const transport = reports.find((report) => report.type === "transport");
  const pair = reports.find((report) => report.id === transport?.selectedCandidatePairId)
    ?? reports.find((report) => report.type === "candidate-pair" && report.nominated && report.state === "succeeded");
  const sent = reports.find((report) => report.type === "outbound-rtp" && report.kind === "video");
  const available = pair?.availableOutgoingBitrate;
  const available_kbps = typeof available === "number" ? Math.round(available / 1000) : null;
  const played = now.played - before.played;
  // Without packets the sender has no microphone, or the connection is lost, which is shown apart.
  const isHeard = played > 0 && now.packets > before.packets;
  const concealed_pct = isHeard ? Math.max(0, (100 * (now.concealed - before.concealed)) / played) : null;
  return {
    concealed_pct: concealed_pct === null ? null : Math.min(100, Math.round(10 * concealed_pct) / 10),
    limited: sent?.qualityLimitationReason === "bandwidth" || (available_kbps !== null && available_kbps < SCARCE_KBPS),
    available_kbps,
    fps: now.frames ? Math.max(0, (1000 * (now.frames - before.frames)) / (now.at - before.at)) : null,
  };
}
