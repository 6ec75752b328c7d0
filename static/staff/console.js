// @ts-check
// The console of one desk: paints what the server says, and sends what the agent presses.

import { text } from "../core/texts.js";
import { ACTIONS, NotDone } from "./actions.js";
import { fill, fillRows, show } from "./dom.js";
import { listenToKeys } from "./keys.js";
import { watchOffice } from "./live.js";
import { paintTimer, setClock } from "./timer.js";
import { toast } from "./toast.js";
import { paintVideo } from "./video.js";

const NOBODY = 204;
const SETTLED_MS = 1_500; // the board's answer to a press takes some 50 ms; after this we stop waiting for it
const STAYS = new Set(["recall"]); // presses that leave the ticket as it is

/** @param {HTMLElement} page */
export default function start(page) {
  const now = /** @type {HTMLElement} */ (page.querySelector("[data-panel='now']"));
  const next = /** @type {HTMLElement} */ (page.querySelector("[data-panel='next']"));
  const tick = () => paintTimer(now);

  /** @param {any} frame */
  function paint(frame) {
    setClock(frame.at);
    paintNow(page, now, frame.console.mine);
    paintNext(next, frame.console.mine);
    paintVideo(page, frame.console.video);
    tick();
  }

  paint(JSON.parse(document.getElementById("frame")?.textContent ?? "{}"));
  setInterval(tick, 1000);
  listenToKeys(page);
  watchOffice(page, paint);
  page.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-action]");
    if (button instanceof HTMLButtonElement) press(page, now, button);
  });
}

/** @param {HTMLElement} page @param {HTMLElement} now @param {any} mine */
function paintNow(page, now, mine) {
  const changed = now.dataset.state !== mine.state || now.dataset.ticketId !== mine.ticket_id;
  const timer = /** @type {HTMLElement} */ (now.querySelector("[data-timer]"));
  timer.dataset.since = mine.since;
  timer.dataset.minutes = mine.minutes;
  fill(now, mine);
  if (!changed) return;
  const focused = now.contains(document.activeElement);
  if (now.dataset.ticketId !== mine.ticket_id) forgetForm(now);
  page.dataset.state = now.dataset.state = mine.state;
  now.dataset.ticketId = mine.ticket_id;
  const said = page.querySelector("[data-said]");
  if (said) said.textContent = [mine.badge, mine.code].filter(Boolean).join(": ");
  // The pressed button went away with its state; the next one takes its place.
  if (focused && !now.querySelector(":focus")?.checkVisibility()) firstButton(now)?.focus();
}

/** @param {HTMLElement} now @returns {HTMLElement | undefined} */
function firstButton(now) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (now.querySelectorAll(".acts .button"));
  return [...all].find((button) => button.checkVisibility());
}

/** What was written about one person is not kept for the next. @param {HTMLElement} now */
function forgetForm(now) {
  const { outcome, note } = fields(now);
  if (outcome) outcome.selectedIndex = 0;
  if (note) note.value = "";
  now.querySelector("details")?.removeAttribute("open");
}

/** @param {HTMLElement} now */
function fields(now) {
  return {
    outcome: /** @type {HTMLSelectElement | null} */ (now.querySelector("#outcome")),
    note: /** @type {HTMLTextAreaElement | null} */ (now.querySelector("#note")),
  };
}

/** @param {HTMLElement} next @param {any} mine */
function paintNext(next, mine) {
  fill(next, mine);
  fillRows(next, "next", mine.next);
  fillRows(next, "held", mine.held);
  show(next, "[data-empty]", mine.next.length === 0);
  show(next, "[data-held]", mine.held.length > 0);
}

/** @param {HTMLElement} page @param {HTMLElement} now @param {HTMLButtonElement} button */
async function press(page, now, button) {
  if (now.getAttribute("aria-busy") === "true") return;
  if (page.dataset.connection === "away") {
    toast(text("blocked"));
    return;
  }
  const act = ACTIONS[button.dataset.action ?? ""];
  if (!act) return;
  now.setAttribute("aria-busy", "true");
  button.setAttribute("aria-busy", "true");
  try {
    const { outcome, note } = fields(now);
    const form = () => ({ outcome: outcome?.value || null, note: note?.value.trim() || null });
    // A button in a row is about that row's ticket, any other about the one at the desk.
    const row = /** @type {HTMLElement | null} */ (button.closest("[data-id]"));
    const place = { desk: page.dataset.desk ?? "", ticket: row?.dataset.id ?? now.dataset.ticketId ?? "", form };
    const answer = await act(place);
    if (answer.status === NOBODY) toast(text("nobody"));
    else if (!STAYS.has(button.dataset.action ?? "")) await settled(now);
  } catch (error) {
    if (!(error instanceof NotDone)) throw error;
    toast(error.message);
  } finally {
    now.removeAttribute("aria-busy");
    button.removeAttribute("aria-busy");
  }
}

/** Until the board shows what was done: a second press must not meet the old one. @param {HTMLElement} now */
function settled(now) {
  return new Promise((resolve) => {
    const watch = new MutationObserver(() => done());
    const late = setTimeout(() => done(), SETTLED_MS);
    const done = () => {
      watch.disconnect();
      clearTimeout(late);
      resolve(undefined);
    };
    watch.observe(now, { attributes: true, attributeFilter: ["data-state", "data-ticket-id"] });
  });
}
