// @ts-check
// Unfinished tests of this device: uploaded as far as they got, shown on the start page, offered to continue.

import { canCall } from "../../core/browser_support.js";
import { fillSlot, requireElement, setShown } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { acquireTabLock } from "./tab_lock.js";
import { uploadReport } from "./report_upload.js";
import { removeTest, saveTest, savedTests, saveResult } from "./test_storage.js";
import { canContinue, removeRecord, measuredAt } from "./test_record.js";
import { TestRequestError } from "../api.js";
import { officeTime, sleep } from "../wizard.js";

/**
 * @typedef {import("./test_record.js").TestRecord} TestRecord
 * @typedef {(record: TestRecord, control: HTMLElement) => Promise<boolean>} ContinueTest returns whether its scripts loaded
 */

const RETRY_DELAYS_S = [5, 15, 30, 60]; // in the background, so it may take longer
const RATE_LIMIT_DELAY_S = 600; // at the rate limit: the hourly allowance refills slowly

/**
 * Upload all unfinished tests and offer the latest test of this page.
 * @param {import("../wizard.js").Wizard} wizard
 * @param {import("../types.js").PageFacts} page
 * @param {ContinueTest} continueTest
 */
export async function handleUnfinishedTests(wizard, page, continueTest) {
  const locked = [];
  for (const record of savedTests().filter(({ done, sent }) => !(done && sent))) if (await acquireTabLock(record.id)) locked.push(record);
  const current = locked.find((record) => record.results === page.results && !(record.sent && !canContinue(record)));
  for (const record of locked) if (record !== current) void uploadWithRetries(record, () => undefined, () => false);
  if (!current || wizard.root.dataset.step !== "start") return;
  if (current.refused) return showRefused(wizard, current);
  if (current.done) return void continueTest(current, wizard.root);
  offerToContinue(wizard, current, continueTest);
}

/** @param {import("../wizard.js").Wizard} wizard @param {TestRecord} record @param {ContinueTest} continueTest */
function offerToContinue(wizard, record, continueTest) {
  let pressed = "";
  const canResume = canCall() && canContinue(record);
  const showProgress = (/** @type {string} */ how) => void (pressed || showNotice(wizard, record, canResume ? "open" : "left", how));
  showProgress(record.sent ? "sent" : "begun");
  if (canResume) {
    setShown(wizard.root, "[data-begin]", false);
    setShown(wizard.root, "[data-again]", true);
    for (const piece of Object.values(record.pieces))
      for (const [row, outcome] of Object.entries(piece.rows)) wizard.showEarlierOutcome(/** @type {import("../types.js").Row} */ (row), outcome);
  }
  void followChoice();
  void uploadWithRetries(record, showProgress, () => pressed === "go-on-left");

  async function followChoice() {
    const button = requireElement(wizard.root, '[data-do="go-on-left"]');
    while ((pressed = await wizard.nextPress("go-on-left", "begin")) === "go-on-left") {
      if (await continueTest(record, button)) return;
      pressed = "";
    }
    record.over = true;
    if (record.sent) removeRecord(record);
    else saveTest(record);
  }
}

/**
 * @param {TestRecord} record
 * @param {(how: string) => void} onProgress
 * @param {() => boolean} isContinued whether the person continues the test, which then sends its own report
 */
async function uploadWithRetries(record, onProgress, isContinued) {
  if (record.refused) return removeRecord(record);
  for (let attempt = 0; !record.sent && !isContinued(); attempt += 1) {
    try {
      const result = await uploadReport(record);
      if (!record.appointment) saveResult(toPastResult(record, result));
    } catch (error) {
      if (!(error instanceof TestRequestError)) throw error;
      if (error.reason === "gone") {
        removeTest(record.id);
        return onProgress("refused");
      }
      onProgress("kept");
      await waitForRetry(error, attempt);
    }
  }
  if (record.sent) onProgress("sent");
  if (record.sent && !canContinue(record)) removeRecord(record);
}

/** @param {TestRecord} record @param {any} told the server's verdict @returns {import("./test_storage.js").PastResult} */
const toPastResult = ({ results, token }, { code, verdict, grade_text, at, finished }) => ({
  page: `${results}${token}`, code, verdict, word: grade_text, at, finished,
});

/** Wait until the network returns or the delay has passed. @param {TestRequestError} problem @param {number} attempt */
function waitForRetry({ reason, retryS }, attempt) {
  const seconds = reason === "limited" ? RATE_LIMIT_DELAY_S : retryS || RETRY_DELAYS_S[Math.min(attempt, RETRY_DELAYS_S.length - 1)] || 60;
  const back = new Promise((resolve) => addEventListener("online", () => resolve(undefined), { once: true }));
  return Promise.race([back, sleep(1000 * seconds)]);
}

/** @param {import("../wizard.js").Wizard} wizard @param {TestRecord} record */
function showRefused(wizard, record) {
  removeRecord(record);
  showNotice(wizard, record, "left", "refused");
}

/** @param {import("../wizard.js").Wizard} wizard */
function offerNewTest(wizard) {
  wizard.clearRows();
  setShown(wizard.root, "[data-again]", false);
  setShown(wizard.root, "[data-begin]", canCall());
}

/**
 * @param {import("../wizard.js").Wizard} wizard
 * @param {TestRecord} record
 * @param {"open" | "left"} kind whether the person can continue it
 * @param {string} how begun (will be uploaded), sent, kept (not uploaded yet) or refused
 */
function showNotice(wizard, record, kind, how) {
  const { root } = wizard;
  const values = { time: officeTime(measuredAt(record)) };
  const title = text(how === "refused" ? "left_refused" : `left_${kind}`, values);
  const help = text(`left_${how === "begun" ? "sent" : how}_help`, values);
  fillSlot(root, "left_title", title);
  fillSlot(root, "left_text", help);
  setShown(root, '[data-notice="left"]', true);
  const key = record.appointment ? encodeURIComponent(record.code ?? "") : record.token;
  if (how === "sent") requireElement(root, "[data-left-result]").setAttribute("href", `${record.results}${key}`);
  setShown(root, "[data-left-result]", how === "sent");
  if (how === "refused") offerNewTest(wizard);
  wizard.announce(`${title}. ${help}`);
}
