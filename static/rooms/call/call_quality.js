// @ts-check
// Quality of the call: shows the reason for problems and reports the figures to the server.

import { text } from "../../core/i18n.js";
import { fillSlot, requireElement, setShown } from "../../core/dom.js";
import { makeStatsReader } from "../../core/media/webrtc_stats.js";
import { isUnsteady } from "../connection/line_steadiness.js";
import { adviceKey, isCertain, qualityProblem } from "./quality_problem.js";

const SAMPLE_MS = 2_000;
const REPORT_MS = 30_000;
const CHANGE_REPORT_MS = 10_000; // a new problem is reported earlier; the server keeps a single report in this time
const CONFIRMING_SAMPLES = 3; // in a row before a reason is shown or hidden
const VOICE_VIEWS = 5; // seconds over which the voice is judged

/** @typedef {import("../voice/voice_view.js").VoiceView} VoiceView */

/**
 * Measure the first peer connection as long as the page lives.
 * @param {HTMLElement} root
 * @param {import("../connection/peers.js").Peers} peers
 * @param {import("../signaling.js").RoomSignals} signals
 * @param {import("../../core/media/media_devices.js").Devices} devices
 * @param {import("../voice/voice_guard.js").VoiceGuard} guard
 */
export function watchCallQuality(root, peers, signals, devices, guard) {
  let measure = makeStatsReader();
  /** @type {RTCPeerConnection | undefined} */
  let measured;
  let connectedAt = 0;
  let candidate = "";
  let times = 0;
  let reportedAt = Date.now();
  let reported = "";
  /** @type {VoiceView[]} */
  let voices = [];
  /** @type {import("../../core/media/webrtc_stats.js").Figures[]} */
  let recent = [];
  let slowSince = 0;
  guard.on("view", (view) => (voices = [...voices, view].slice(-VOICE_VIEWS)));

  /** @param {string} reason @param {import("./quality_problem.js").CallView} view */
  function showReason(reason, view) {
    times = reason === candidate ? times + 1 : 1;
    candidate = reason;
    if (times < CONFIRMING_SAMPLES && !isCertain(reason, view)) return;
    setShown(root, "[data-why]", Boolean(reason));
    requireElement(root, "[data-why]").dataset.why = reason;
    if (!reason) return;
    fillSlot(root, "why", text(`why_${reason}`));
    fillSlot(root, "why_more", text(adviceKey(reason, view)) || text(`why_${reason}_more`));
  }

  /** Hide the reason at once when the other person is gone. */
  function reset() {
    [candidate, times, voices, recent, slowSince] = ["", 0, [], [], 0];
    setShown(root, "[data-why]", false);
  }
  peers.on("gone", () => peers.all.size === 0 && reset());

  /** @param {import("./quality_problem.js").CallView} view @param {string} reason */
  function report({ figures: { limited, ...figures }, concealed_up_pct, concealed_down_pct }, reason) {
    const due = reason && reason !== reported && times >= CONFIRMING_SAMPLES ? CHANGE_REPORT_MS : REPORT_MS;
    if (Date.now() - reportedAt < due) return;
    [reportedAt, reported] = [Date.now(), reason];
    const available_up_kbps = voices.at(-1)?.available_up_kbps ?? null;
    const voice = Object.entries({ concealed_up_pct, concealed_down_pct, available_up_kbps }).filter(([, value]) => value !== null);
    signals.send("quality", { ...figures, ...Object.fromEntries(voice), ...(reason ? { reason } : {}) });
  }

  setInterval(async () => {
    const pc = peers.first?.pc;
    if (!pc || pc.connectionState !== "connected") return reset();
    if (pc !== measured) [measure, measured, connectedAt] = [makeStatsReader(), pc, Date.now()];
    const figures = await measure(pc);
    if (peers.first?.pc !== pc) return; // the peer left during the measurement
    const voice = voices.at(-1);
    recent = [...recent, figures].slice(-VOICE_VIEWS);
    slowSince = voice?.slow ? slowSince || Date.now() : 0;
    const view = {
      figures,
      concealed_up_pct: mean(voices.map((voice) => voice.concealed_up_pct)),
      concealed_down_pct: mean(voices.map((voice) => voice.concealed_down_pct)),
      sendsPicture: Boolean(devices.tracks.video) && !voice?.soundOnly,
      still: voice?.still ?? false,
      slow: voice?.slow ?? false,
      other_slow: voice?.other_slow ?? false,
      unsteady: isUnsteady(recent, slowSince && Date.now() - slowSince),
      age_ms: Date.now() - connectedAt,
    };
    const reason = qualityProblem(view);
    showReason(reason, view);
    report(view, reason);
  }, SAMPLE_MS);
}

/** Return the mean of the known values, with a decimal, or null. @param {(number | null)[]} values */
function mean(values) {
  const known = values.flatMap((value) => (value === null ? [] : [value]));
  return known.length ? Math.round((10 * known.reduce((sum, value) => sum + value, 0)) / known.length) / 10 : null;
}
