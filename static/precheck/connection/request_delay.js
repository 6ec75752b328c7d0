// @ts-check
// The delay of requests to the server, known before any peer connection is.

/**
 * Return the shortest time between a request of this page and the first byte of its answer, in ms.
 * It contains the server's work, so it is never shorter than the round trip. 0 if no request was made.
 * @param {Iterable<{ initiatorType: string, requestStart: number, responseStart: number }>} [timings]
 */
export function requestRoundTrip(timings = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource"))) {
  const own = [...timings].filter(({ initiatorType, requestStart, responseStart }) => initiatorType === "fetch" && requestStart > 0 && responseStart > 0);
  return own.length ? Math.min(...own.map(({ requestStart, responseStart }) => responseStart - requestStart)) : 0;
}
