// @ts-check
// Details of a connection from the reports of getStats. No clock, no DOM.

import { selectedPair } from "../../core/media/webrtc_stats.js";

/** @typedef {any[]} Reports of getStats */

/**
 * Return the types of the candidates in use, and the codec of the picture that came back.
 * @param {Reports} reports
 * @returns {import("../types.js").Details}
 */
export function detailsFrom(reports) {
  const pair = selectedPair(reports);
  const typeOf = (/** @type {string | undefined} */ id) => reports.find((report) => report.id === id && id)?.candidateType;
  const [local, remote] = [typeOf(pair?.localCandidateId), typeOf(pair?.remoteCandidateId)];
  const codecId = returnedVideo(reports)?.codecId;
  const codec = reports.find((report) => report.id === codecId && codecId)?.mimeType?.split("/").at(-1);
  return { ...(local && remote ? { candidates: { local, remote } } : {}), ...(codec ? { codec } : {}) };
}

/** Return the number of packets that came back, without retransmissions. @param {Reports} reports @returns {number} */
export function returnedPackets(reports) {
  const counts = reports.filter((report) => report.type === "inbound-rtp").map((report) => (report.packetsReceived ?? 0) - (report.retransmittedPacketsReceived ?? 0));
  return counts.reduce((total, count) => total + count, 0);
}

/** Return the counts of returned frames. @param {Reports} reports @returns {import("./connection_figures.js").Frames} */
export function returnedFrames(reports) {
  const video = returnedVideo(reports);
  return { frames: video?.framesReceived ?? 0, dropped: video?.framesDropped ?? 0, decoded: video?.framesDecoded ?? 0 };
}

/** @param {Reports} reports */
const returnedVideo = (reports) => reports.find((report) => report.type === "inbound-rtp" && report.kind === "video");
