// @ts-check
// Proof of work in ALTCHA's format. The challenge comes from this server; no other site is involved.

const CHALLENGE = "/api/v1/altcha";
const TIMEOUT_MS = 20_000; // twenty times what a slow phone needs; after that the form is sent without a proof

/**
 * Fetch a challenge and solve it in a worker. Returns the value of the field `altcha`, or null if that failed.
 * @returns {Promise<string | null>}
 */
export async function solveProofOfWork() {
  try {
    const answer = await fetch(CHALLENGE, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) return null;
    const { algorithm, challenge, salt, signature, maxnumber } = await answer.json();
    const number = await searchInWorker(salt, challenge, maxnumber);
    return number === null ? null : btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  } catch {
    return null; // no network, or no workers in this browser: the booking is verified by e-mail instead
  }
}

/**
 * @param {string} salt
 * @param {string} challenge
 * @param {number} maxNumber
 * @returns {Promise<number | null>}
 */
function searchInWorker(salt, challenge, maxNumber) {
  // "../": in a built page this code is in pages/, where "./" would find no worker
  const worker = new Worker(new URL("../appointments/proof_of_work_worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve) => {
    const finish = (/** @type {number | null} */ number) => {
      clearTimeout(timeout);
      worker.terminate();
      resolve(number);
    };
    const timeout = setTimeout(() => finish(null), TIMEOUT_MS);
    worker.onmessage = (event) => finish(event.data);
    worker.onerror = () => finish(null);
    worker.postMessage({ salt, challenge, most: maxNumber });
  });
}
