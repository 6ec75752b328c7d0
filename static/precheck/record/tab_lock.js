// @ts-check
// A lock on an unfinished test, so that only a single tab continues it.

const TIMEOUT_MS = 1_500; // a closing page releases its lock within this time

/**
 * Acquire the lock until this page closes. Without lock support it is always granted: reports are idempotent.
 * @param {string} id
 * @returns {Promise<boolean>} whether no other tab holds it
 */
export function acquireTabLock(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), TIMEOUT_MS);
    const keep = () => {
      resolve(true);
      return new Promise(() => undefined); // the browser releases the lock, also after a crash
    };
    navigator.locks.request(`office360 test:${id}`, { signal: stop.signal }, keep).catch(() => resolve(false));
  });
}
