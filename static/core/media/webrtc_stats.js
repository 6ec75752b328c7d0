// @ts-check
// Figures of a peer connection from getStats, as differences between two readings.

/**
 * @typedef {object} Figures
 * @property {number} [rtt_ms]
 * @property {number} [loss_up_pct]
 * @property {number} [loss_down_pct]
 * @property {number} [jitter_ms]
 * @property {number} [up_kbps]
 * @property {number} [down_kbps]
 * @property {number} [video_width] of the received picture
 * @property {number} [video_height]
 * @property {number} [video_fps]
 * @property {"udp" | "tcp" | "tls"} [path]
 * @property {string} [limited] "bandwidth" or "cpu": the reason why the sent picture is smaller
 *
 * @typedef {Record<"sent" | "remoteReports" | "lostUp" | "received" | "lostDown" | "up" | "down", number>} Counters
 */

/**
 * Create a reader for a peer connection.
 * @param {{ sinceFirst?: boolean }} [options] compare with the first reading instead of the last reading
 * @returns {(pc: RTCPeerConnection) => Promise<Figures>}
 */
export function makeStatsReader({ sinceFirst = false } = {}) {
  /** @type {Counters | undefined} */
  let before;
  let at = 0;
  return async (pc) => {
    const now = performance.now();
    const reports = [...(await pc.getStats()).values()];
    const counters = countersFrom(reports);
    const figures = { ...currentFigures(reports), ...(before ? figuresSince(before, counters, (now - at) / 1000) : {}) };
    if (!before || !sinceFirst) [before, at] = [counters, now];
    return figures;
  };
}

/** Sum up the counters of all streams. @param {any[]} reports @returns {Counters} */
function countersFrom(reports) {
  /** @param {string} type @param {string} field */
  const sum = (type, field) =>
    reports.filter((report) => report.type === type).reduce((total, report) => total + (report[field] ?? 0), 0);
  return {
    sent: sum("outbound-rtp", "packetsSent"),
    remoteReports: reports.filter((report) => report.type === "remote-inbound-rtp").length,
    lostUp: sum("remote-inbound-rtp", "packetsLost"),
    received: sum("inbound-rtp", "packetsReceived"),
    lostDown: sum("inbound-rtp", "packetsLost"),
    up: sum("outbound-rtp", "bytesSent"),
    down: sum("inbound-rtp", "bytesReceived"),
  };
}

/**
 * Return the rates and losses between two readings.
 * @param {Counters} before
 * @param {Counters} now
 * @param {number} seconds
 * @returns {Figures}
 */
function figuresSince(before, now, seconds) {
  /** @param {keyof Counters} key */
  const increase = (key) => Math.max(0, now[key] - before[key]);
  /** @param {number} bytes */
  const kbps = (bytes) => Math.round((bytes * 8) / 1000 / seconds);
  return {
    ...lossFigure("loss_up_pct", increase("lostUp"), now.remoteReports ? increase("sent") : 0),
    ...lossFigure("loss_down_pct", increase("lostDown"), increase("received") + increase("lostDown")),
    up_kbps: kbps(increase("up")),
    down_kbps: kbps(increase("down")),
  };
}

/**
 * Return the loss in per cent, or no figure if nothing was sent or reported.
 * @param {string} name
 * @param {number} lost
 * @param {number} whole
 */
const lossFigure = (name, lost, whole) => (whole ? { [name]: Math.min(100, Math.round((1000 * lost) / whole) / 10) } : {});

/**
 * Return the candidate pair in use, which the transport names. Browsers without transport reports show it by
 * nomination only, which comes later.
 * @param {any[]} reports
 */
export function selectedPair(reports) {
  const selected = reports.find((report) => report.type === "transport")?.selectedCandidatePairId;
  const isNominated = (/** @type {any} */ report) => report.type === "candidate-pair" && report.nominated && report.state === "succeeded";
  return reports.find((report) => report.id === selected) ?? reports.find(isNominated);
}

/** Return the figures that need no comparison. @param {any[]} reports @returns {Figures} */
function currentFigures(reports) {
  const pair = selectedPair(reports);
  const local = reports.find((report) => report.id === pair?.localCandidateId);
  const received = reports.find((report) => report.type === "inbound-rtp" && report.kind === "video");
  const sent = reports.find((report) => report.type === "outbound-rtp" && report.kind === "video");
  const jitters = reports.filter((report) => report.type === "inbound-rtp").map((report) => report.jitter ?? 0);
  const path = local?.relayProtocol ?? local?.protocol;
  return {
    ...(pair?.currentRoundTripTime === undefined ? {} : { rtt_ms: Math.round(1000 * pair.currentRoundTripTime) }),
    ...(jitters.length ? { jitter_ms: Math.round(1000 * Math.max(...jitters)) } : {}),
    ...(received?.frameWidth ? { video_width: received.frameWidth, video_height: received.frameHeight } : {}),
    ...(received?.framesPerSecond === undefined ? {} : { video_fps: received.framesPerSecond }),
    ...(["udp", "tcp", "tls"].includes(path) ? { path } : {}),
    limited: sent?.qualityLimitationReason ?? "none",
  };
}
