// @ts-check
// Says why a call is not as good as it could be, and tells the server now and then.

import { text } from "../core/i18n.js";
import { fillSlot, setShown } from "../core/dom.js";
import { makeStatsReader } from "../core/webrtc_stats.js";

const RAMP_MS = 20_000; // a new connection begins with a small picture and feels its way up
const SAMPLE_MS = 2_000;
const REPORT_MS = 30_000;
const CONFIRMING_SAMPLES = 3; // looks in a row, so that a hiccup is not a sentence
const LOSS_PCT = 8; // video.md: red above 8 %, each direction
const RTT_MS = 400; // video.md: red above 400 ms

/** @typedef {import("../core/webrtc_stats.js").Figures} Figures */

/**
 * What is worst, as the key of a text; empty when all is well.
 * @param {Figures} figures
 * @param {boolean} sendsPicture
 * @param {number} age of the connection, in milliseconds
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

  /** Nobody is there: what was said of the call with them is over at once. */
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
    if (peers.first?.pc !== pc) return; // they left while we looked
    const reason = qualityProblem(figures, Boolean(devices.tracks.video), Date.now() - connectedAt);
    showReason(reason);
    report(figures, reason);
  }, SAMPLE_MS);
}
