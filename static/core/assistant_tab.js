// @ts-check
// The assistant's tab never covers what is read: while words or a field lie under it, it keeps to the margin.

const SETTLE_MS = 200; // the page has come to rest
const CONTENT = "input, select, textarea, video, svg, img";

/** @param {HTMLElement} tab */
export default function start(tab) {
  let settleTimer = 0;
  let frame = 0;

  function updateTucked() {
    tab.toggleAttribute("data-tucked", coversContent(tab));
  }

  /** What comes under it moves it aside at once; it comes back when the page stands still, or it would flutter. */
  function onPageMoved() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => tab.hasAttribute("data-tucked") || updateTucked());
    clearTimeout(settleTimer);
    settleTimer = window.setTimeout(updateTucked, SETTLE_MS);
  }

  addEventListener("scroll", onPageMoved, { passive: true });
  addEventListener("resize", onPageMoved);
  new ResizeObserver(onPageMoved).observe(document.body);
  updateTucked();
}

/** Whether words, a field or a picture lie where the whole tab stands. @param {HTMLElement} tab */
function coversContent(tab) {
  const { top, bottom, width } = tab.getBoundingClientRect();
  const edge = document.documentElement.clientWidth;
  const [left, right] = document.dir === "rtl" ? [0, width] : [edge - width, edge];
  const area = new DOMRect(left, top, right - left, bottom - top);
  return [...elementsUnder(area)].some((one) => !tab.contains(one) && isContent(one, area));
}

/** @param {DOMRect} place @returns {Set<Element>} */
function elementsUnder({ left, right, top, bottom }) {
  const steps = [0.02, 0.2, 0.4, 0.6, 0.8, 0.98];
  const points = steps.flatMap((x) => steps.map((y) => [left + x * (right - left), top + y * (bottom - top)]));
  return new Set(points.flatMap(([x = 0, y = 0]) => document.elementsFromPoint(x, y)));
}

/** @param {Element} element @param {DOMRect} area */
function isContent(element, area) {
  if (element.closest(CONTENT)) return true;
  return [...element.childNodes].some((node) => {
    if (!(node instanceof Text) || !node.data.trim()) return false;
    const words = document.createRange();
    words.selectNode(node);
    return [...words.getClientRects()].some((line) => overlaps(line, area));
  });
}

/** @param {DOMRect} one @param {DOMRect} other */
const overlaps = (one, other) =>
  one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;
