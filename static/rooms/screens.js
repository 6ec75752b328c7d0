// @ts-check
// The screens of the room: preview, lobby, call, after. lobby.css shows a single screen; the focus goes to its heading.

import { text } from "../core/i18n.js";
import { queryAll, fillSlot, requireElement } from "../core/dom.js";
import { rememberEntry } from "./lobby/entry.js";

/** @typedef {"preview" | "lobby" | "call" | "after"} Screen */

/** @param {HTMLElement} root @param {import("./types.js").RoomFacts} room */
export function makeScreens(root, room) {
  const site = document.title.split(" · ").at(-1) ?? "";

  /** @param {Screen} name @param {string} [title] of the page, by default the screen's own */
  function show(name, title = titleOf(name, room)) {
    if (root.dataset.screen === name) return;
    root.dataset.screen = name;
    if (name === "call") document.body.dataset.theme = "dark";
    else delete document.body.dataset.theme;
    document.title = [title, site].filter(Boolean).join(" · ");
    scrollTo(0, 0);
    queryAll(root, "h1").find((heading) => heading.offsetParent !== null)?.focus({ preventScroll: true });
  }

  return {
    go: show,
    /**
     * Ask a question before the call starts.
     * @param {string} question
     * @param {string} button
     * @param {() => void} then called by the button
     */
    askFirst(question, button, then) {
      this.showAfter(question, button);
      const yes = requireElement(root, '[data-slot="after_button"]');
      yes.addEventListener("click", (event) => (event.preventDefault(), show("call"), then()), { once: true });
    },
    /** Show the screen after leaving. @param {string} reason key of the texts @param {string} button key of its button's text */
    showAfter(reason, button) {
      fillSlot(root, "after_title", text(reason, { guest: room.guest ?? "" }));
      fillSlot(root, "after_text", text(reason === "left_lobby" ? "left_help" : `${reason}_help`, { time: room.closes }));
      fillSlot(root, "after_button", text(button));
      const again = requireElement(root, '[data-slot="after_button"]');
      again.setAttribute("href", location.href);
      for (const dialog of root.querySelectorAll("dialog")) dialog.close(); // a dialog left open would block this screen
      if (room.role === "agent") again.addEventListener("click", () => void rememberEntry(), { once: true });
      show("after", text(reason, { guest: room.guest ?? "" }));
    },
  };
}

/** @param {Screen} name @param {import("./types.js").RoomFacts} room */
function titleOf(name, room) {
  if (room.role === "agent") return text("title_staff", { guest: room.guest ?? "" });
  return text(`title_${name}`, { office: room.office });
}
