// @ts-check
// Whether a line varies, so that a better place may help, or is steady, however slow. Pure: no browser, no clock.

const SAMPLES = 5;
const UNSTEADY_SAMPLES = 3;
const LOSS_PCT = 2; // green up to this, each direction (docs/video.md)
const JITTER_MS = 30; // green up to this
const RTT_SPREAD_MS = 60; // twice that: there and back
const FULL_MS = 15_000; // the queue of a line that has become narrow overflows at first, and is empty by then

/**
 * @param {import("../../core/media/webrtc_stats.js").Figures[]} recent the last figures, two seconds apart
 * @param {number} slow_ms since when the line is narrow, 0 if it is not
 */
export function isUnsteady(recent, slow_ms) {
  if (slow_ms && slow_ms < FULL_MS) return false;
  const seen = recent.slice(-SAMPLES);
  const times = seen.flatMap(({ rtt_ms }) => (rtt_ms === undefined ? [] : [rtt_ms]));
  const least = Math.min(...times);
  const varying = seen.filter(
    ({ loss_up_pct = 0, jitter_ms = 0, rtt_ms = least }) => loss_up_pct > LOSS_PCT || jitter_ms > JITTER_MS || rtt_ms - least > RTT_SPREAD_MS,
  );
  return varying.length >= UNSTEADY_SAMPLES;
}
