// @ts-check
// The assistant's tab. It moves into the margin while text, a control or a picture lies under it.

const SETTLE_MS = 200; // without scrolling or resizing, the page counts as still
const CONTENT = "a, button, label, summary, input, select, textarea, video, svg, img";

/** @param {HTMLElement} tab */
export default function start(tab) {
  let settleTimer = 0;
  let frame = 0;

  function updateTucked() {
    tab.toggleAttribute("data-tucked", coversContent(tab));
  }

  /** Tuck the tab at once if it covers content; show it again only when the page is still, or it would flutter. */
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

/** Whether text, a control or a picture lies in the area of the whole tab. @param {HTMLElement} tab */
function coversContent(tab) {
  const { top, bottom, width } = tab.getBoundingClientRect();
  const edge = document.documentElement.clientWidth;
  const [left, right] = document.dir === "rtl" ? [0, width] : [edge - width, edge];
  const area = new DOMRect(left, top, right - left, bottom - top);
  return [...elementsUnder(area)].some((element) => !tab.contains(element) && isContent(element, area));
}

/** Sample a grid of points and return the elements found. @param {DOMRect} area @returns {Set<Element>} */
function elementsUnder({ left, right, top, bottom }) {
  const steps = [0.02, 0.2, 0.4, 0.6, 0.8, 0.98];
  const points = steps.flatMap((x) => steps.map((y) => [left + x * (right - left), top + y * (bottom - top)]));
  return new Set(points.flatMap(([x = 0, y = 0]) => document.elementsFromPoint(x, y)));
}

/** Whether the element shows something to read or use inside the area. @param {Element} element @param {DOMRect} area */
function isContent(element, area) {
  if (element.closest(CONTENT)) return true;
  return [...element.childNodes].some((node) => {
    if (!(node instanceof Text) || !node.data.trim()) return false;
    const words = document.createRange();
    words.selectNode(node);
    return [...words.getClientRects()].some((line) => overlaps(line, area));
  });
}

/** @param {DOMRect} a @param {DOMRect} b */
const overlaps = (a, b) =>
  a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
