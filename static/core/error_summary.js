// @ts-check
// The error summary of a form. It takes the focus on load, so that it is read out and seen first.

/** @param {HTMLElement} summary */
export default function start(summary) {
  summary.focus();
}
