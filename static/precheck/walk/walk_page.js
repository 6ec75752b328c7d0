// @ts-check
// The page of the walk test: a live meter that says in words and by a tone whether this spot is good for a call.

import { canCall } from "../../core/browser_support.js";
import { fillSlot, onPress, readJson, requireElement, setShown } from "../../core/dom.js";
import { pageLocale, text } from "../../core/i18n.js";
import { keepScreenOn } from "../../core/wake_lock.js";
import { bestSpot, nextShown, readSpot } from "./spot.js";
import { SpotTone } from "./tone.js";
import { clearTrail, minutes, shiftTrail } from "./trail.js";
import { problemKey, WalkConnection } from "./walk_connection.js";

const READING_MS = 500;
const TONE_EACH = 3; // readings
const ANNOUNCE_MS = 3_000; // screen readers need time for a sentence
const MARGIN_S = 5; // the server ends a session that is not ended before

/** @param {HTMLElement} root */
export default function start(root) {
  setShown(root, "[data-begin]", canCall());
  setShown(root, "[data-notice=old]", !canCall());
  const page = new WalkPage(root);
  onPress(root, "begin", () => void page.run());
  onPress(root, "stop", () => page.stop());
  onPress(root, "tone", (button) => page.toggleTone(button));
}

class WalkPage {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.facts = readJson("walk");
    this.tone = new SpotTone();
    this.number = new Intl.NumberFormat(pageLocale(), { maximumFractionDigits: 1 });
    /** @type {WalkConnection | null} */
    this.walk = null;
    this.isOpening = false;
    /** @type {import("./spot.js").Shown} */
    this.shown = { grade: "unknown", others: 0 };
    /** @type {import("./spot.js").Spot | null} */
    this.best = null;
    this.readings = 0;
    this.announcedAt = 0;
    this.announced = "";
    this.endsAt = 0;
  }

  async run() {
    if (this.walk || this.isOpening) return;
    this.isOpening = true;
    this.showStep("opening");
    try {
      this.walk = await WalkConnection.open(this.facts.appointment);
    } catch (problem) {
      return this.showProblem(problemKey(problem));
    } finally {
      this.isOpening = false;
    }
    keepScreenOn();
    this.begin(this.walk);
  }

  /** @param {WalkConnection} walk */
  begin(walk) {
    [this.shown, this.best, this.readings] = [{ grade: "unknown", others: 0 }, null, 0];
    clearTrail(this.root);
    this.endsAt = performance.now() + 1000 * (walk.test.limits.seconds - MARGIN_S);
    this.showStep("walking");
    this.timer = setInterval(() => this.read(walk), READING_MS);
  }

  /** @param {WalkConnection} walk */
  read(walk) {
    const now = performance.now();
    if (now >= this.endsAt || walk.isOver) return this.stop("over");
    if (document.hidden) return;
    const reading = readSpot(walk.packets, now, this.facts.bounds);
    this.shown = nextShown(this.shown, reading.grade);
    this.best = bestSpot(this.best, reading, now);
    this.readings += 1;
    this.render(reading, now);
    if (this.readings % TONE_EACH === 0) this.tone.play(this.shown.grade);
  }

  /** @param {import("./spot.js").Reading} reading @param {number} now */
  render(reading, now) {
    this.root.dataset.verdict = this.shown.grade;
    fillSlot(this.root, "spot", text(`spot_${this.shown.grade}`));
    fillSlot(this.root, "rtt", this.figure("figure_ms", reading.rtt_ms));
    fillSlot(this.root, "loss", this.figure("figure_pct", reading.loss_pct));
    fillSlot(this.root, "left", text("time_left", { time: minutes(this.endsAt - now) }));
    const age = this.best ? Math.round((now - this.best.at) / 1000) : 0;
    fillSlot(this.root, "best", this.best ? text(age < 2 ? "best_here" : "best_ago", { ...this.bestFigures(), seconds: age }) : text("best_none"));
    shiftTrail(this.root, reading);
    this.announce(text(`spot_${this.shown.grade}`), now);
  }

  /** Announce a new grade to screen readers, not more often than they can follow. @param {string} words @param {number} now */
  announce(words, now) {
    if (words === this.announced || now - this.announcedAt < ANNOUNCE_MS) return;
    [this.announced, this.announcedAt] = [words, now];
    fillSlot(this.root, "said", words);
  }

  /** End the walk and say where it was best. @param {"stopped" | "over"} [why] */
  stop(why = "stopped") {
    if (!this.walk) return;
    clearInterval(this.timer);
    this.walk.close();
    this.walk = null;
    if (this.tone.isOn) this.toggleTone(requireElement(this.root, '[data-do="tone"]'));
    this.root.dataset.verdict = this.best?.grade ?? "unknown";
    const seconds = this.best ? Math.round((performance.now() - this.best.at) / 1000) : 0;
    fillSlot(this.root, "spot", text(this.best ? `best_${this.best.grade}` : "best_none"));
    fillSlot(this.root, "best", this.best ? text("best_ended", { ...this.bestFigures(), seconds }) : "");
    this.showStep(why);
  }

  /** @param {string} key */
  showProblem(key) {
    fillSlot(this.root, "problem_title", text(`problem_${key}`));
    fillSlot(this.root, "problem_help", text(`problem_${key}_help`));
    this.showStep("problem");
  }

  /** @param {"opening" | "walking" | "stopped" | "over" | "problem"} step */
  showStep(step) {
    this.root.dataset.step = step;
    if (step === "opening" || step === "problem") this.root.dataset.verdict = "unknown";
    fillSlot(this.root, "lead", text(`lead_${step}`));
    if (step === "opening") fillSlot(this.root, "spot", text("spot_unknown"));
    if (step !== "opening") requireElement(this.root, `[data-focus~="${step}"]`).focus();
  }

  /** @param {HTMLElement} button */
  toggleTone(button) {
    this.tone.toggle();
    button.dataset.tone = this.tone.isOn ? "on" : "off";
  }

  /** @param {string} key @param {number} [value] */
  figure(key, value) {
    return text(key, { value: value === undefined ? "–" : this.number.format(value) });
  }

  bestFigures() {
    return { rtt: this.figure("figure_ms", this.best?.rtt_ms), loss: this.figure("figure_pct", this.best?.loss_pct) };
  }
}
