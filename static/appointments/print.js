// @ts-check
// The print link. With scripts it opens the print dialog.

/** @param {HTMLElement} link */
export default function start(link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.print();
  });
}
