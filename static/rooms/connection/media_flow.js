// @ts-check
// Whether media arrive on a peer connection, before the browser calls it disconnected. Reads no statistics: cheap
// enough for twice a second on a phone.

import { SILENCE_MS } from "./recovery.js";

/** Create a reader, which returns the change since its last reading: silence began, or media flow again. */
export function makeFlowReader() {
  /** @type {RTCPeerConnection | undefined} */
  let watched;
  /** @type {Set<number>} of the last packets, by RTP time */
  let last = new Set();
  let heardAt = 0;
  let silent = false;

  /** @param {RTCPeerConnection} pc @param {number} at @returns {"silence" | "flow" | undefined} */
  return function read(pc, at) {
    if (pc !== watched) [watched, last, heardAt, silent] = [pc, new Set(), 0, false];
    const sources = pc.getReceivers().flatMap((receiver) => receiver.getSynchronizationSources());
    const times = sources.map((source) => source.rtpTimestamp);
    if (times.some((time) => !last.has(time))) {
      [last, heardAt] = [new Set(times), at];
      if (!silent) return undefined;
      silent = false;
      return "flow";
    }
    if (silent || !heardAt || at - heardAt < SILENCE_MS) return undefined;
    silent = true;
    return "silence";
  };
}
