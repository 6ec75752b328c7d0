// @ts-check
// The panel beside the picture: its two tabs, its lines, and how it opens on a phone.

import { all, fill, must, show, whenPressed } from "../core/dom.js";

const LINES = 200; // more than a long call has; the page stays light

/** @param {HTMLElement} root */
export function makePanel(root) {
  const call = must(root, "[data-panel]");
  const tabs = all(root, "[data-tab]");
  let unread = 0;

  /** @param {boolean} open */
  function turn(open) {
    call.dataset.panel = open ? "open" : "closed";
    for (const button of all(root, '[data-do="panel"][aria-expanded]')) button.setAttribute("aria-expanded", String(open));
    if (open) choose(current());
  }

  /** @param {string} name */
  function choose(name) {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const pane of all(root, "[data-pane]")) pane.hidden = pane.dataset.pane !== name;
    if (name === "chat" && isShown()) count(0);
  }

  const current = () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tab ?? "text";
  const isShown = () => must(root, "[data-panel-box]").offsetParent !== null;

  /** @param {number} number of messages not seen */
  function count(number) {
    unread = number;
    show(root, '[data-slot="unread"]', unread > 0);
    fill(root, "unread", String(unread));
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab.dataset.tab ?? "text"));
    tab.addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      const other = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
      other?.click();
      other?.focus();
    });
  }
  const opener = must(root, '[data-do="panel"][aria-expanded]');
  const isSheet = () => must(root, '[data-panel-box] [data-do="panel"]').offsetParent !== null;
  call.addEventListener("keydown", ({ key, isComposing }) => {
    if (key !== "Escape" || isComposing || !isSheet()) return;
    turn(false);
    opener.focus();
  });
  whenPressed(root, "panel", () => {
    turn(call.dataset.panel !== "open");
    if (!isShown()) return opener.focus();
    const field = must(root, `[data-pane="${current()}"]`).querySelector("input");
    field?.focus();
  });

  return {
    /** @param {"text" | "chat"} where @param {string} who @param {string} words */
    write(where, who, words) {
      const box = must(root, `[data-lines="${where}"]`);
      const said = document.createElement("p");
      said.className = "said";
      const name = Object.assign(document.createElement("span"), { className: "soft small", textContent: who });
      said.append(name, document.createElement("br"), words);
      box.append(said);
      show(box, ".hint", false);
      const lines = all(box, ".said");
      if (lines.length > LINES) lines[0]?.remove();
      box.scrollTop = box.scrollHeight;
      if (where === "chat" && !(isShown() && current() === "chat")) count(unread + 1);
      return said;
    },
  };
}
