// @ts-check
// Marks of living pages: the browser releases the lock of a page that is closed, killed or crashed.

/** Hold a lock as long as this page lives. @param {string} name */
export function holdTabLock(name) {
  navigator.locks?.request(name, { mode: "shared" }, () => new Promise(() => undefined)).catch(() => undefined);
}

/** Whether a page of this browser holds the lock; also true where that cannot be known. @param {string} name */
export async function isTabLockHeld(name) {
  if (!navigator.locks) return true;
  const { held = [] } = await navigator.locks.query();
  return held.some((lock) => lock.name === name);
}
