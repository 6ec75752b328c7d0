// @ts-check
// Summary of many readings of a connection. No clock, no DOM.

/**
 * @typedef {import("../core/webrtc_stats.js").Figures} Figures
 * @typedef {import("./types.js").Measured} Measured
 */

/** Return the median. @param {number[]} values not empty @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/**
 * Combine the readings into the measured figures.
 * @param {Figures[]} samples one each half second
 * @param {Figures} whole the same, over the whole time
 * @returns {Measured}
 */
export function summarizeFigures(samples, whole) {
  const last = samples.at(-1) ?? {};
  /** @param {"rtt_ms" | "jitter_ms" | "video_fps"} name @returns {{ [name: string]: number }} */
  const medianOf = (name) => {
    const values = samples.map((look) => look[name]).filter((value) => value !== undefined);
    return values.length ? { [name]: Math.round(median(values) * 10) / 10 } : {};
  };
  return {
    ...medianOf("rtt_ms"),
    ...medianOf("jitter_ms"),
    ...lossFigures(whole),
    ...(last.video_width ? { ...medianOf("video_fps"), video_width: last.video_width, video_height: last.video_height } : {}),
    ...(last.path ? { path: last.path } : {}),
    ...(last.limited ? { limited_by: last.limited } : {}),
  };
}

/**
 * Split the losses: the returned media were lost on either way, so the loss on the way up is subtracted.
 * @param {Figures} whole
 * @returns {Measured}
 */
function lossFigures({ loss_up_pct: up, loss_down_pct: both }) {
  if (up === undefined || both === undefined) return {};
  return { loss_up_pct: up, loss_down_pct: Math.max(0, Math.round((both - up) * 10) / 10) };
}
