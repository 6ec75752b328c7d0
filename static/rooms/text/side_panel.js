// @ts-check
// The panel beside the video: its tabs, their unread counts and the written lines. A sheet below the video on phones.

import { Emitter } from "../../core/emitter.js";
import { queryAll, fillSlot, requireElement, setShown, onPress } from "../../core/dom.js";
import { appendLinked } from "./linked_text.js";

const LINES = 200; // more than a long call needs; older lines are removed
const STEPS = /** @type {Record<string, (at: number, all: number) => number>} */ ({
  ArrowRight: (at, all) => (at + 1) % all,
  ArrowLeft: (at, all) => (at + all - 1) % all,
  Home: () => 0,
  End: (_, all) => all - 1,
});

/**
 * @typedef {{ isOwn?: boolean, isSpoken?: boolean }} LineKind
 * @typedef {{ where: string, who: string, words: string, kind: LineKind, element: HTMLElement }} WrittenLine
 * @typedef {ReturnType<typeof makeSidePanel>} SidePanel
 */

/** @param {HTMLElement} root */
export function makeSidePanel(root) {
  const call = requireElement(root, "[data-panel]");
  const tabs = queryAll(root, "[data-tab]");
  const opener = requireElement(root, '[data-do="panel"][aria-expanded]');
  /** @type {Emitter<{ line: WrittenLine, removed: HTMLElement, change: undefined }>} `change`: what the panel shows */
  const events = new Emitter();
  /** @type {Map<string, number>} lines not seen, by tab */
  const unread = new Map();

  /** @param {boolean} open */
  function setOpen(open) {
    call.dataset.panel = open ? "open" : "closed";
    opener.setAttribute("aria-expanded", String(open));
    const isWaiting = isShown() && !isUnread(selectedTab());
    selectTab((isWaiting && firstUnread()) || selectedTab());
  }

  /** @param {string} name */
  function selectTab(name) {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const pane of queryAll(root, "[data-pane]")) pane.hidden = pane.dataset.pane !== name;
    if (isShowing(name)) showUnread(name);
    events.emit("change", undefined);
  }

  const selectedTab = () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tab ?? "text";
  const isShown = () => requireElement(root, "[data-panel-box]").offsetParent !== null;
  const isShowing = (/** @type {string} */ name) => isShown() && selectedTab() === name;
  const isUnread = (/** @type {string} */ name) => Boolean(unread.get(name));
  const firstUnread = () => [...unread.keys()].find(isUnread);

  /** Raise or lower the count of a tab; the button that opens the panel shows the sum. @param {string} name @param {number} number */
  function addUnread(name, number = 1) {
    unread.set(name, Math.max(0, (unread.get(name) ?? 0) + number));
    const sum = [...unread.values()].reduce((total, unreadLines) => total + unreadLines, 0);
    const count = String(unread.get(name));
    setShown(root, `[data-unread="${name}"]`, isUnread(name));
    for (const badge of queryAll(root, `[data-unread="${name}"]`)) badge.textContent = count;
    setShown(root, "[data-unread-all]", sum > 0);
    fillSlot(root, "unread_all", String(sum));
  }

  /** @param {string} name */
  function showUnread(name) {
    const box = root.querySelector(`[data-lines="${name}"]`);
    if (box && isUnread(name)) box.scrollTop = box.scrollHeight; // a hidden list cannot be scrolled
    for (const line of queryAll(root, `[data-unseen="${name}"]`)) delete line.dataset.unseen;
    addUnread(name, -Infinity);
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => selectTab(tab.dataset.tab ?? "text"));
    tab.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const other = tabs[step(tabs.indexOf(tab), tabs.length)];
      other?.click();
      other?.focus();
    });
  }
  const isSheet = () => requireElement(root, '[data-panel-box] [data-do="panel"]').offsetParent !== null;
  call.addEventListener("keydown", ({ key, isComposing }) => {
    if (key !== "Escape" || isComposing || !isSheet()) return;
    setOpen(false);
    opener.focus();
  });
  onPress(root, "panel", () => {
    setOpen(call.dataset.panel !== "open");
    if (!isShown()) return opener.focus();
    const field = root.querySelector(`[data-write="${selectedTab()}"] input`) ?? root.querySelector('[data-tab][aria-selected="true"]');
    if (field instanceof HTMLElement) field.focus();
  });
  addEventListener("resize", () => selectTab(selectedTab())); // a wide screen always shows the panel

  /** Add a line to a tab. @param {"text" | "chat"} where @param {HTMLElement} line */
  function append(where, line) {
    const box = requireElement(root, `[data-lines="${where}"]`);
    box.append(line);
    setShown(box, ".hint", false);
    const lines = queryAll(box, ".said");
    if (lines.length > LINES) lines[0]?.remove();
    box.scrollTop = box.scrollHeight;
  }

  /**
   * Say a line, or something about a line: counted, below the picture and announced while its tab is not shown.
   * @param {WrittenLine} line
   */
  function tell(line) {
    const { where, kind, element } = line;
    if (!kind.isOwn && !kind.isSpoken && !isShowing(where)) {
      element.dataset.unseen = where;
      addUnread(where);
    }
    events.emit("line", line);
  }

  /** Take back what was told about a line. @param {HTMLElement} line */
  function untell(line) {
    if (line.dataset.unseen) addUnread(line.dataset.unseen, -1);
    delete line.dataset.unseen;
    events.emit("removed", line);
  }

  return {
    events,
    isShowing,
    addUnread,
    tell,
    untell,
    /** Open the panel at a tab. @param {string} name */
    show(name) {
      setOpen(true);
      selectTab(name);
    },
    /** Add a line. @param {"text" | "chat"} where @param {string} who @param {string} words @param {LineKind} [kind] */
    write(where, who, words, kind = {}) {
      const element = Object.assign(document.createElement("p"), { className: "said" });
      if (who) element.append(Object.assign(document.createElement("span"), { className: "soft small", textContent: who }), document.createElement("br"));
      appendLinked(element, words);
      append(where, element);
      tell({ where, who, words, kind, element });
      return element;
    },
    /** Add a sentence of the page itself. @param {string} words */
    note(words) {
      return this.write("text", "", words);
    },
    /** Take back a line whose writer goes on. @param {HTMLElement} line */
    remove(line) {
      line.remove();
      untell(line);
    },
  };
}
