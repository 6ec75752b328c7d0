// Layout flaws of the page as it is shown now. Returns them as texts.
() => {
  const MIN_CHARACTERS = 5; // fewer characters before an ellipsis say nothing
  const TOLERANCE = 1.5; // px; half pixels of borders and fractional widths are no flaw
  const OVERLAYS = ".toast, .session-warning, [popover]"; // lie over a page on purpose
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const flaws = new Set();
  const styles = new Map();
  const styleOf = (element) => {
    let style = styles.get(element);
    if (!style) styles.set(element, (style = getComputedStyle(element)));
    return style;
  };
  const shown = new Map();
  const isShown = (element) => {
    let is = shown.get(element);
    if (is === undefined) {
      is = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      shown.set(element, is);
    }
    return is;
  };
  const short = (text) => `"${text.trim().replace(/\s+/g, " ").slice(0, 40)}"`;
  const nameOf = (element) => {
    const place = element.closest("[data-panel], [id], [class]");
    const mark = place?.dataset.panel ?? (place?.id || place?.getAttribute("class") || "");
    return `${element.localName} of ${mark}`;
  };
  const words = (element) => short(element.ariaLabel || element.innerText || element.name || nameOf(element));

  // The top layer hides the rest: an open modal dialog, else an open menu.
  const top = [...document.querySelectorAll("dialog:modal, :popover-open")].at(-1);
  const root = top ?? document.body;

  // The clipping ancestors of an element, innermost first: their boxes inside the borders.
  const clips = new Map();
  const clipsOf = (element) => {
    if (!element || element === document.documentElement) return [];
    let list = clips.get(element);
    if (list) return list;
    const style = styleOf(element);
    const isFixed = style.position === "fixed" || element === top;
    // a fixed box escapes its ancestors; an absolute one those that are not positioned
    let outer = isFixed ? [] : clipsOf(element.parentElement);
    if (style.position === "absolute") {
      const holder = element.offsetParent;
      outer = outer.filter(({ element: one }) => !holder || one === holder || one.contains(holder));
    }
    const [x, y] = [style.overflowX, style.overflowY];
    const isHidden = style.clipPath !== "none" || (element.offsetWidth <= 1 && element.offsetHeight <= 1);
    if ((x !== "visible" || y !== "visible" || isHidden) && style.display !== "inline" && style.display !== "contents") {
      const box = element.getBoundingClientRect();
      const left = box.left + element.clientLeft;
      const upper = box.top + element.clientTop;
      const inner = element === document.body && y === "hidden" ? innerHeight : element.clientHeight;
      list = [{ element, style, x, y, isHidden, left, top: upper, right: left + element.clientWidth, bottom: upper + inner }, ...outer];
    } else list = outer;
    clips.set(element, list);
    return list;
  };
  const reachable = new Map();
  const isReachable = (scroller) => {
    let is = reachable.get(scroller);
    if (is === undefined) {
      is = scroller.tabIndex >= 0 || [...scroller.querySelectorAll(`${CONTROLS}, [tabindex="0"]`)].some((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled);
      reachable.set(scroller, is);
    }
    return is;
  };

  // Texts: one box for each line, as high as its capital letters. Line boxes overlap where lines are tight.
  const boxes = [];
  const nodes = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element || element.closest("select, script, style, template, noscript, [inert], .skip")) continue;
    if (!isShown(element)) continue;
    range.selectNodeContents(node);
    const ancestors = clipsOf(element);
    if (ancestors.some((one) => one.isHidden)) continue; // for screen readers
    for (const line of range.getClientRects()) {
      if (line.width < 1 || line.height < 1) continue;
      const glyphs = { left: line.left, right: line.right, top: line.top + line.height * 0.27, bottom: line.top + line.height * 0.8 };
      const seen = clipped(glyphs, ancestors, element, node);
      if (seen) boxes.push({ ...seen, node, element });
    }
  }

  /** Cut a text's box as its ancestors do, and note what cannot be reached. */
  function clipped(box, ancestors, element, node) {
    let { left, right, top: upper, bottom } = box;
    for (const clip of ancestors) {
      const isWide = left < clip.left - TOLERANCE || right > clip.right + TOLERANCE;
      const isHigh = upper < clip.top - TOLERANCE || bottom > clip.bottom + TOLERANCE;
      if (isWide && clip.x !== "visible") noteCut(clip, clip.x, element, node, box);
      if (isHigh && clip.y !== "visible") noteCut(clip, clip.y, element, node, box);
      if (clip.x !== "visible") [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
      if (clip.y !== "visible") [upper, bottom] = [Math.max(upper, clip.top), Math.min(bottom, clip.bottom)];
      if (right - left < 1 || bottom - upper < 1) return null;
    }
    return { left, right, top: upper, bottom };
  }

  function noteCut(clip, overflow, element, node, box) {
    if (overflow === "auto" || overflow === "scroll") {
      if (!isReachable(clip.element)) flaws.add(`out of reach: texts in ${nameOf(clip.element)}`);
      return;
    }
    if (clip.style.textOverflow === "ellipsis" && clip.style.whiteSpace.startsWith("nowrap")) {
      const words = node.data.trim();
      const start = node.data.indexOf(words[0]);
      const end = Math.min(start + MIN_CHARACTERS, node.data.length);
      range.setStart(node, start);
      range.setEnd(node, end);
      const dots = parseFloat(styleOf(element).fontSize) * 0.9;
      if (range.getBoundingClientRect().right > clip.right - dots + TOLERANCE) flaws.add(`shortened: ${short(node.data)}`);
      return;
    }
    if (box.bottom < 0) return;
    flaws.add(`cut: ${short(node.data)} in ${nameOf(clip.element)}`);
  }

  // Two texts over each other: a sweep from top to bottom over the boxes that are still open.
  boxes.sort((a, b) => a.top - b.top);
  let open = [];
  for (const box of boxes) {
    open = open.filter((one) => one.bottom > box.top + TOLERANCE);
    for (const other of open) {
      if (other.node === box.node || other.element === box.element) continue;
      if (Math.min(other.right, box.right) - Math.max(other.left, box.left) <= TOLERANCE) continue;
      if (isBetween(other.element, box.element) || isBetween(box.element, other.element)) continue;
      flaws.add(`overlap: ${short(other.node.data)} and ${short(box.node.data)}`);
    }
    open.push(box);
  }

  /** Whether something opaque that keeps its place, such as a sticky bar, lies between two texts. */
  function isBetween(upper, lower) {
    for (let one = upper; one && !one.contains(lower); one = one.parentElement) {
      const style = styleOf(one);
      if (one.matches(OVERLAYS)) return true;
      const isOver = style.position === "sticky" || style.position === "fixed" || (style.position === "absolute" && style.zIndex !== "auto");
      if (isOver && /^rgb\(/.test(style.backgroundColor)) return true;
      if (isOver && one.matches(".visually-hidden")) return true;
    }
    return false;
  }

  // Chosen values that are wider than their field.
  const fields = [...root.querySelectorAll("select, input[type=date], input[type=time], input[type=datetime-local], input[type=month]")]
    .filter((one) => isShown(one) && !one.closest("[inert]"));
  const copies = fields.map((field) => {
    const copy = field.cloneNode(false);
    if (field.localName === "select") copy.append(new Option(field.selectedOptions[0]?.text ?? ""));
    copy.removeAttribute("id");
    copy.removeAttribute("name");
    Object.assign(copy.style, { position: "absolute", insetBlockStart: "0", inlineSize: "max-content", minInlineSize: "0", maxInlineSize: "none", visibility: "hidden" });
    field.after(copy);
    return copy;
  });
  const needed = copies.map((copy) => copy.offsetWidth);
  copies.forEach((copy) => copy.remove());
  fields.forEach((field, place) => {
    if (needed[place] > field.offsetWidth + TOLERANCE && !fillsItsForm(field)) flaws.add(`cut: value ${short(field.selectedOptions?.[0]?.text ?? field.value)} of ${nameOf(field)}`);
  });

  /** Whether the field is as wide as its form: a longer value is cut in any layout. */
  function fillsItsForm(field) {
    const form = field.form ?? field.closest("main, dialog");
    const style = styleOf(form);
    return field.offsetWidth >= form.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd) - 2 * TOLERANCE;
  }

  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) flaws.add("scrolls sideways");

  // Controls: what lies at their centre, at each screenful of the page, and what the floating assistant covers there.
  const controls = [...root.querySelectorAll(CONTROLS)]
    .filter((one) => isShown(one) && !one.closest("[inert], .skip") && !clipsOf(one).some(({ isHidden }) => isHidden));
  const assistant = root.querySelector(".ask");
  const tab = assistant && isShown(assistant) && styleOf(assistant).position === "fixed" ? assistant : null;
  const pictures = tab ? [...root.querySelectorAll("main :is(svg, img, video)")].filter(isShown) : [];
  const start = scrollY;
  const last = Math.max(0, page.scrollHeight - innerHeight);
  for (let y = 0; ; y = Math.min(y + innerHeight - 60, last)) {
    if (last && !top) scrollTo({ top: y, behavior: "instant" });
    for (const control of controls) checkControl(control);
    if (tab) checkTab(tab.getBoundingClientRect());
    if (y >= last || top) break;
  }
  if (scrollY !== start) scrollTo({ top: start, behavior: "instant" });
  return [...flaws];

  function checkControl(control) {
    const line = control.getClientRects()[0];
    if (!line || line.width < 3 || line.height < 3) return;
    const [x, y] = [line.left + line.width / 2, line.top + line.height / 2];
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return;
    for (const { element } of clipsOf(control.parentElement)) {
      const box = element.getBoundingClientRect(); // read again: the page may have moved
      if (x < box.left || x > box.right || y < box.top || y > box.bottom) return;
    }
    const hit = document.elementFromPoint(x, y);
    if (!hit || isSame(hit, control)) return;
    if (hit.closest(OVERLAYS)) return;
    for (let one = hit; one && !one.contains(control); one = one.parentElement) {
      if (styleOf(one).position === "sticky") return; // scrolling moves the control out from under it
    }
    flaws.add(`covered: ${words(control)} by ${nameOf(hit)}`);
  }

  function isSame(hit, control) {
    if (hit === control || hit.contains(control) || control.contains(hit)) return true;
    const label = hit.closest("label");
    return Boolean(label && (label.control === control || label.contains(control)));
  }

  function checkTab(box) {
    // the whole tab, as it is shown to a pointer or to the keyboard
    const visible = { left: page.clientWidth - box.width, right: page.clientWidth, top: box.top, bottom: box.bottom };
    const isUnder = ({ left, right, top: upper, bottom }, moved = 0) =>
      left < visible.right - TOLERANCE && right > visible.left + TOLERANCE && upper - moved < visible.bottom && bottom - moved > visible.top;
    for (const one of [...controls, ...pictures]) {
      if (one === tab || one.closest(`${OVERLAYS}, .ask`)) continue;
      if ([...one.getClientRects()].some((line) => isUnder(line))) flaws.add(`covered: ${words(one)} by the assistant's tab`);
    }
    for (const box of boxes) {
      if (isUnder(box, scrollY - start)) flaws.add(`covered: ${short(box.node.data)} by the assistant's tab`);
    }
  }
}
