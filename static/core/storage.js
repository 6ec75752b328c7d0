// @ts-check
// Access to localStorage and sessionStorage where the browser may refuse both, as some private windows do.

/**
 * Run `access` and return its result, or `otherwise` if the browser refuses storage.
 * @template T
 * @param {() => T} access
 * @param {T} otherwise
 * @returns {T}
 */
export function tryStorage(access, otherwise) {
  try {
    return access();
  } catch {
    return otherwise;
  }
}
