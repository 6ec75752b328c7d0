// @ts-check
// The assistant's tab never covers what is read: while words or a field lie under it, it keeps to the margin.

const REST_MS = 200; // the page has come to rest
const READ = "input, select, textarea, video, svg, img";

/** @param {HTMLElement} tab */
export default function start(tab) {
  let resting = 0;
  let drawing = 0;

  function settle() {
    tab.toggleAttribute("data-tucked", coversAnything(tab));
  }

  /** What comes under it moves it aside at once; it comes back when the page stands still, or it would flutter. */
  function moved() {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(() => tab.hasAttribute("data-tucked") || settle());
    clearTimeout(resting);
    resting = window.setTimeout(settle, REST_MS);
  }

  addEventListener("scroll", moved, { passive: true });
  addEventListener("resize", moved);
  new ResizeObserver(moved).observe(document.body);
  settle();
}

/** Whether words, a field or a picture lie where the whole tab stands. @param {HTMLElement} tab */
function coversAnything(tab) {
  const { top, bottom, width } = tab.getBoundingClientRect();
  const edge = document.documentElement.clientWidth;
  const [left, right] = document.dir === "rtl" ? [0, width] : [edge - width, edge];
  const place = new DOMRect(left, top, right - left, bottom - top);
  return [...under(place)].some((one) => !tab.contains(one) && isRead(one, place));
}

/** @param {DOMRect} place @returns {Set<Element>} */
function under({ left, right, top, bottom }) {
  const steps = [0.02, 0.2, 0.4, 0.6, 0.8, 0.98];
  const points = steps.flatMap((x) => steps.map((y) => [left + x * (right - left), top + y * (bottom - top)]));
  return new Set(points.flatMap(([x = 0, y = 0]) => document.elementsFromPoint(x, y)));
}

/** @param {Element} element @param {DOMRect} place */
function isRead(element, place) {
  if (element.closest(READ)) return true;
  return [...element.childNodes].some((node) => {
    if (!(node instanceof Text) || !node.data.trim()) return false;
    const words = document.createRange();
    words.selectNode(node);
    return [...words.getClientRects()].some((line) => meets(line, place));
  });
}

/** @param {DOMRect} one @param {DOMRect} other */
const meets = (one, other) =>
  one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;
