// @ts-check
// Shows a ticket's state on the page that the server painted: which parts are seen, and what stands in them.

import { moodOf, officeTime, slotsOf } from "./ticket_texts.js";

const DOTS = 5; // more people than these are shown as one dotted ring before the others

const PAUSABLE = new Set(["waiting", "standby", "on_hold", "missed"]); // whoever is at a desk hears of it there

/** @typedef {import("./ticket_texts.js").Seen} Seen */

/** @param {HTMLElement} page */
export function makePainter(page) {
  /** @param {string} selector @returns {HTMLElement[]} */
  const all = (selector) => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))];
  const slots = all("[data-slot]");
  const parts = all("[data-for]");
  const permitted = all("[data-may]");

  /** @param {string} selector @param {boolean} visible */
  function reveal(selector, visible) {
    for (const element of all(selector)) element.hidden = !visible;
  }

  /** @param {Record<string, string>} words @param {number} recalls */
  function fill(words, recalls) {
    for (const slot of slots) {
      const words_of_slot = words[slot.dataset.slot ?? ""] ?? "";
      if (slot.textContent !== words_of_slot) slot.textContent = words_of_slot;
    }
    const said = page.querySelector("[data-said]");
    const news = `${recalls} ${words.said}`; // a second call says the same, and is said again
    if (said?.getAttribute("data-said") !== news) {
      said?.setAttribute("data-said", news);
      said?.replaceChildren(words.said ?? "");
    }
  }

  /** @param {Seen} seen */
  function drawPeople(seen) {
    const row = page.querySelector("[data-people]");
    const ahead = seen.ahead ?? 0;
    if (!row || row.getAttribute("data-people") === String(ahead)) return;
    row.setAttribute("data-people", String(ahead));
    const people = Array.from({ length: Math.min(ahead, DOTS) }, (_, place) => {
      const person = document.createElement("li");
      person.className = place === 0 && ahead > DOTS ? "person many" : "person";
      return [gap(), person];
    });
    const [first, last] = [row.firstElementChild, row.lastElementChild];
    if (first && last) row.replaceChildren(first, ...people.flat(), gap(), last);
  }

  /** @param {Seen} seen */
  function drawDesk(seen) {
    const sign = page.querySelector(".go");
    const way = page.querySelector(".way");
    if (!seen.desk) return;
    sign?.setAttribute("data-digits", String(seen.desk.name.length));
    way?.setAttribute("data-arrow", seen.desk.arrow);
    reveal(".way", Boolean(seen.desk.way));
  }

  /**
   * Paint the state; `awaySince`: the last sign of life, when the connection is lost.
   * @param {Seen} seen
   * @param {number} now the server's present, in ms
   * @param {Date} [awaySince]
   * @returns {string} the mood that is shown
   */
  return function paint(seen, now, awaySince) {
    const own = moodOf(seen, now, page.dataset.mood);
    const mood = awaySince && seen.state === "waiting" && own === "waiting" ? "offline" : own;
    const since = awaySince && officeTime(awaySince, seen.sent_at);
    const words = slotsOf(seen, mood, since);
    fill(words, seen.recalls);
    for (const part of parts) part.hidden = !(part.dataset.for ?? "").split(" ").includes(mood);
    for (const part of permitted) part.hidden = !seen.may.includes(part.dataset.may ?? "");
    page.toggleAttribute("data-away", Boolean(awaySince));
    reveal("[data-strip]", Boolean(awaySince) && mood !== "offline");
    reveal("[data-paused]", seen.paused && PAUSABLE.has(mood));
    reveal("[data-passed]", Boolean(words.passed) && mood === "waiting");
    reveal("[data-promise]", Boolean(words.promise) && !words.passed && mood === "waiting");
    reveal("[data-help]", seen.help && seen.state === "waiting");
    reveal("[data-no-help]", !seen.help);
    page.querySelector(".range")?.classList.toggle("none", !seen.eta);
    drawPeople(seen);
    drawDesk(seen);
    document.body.dataset.ticket = page.dataset.mood = mood;
    document.title = `${words.title} · Office 360`;
    return mood;
  };
}

function gap() {
  const item = document.createElement("li");
  item.className = "gap";
  return item;
}
