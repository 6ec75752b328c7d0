// @ts-check
// The panel beside the video: tabs with lines of text and, for staff, with notes; a sheet on phones.

import { queryAll, fillSlot, requireElement, setShown, onPress } from "../core/dom.js";

const LINES = 200; // more than a long call needs; older lines are removed

/** @param {HTMLElement} root */
export function makeSidePanel(root) {
  const call = requireElement(root, "[data-panel]");
  const tabs = queryAll(root, "[data-tab]");
  let unread = 0;

  /** @param {boolean} open */
  function setOpen(open) {
    call.dataset.panel = open ? "open" : "closed";
    for (const button of queryAll(root, '[data-do="panel"][aria-expanded]')) button.setAttribute("aria-expanded", String(open));
    if (open) selectTab(selectedTab());
  }

  /** @param {string} name */
  function selectTab(name) {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const pane of queryAll(root, "[data-pane]")) pane.hidden = pane.dataset.pane !== name;
    if (name === "chat" && isShown()) setUnread(0);
  }

  const selectedTab = () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tab ?? "text";
  const isShown = () => requireElement(root, "[data-panel-box]").offsetParent !== null;

  /** @param {number} number of messages not seen */
  function setUnread(number) {
    unread = number;
    setShown(root, '[data-slot="unread"]', unread > 0);
    fillSlot(root, "unread", String(unread));
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => selectTab(tab.dataset.tab ?? "text"));
    tab.addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      const other = tabs[(tabs.indexOf(tab) + (key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
      other?.click();
      other?.focus();
    });
  }
  const opener = requireElement(root, '[data-do="panel"][aria-expanded]');
  const isSheet = () => requireElement(root, '[data-panel-box] [data-do="panel"]').offsetParent !== null;
  call.addEventListener("keydown", ({ key, isComposing }) => {
    if (key !== "Escape" || isComposing || !isSheet()) return;
    setOpen(false);
    opener.focus();
  });
  onPress(root, "panel", () => {
    setOpen(call.dataset.panel !== "open");
    if (!isShown()) return opener.focus();
    const field = requireElement(root, `[data-pane="${selectedTab()}"]`).querySelector("input");
    field?.focus();
  });

  return {
    /** Add a line. @param {"text" | "chat"} where @param {string} who @param {string} words */
    write(where, who, words) {
      const box = requireElement(root, `[data-lines="${where}"]`);
      const line = document.createElement("p");
      line.className = "said";
      const name = Object.assign(document.createElement("span"), { className: "soft small", textContent: who });
      line.append(name, document.createElement("br"), words);
      box.append(line);
      setShown(box, ".hint", false);
      const lines = queryAll(box, ".said");
      if (lines.length > LINES) lines[0]?.remove();
      box.scrollTop = box.scrollHeight;
      if (where === "chat" && !(isShown() && selectedTab() === "chat")) setUnread(unread + 1);
      return line;
    },
  };
}
