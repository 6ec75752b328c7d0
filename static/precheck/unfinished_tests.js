// @ts-check
// Tests that were left before their end: they are sent as far as they came, said on the page, and gone on with.

import { canCall } from "../core/browser_support.js";
import { fill, must, show } from "../core/dom.js";
import { text } from "../core/i18n.js";
import { haveAlone } from "./tab_lock.js";
import { deliver } from "./report_upload.js";
import { forgetTest, keepTest, keptTests, remember } from "./test_storage.js";
import { canGoOn, forget, measuredAt } from "./test_record.js";
import { Problem } from "./api.js";
import { clockTime, pause } from "./wizard.js";

/** @typedef {import("./test_record.js").Kept} Kept */

const LADDER_S = [5, 15, 30, 60]; // nobody waits for it: it may take its time
const WHEN_LIMITED_S = 600; // whoever measured too often: the hour's allowance grows slowly

/**
 * @param {import("./wizard.js").Wizard} wizard
 * @param {import("./types.js").PageFacts} page
 * @param {(kept: Kept) => void} again go on with it
 */
export async function takeUp(wizard, page, again) {
  const mine = [];
  for (const kept of keptTests()) if (await haveAlone(kept.id)) mine.push(kept);
  const here = mine.find((kept) => kept.results === page.results && !(kept.sent && !canGoOn(kept)));
  for (const kept of mine) if (kept !== here) void sendSoon(kept, () => undefined, () => false);
  if (!here || wizard.root.dataset.step !== "start") return;
  if (here.refused) return tellRefused(wizard, here);
  if (here.done) return again(here);
  offer(wizard, here, again);
}

/** @param {import("./wizard.js").Wizard} wizard @param {Kept} kept @param {(kept: Kept) => void} again */
function offer(wizard, kept, again) {
  let pressed = "";
  const open = canCall() && canGoOn(kept);
  const tell = (/** @type {string} */ how) => void (pressed || say(wizard, kept, open ? "open" : "left", how));
  tell(kept.sent ? "sent" : "begun");
  if (open) {
    show(wizard.root, "[data-begin]", false);
    show(wizard.root, "[data-again]", true);
    for (const piece of Object.values(kept.pieces))
      for (const [row, outcome] of Object.entries(piece.rows)) wizard.earlier(/** @type {import("./types.js").Row} */ (row), outcome);
  }
  void wizard.pressed("go-on-left", "begin").then((name) => {
    pressed = name;
    if (name === "go-on-left") return again(kept);
    kept.over = true;
    if (kept.sent) forget(kept);
    else keepTest(kept);
  });
  void sendSoon(kept, tell, () => pressed === "go-on-left");
}

/**
 * @param {Kept} kept
 * @param {(how: string) => void} tell
 * @param {() => boolean} isTaken whether the person goes on with it: then its own report comes
 */
async function sendSoon(kept, tell, isTaken) {
  if (kept.refused) return forget(kept);
  for (let attempt = 0; !kept.sent && !isTaken(); attempt += 1) {
    try {
      const told = await deliver(kept);
      if (!kept.appointment) remember(pastOf(kept, told));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.why === "gone") {
        forgetTest(kept.id);
        return tell("refused");
      }
      tell("kept");
      await chance(problem, attempt);
    }
  }
  if (kept.sent) tell("sent");
  if (kept.sent && !canGoOn(kept)) forget(kept);
}

/** @param {Kept} kept @param {any} told what the office made of it @returns {import("./test_storage.js").Past} */
const pastOf = ({ results, token }, { code, verdict, grade_text, at, finished }) => ({
  page: `${results}${token}`, code, verdict, word: grade_text, at, finished,
});

/** The network is back, or some time has passed. @param {Problem} problem @param {number} attempt */
function chance({ why, retryS }, attempt) {
  const seconds = why === "limited" ? WHEN_LIMITED_S : retryS || LADDER_S[Math.min(attempt, LADDER_S.length - 1)] || 60;
  const back = new Promise((resolve) => addEventListener("online", () => resolve(undefined), { once: true }));
  return Promise.race([back, pause(1000 * seconds)]);
}

/** @param {import("./wizard.js").Wizard} wizard @param {Kept} kept */
function tellRefused(wizard, kept) {
  forget(kept);
  say(wizard, kept, "left", "refused");
}

/** @param {import("./wizard.js").Wizard} wizard */
function offerAnew(wizard) {
  wizard.blank();
  show(wizard.root, "[data-again]", false);
  show(wizard.root, "[data-begin]", canCall());
}

/**
 * @param {import("./wizard.js").Wizard} wizard
 * @param {Kept} kept
 * @param {"open" | "left"} kind whether one may go on with it
 * @param {string} how begun (to be sent), sent, kept (not sent yet) or refused
 */
function say(wizard, kept, kind, how) {
  const { root } = wizard;
  const values = { time: clockTime(measuredAt(kept)) };
  const title = text(how === "refused" ? "left_refused" : `left_${kind}`, values);
  const help = text(`left_${how === "begun" ? "sent" : how}_help`, values);
  fill(root, "left_title", title);
  fill(root, "left_text", help);
  show(root, '[data-notice="left"]', true);
  const key = kept.appointment ? encodeURIComponent(kept.code ?? "") : kept.token;
  if (how === "sent") must(root, "[data-left-result]").setAttribute("href", `${kept.results}${key}`);
  show(root, "[data-left-result]", how === "sent");
  if (how === "refused") offerAnew(wizard);
  wizard.say(`${title}. ${help}`);
}
