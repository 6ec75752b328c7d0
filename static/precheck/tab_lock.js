// @ts-check
// One page at a time has a test that was left: another tab that opens meanwhile leaves it alone.

const TIMEOUT_MS = 1_500; // a page that is being closed lets go within this

/**
 * From now on until this page goes. Browsers without locks go on as if alone: the office takes a report twice for one.
 * @param {string} id
 * @returns {Promise<boolean>} whether no other page has it
 */
export function acquireTabLock(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), TIMEOUT_MS);
    const keep = () => {
      resolve(true);
      return new Promise(() => undefined); // the browser itself lets go, also of a page that crashes
    };
    navigator.locks.request(`office360 test:${id}`, { signal: stop.signal }, keep).catch(() => resolve(false));
  });
}
