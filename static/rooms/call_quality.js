// @ts-check
// Quality of the call: shows the reason for problems and reports the figures to the server.

import { text } from "../core/i18n.js";
import { fillSlot, setShown } from "../core/dom.js";
import { makeStatsReader } from "../core/webrtc_stats.js";

const RAMP_MS = 20_000; // a new connection starts with a small picture and grows
const SAMPLE_MS = 2_000;
const REPORT_MS = 30_000;
const CONFIRMING_SAMPLES = 3; // in a row before a reason is shown or hidden
const LOSS_PCT = 8; // red above, each direction (docs/video.md)
const RTT_MS = 400; // red above (docs/video.md)

/** @typedef {import("../core/webrtc_stats.js").Figures} Figures */

/**
 * Return the key of the worst problem, or an empty string.
 * @param {Figures} figures
 * @param {boolean} sendsPicture
 * @param {number} age of the connection, in ms
 */
export function qualityProblem(figures, sendsPicture, age) {
  if ((figures.loss_up_pct ?? 0) > LOSS_PCT) return "loss_up";
  if ((figures.loss_down_pct ?? 0) > LOSS_PCT) return "loss_down";
  if ((figures.rtt_ms ?? 0) > RTT_MS) return "delay";
  if (sendsPicture && figures.limited === "bandwidth" && age > RAMP_MS) return "bandwidth";
  if (sendsPicture && figures.limited === "cpu") return "cpu";
  return "";
}

/**
 * Measure the first peer connection as long as the page lives.
 * @param {HTMLElement} root
 * @param {import("./peers.js").Peers} peers
 * @param {import("./signaling.js").RoomSignals} signals
 * @param {import("../core/media_devices.js").Devices} devices
 */
export function watchCallQuality(root, peers, signals, devices) {
  let measure = makeStatsReader();
  /** @type {RTCPeerConnection | undefined} */
  let measured;
  let connectedAt = 0;
  let candidate = "";
  let times = 0;
  let reportedAt = Date.now();

  /** @param {string} reason */
  function showReason(reason) {
    times = reason === candidate ? times + 1 : 1;
    candidate = reason;
    if (times < CONFIRMING_SAMPLES) return;
    setShown(root, "[data-why]", Boolean(reason));
    if (!reason) return;
    fillSlot(root, "why", text(`why_${reason}`));
    fillSlot(root, "why_more", text(`why_${reason}_more`));
  }

  /** Hide the reason at once when the other person is gone. */
  function reset() {
    [candidate, times] = ["", 0];
    setShown(root, "[data-why]", false);
  }
  peers.on("gone", () => peers.all.size === 0 && reset());

  /** @param {Figures} figures @param {string} reason */
  function report({ limited, ...figures }, reason) {
    if (Date.now() - reportedAt < REPORT_MS) return;
    reportedAt = Date.now();
    signals.send("quality", { ...figures, ...(reason ? { reason } : {}) });
  }

  setInterval(async () => {
    const pc = peers.first?.pc;
    if (!pc || pc.connectionState !== "connected") return reset();
    if (pc !== measured) [measure, measured, connectedAt] = [makeStatsReader(), pc, Date.now()];
    const figures = await measure(pc);
    if (peers.first?.pc !== pc) return; // the peer left during the measurement
    const reason = qualityProblem(figures, Boolean(devices.tracks.video), Date.now() - connectedAt);
    showReason(reason);
    report(figures, reason);
  }, SAMPLE_MS);
}
