// @ts-check
// A proof of work in the format of ALTCHA, made by this very site: nobody else hears of it, and there is nothing to do.

const CHALLENGE = "/api/v1/altcha";
const GIVE_UP_MS = 20_000; // twenty times what a slow phone takes; then it goes on without

/**
 * Fetch a challenge and solve it beside the page. The text for the field `altcha`; null when it cannot be had.
 * @returns {Promise<string | null>}
 */
export async function solve() {
  try {
    const answer = await fetch(CHALLENGE, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) return null;
    const { algorithm, challenge, salt, signature, maxnumber } = await answer.json();
    const number = await search(salt, challenge, maxnumber);
    return number === null ? null : btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  } catch {
    return null; // no network, or a browser without workers: the e-mail is confirmed instead
  }
}

/**
 * @param {string} salt
 * @param {string} challenge
 * @param {number} most
 * @returns {Promise<number | null>}
 */
function search(salt, challenge, most) {
  const worker = new Worker(new URL("./proof_of_work_worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve) => {
    const end = (/** @type {number | null} */ number) => {
      clearTimeout(late);
      worker.terminate();
      resolve(number);
    };
    const late = setTimeout(() => end(null), GIVE_UP_MS);
    worker.onmessage = (event) => end(event.data);
    worker.onerror = () => end(null);
    worker.postMessage({ salt, challenge, most });
  });
}
