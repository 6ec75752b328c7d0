// @ts-check
// "Print" prints at once; without scripts its link says where to find it.

/** @param {HTMLElement} link */
export default function start(link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.print();
  });
}
