// @ts-check
// One screen of the room at a time: preview, lobby, call, after (lobby.css shows it). The focus goes to its heading.

import { text } from "../core/i18n.js";
import { all, fill, must } from "../core/dom.js";

/** @typedef {"preview" | "lobby" | "call" | "after"} Screen */

/** @param {HTMLElement} root @param {import("./types.js").RoomFacts} room */
export function makeScreens(root, room) {
  const site = document.title.split(" · ").at(-1) ?? "";

  /** @param {Screen} name @param {string} [title] of the page; else the screen's own */
  function go(name, title = titleOf(name, room)) {
    if (root.dataset.screen === name) return;
    root.dataset.screen = name;
    if (name === "call") document.body.dataset.stage = "ink";
    else delete document.body.dataset.stage;
    document.title = [title, site].filter(Boolean).join(" · ");
    scrollTo(0, 0);
    all(root, "h1").find((heading) => heading.offsetParent !== null)?.focus({ preventScroll: true });
  }

  return {
    go,
    /** A question before anything begins. @param {string} what @param {string} button @param {() => void} then when it is pressed */
    ask(what, button, then) {
      this.after(what, button);
      const yes = must(root, '[data-slot="after_button"]');
      yes.addEventListener("click", (event) => (event.preventDefault(), go("call"), then()), { once: true });
    },
    /** What stands after leaving. @param {string} what key of the texts @param {string} button key of its button's text */
    after(what, button) {
      fill(root, "after_title", text(what));
      fill(root, "after_text", text(what === "left_lobby" ? "left_help" : `${what}_help`, { time: room.closes }));
      fill(root, "after_button", text(button));
      must(root, '[data-slot="after_button"]').setAttribute("href", location.href);
      go("after", text(what));
    },
  };
}

/** @param {Screen} name @param {import("./types.js").RoomFacts} room */
function titleOf(name, room) {
  if (room.role === "agent") return text("title_staff", { guest: room.guest ?? "" });
  return text(`title_${name}`, { office: room.office });
}
