// @ts-check
// ICE candidates of a peer connection, sent several at a time: each message counts against the socket's limit.

const FIRST_MS = 4; // the candidates of this device's own addresses come together, and the call waits for them
const LATER_MS = 60; // those of a relay come later and apart
const MAX_CANDIDATES = 32; // of a message, docs/protocol.md

/** @typedef {RTCIceCandidateInit | null} Candidate null after the last candidate */

/**
 * @param {(candidates: Candidate[]) => void} send
 * @returns {(candidate: Candidate) => void}
 */
export function batchCandidates(send) {
  /** @type {Candidate[]} */
  let batch = [];
  let wait_ms = FIRST_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {number} next_ms wait of the next batch */
  function flush(next_ms) {
    clearTimeout(timer);
    timer = undefined;
    wait_ms = next_ms;
    send(batch);
    batch = [];
  }

  return (candidate) => {
    batch.push(candidate);
    if (candidate === null) flush(FIRST_MS); // a restart begins a new round
    else if (batch.length >= MAX_CANDIDATES) flush(LATER_MS);
    else timer ??= setTimeout(() => flush(LATER_MS), wait_ms);
  };
}
