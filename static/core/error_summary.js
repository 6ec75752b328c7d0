// @ts-check
// The summary of what is wrong takes the focus, so that it is heard and seen first.

/** @param {HTMLElement} summary */
export default function start(summary) {
  summary.focus();
}
