// @ts-check
// Step: the person speaks. Bars show the level, and the next step plays the recording back.

import { queryAll } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { MicrophoneCheck } from "../microphone_check.js";
import { sleep } from "../wizard.js";

const SAMPLE_MS = 100;
const SILENCE_DB = -60; // below this no bar is visible
const RANGE_DB = 45; // above SILENCE_DB; a loud voice fills a bar
const FINISH_SENTENCE_MS = 2_200; // after the first sound, to finish the sentence
const NOT_HEARD_MS = 6_000; // then the page says that nothing is heard
const RECORD_MS = 4_000; // then the recording starts anew
const GRADES = /** @type {const} */ ({ good: "green", weak: "amber", clipping: "amber", silent: "red", muted: "red" });
const STATES = /** @type {const} */ ({ green: "good", amber: "warn", red: "bad" });

/** @param {import("../test_run.js").TestContext} context @returns {Promise<Blob | null>} the recorded voice */
export async function checkMicrophone({ wizard, devices, measured, record }) {
  delete measured.microphone_dbfs; // figures of an earlier microphone do not count
  delete measured.microphone_clipping_pct;
  if (!devices.own.microphone) {
    wizard.setRow("microphone", "bad", devices.state.microphone === "denied" ? "row_denied" : "row_microphone_none");
    return null;
  }
  wizard.showStep("microphone");
  let choice = "";
  void wizard.nextPress("go-on", "skip", "repeat").then((name) => (choice = name));
  const { dbfs, clippingPct, grade, words } = await waitForVoice(wizard, devices, () => choice !== "");
  if (choice === "repeat") return null;
  if (choice === "skip") {
    wizard.setRow("microphone", "unknown", "row_skipped");
    return null;
  }
  record.microphone = devices.own.microphone?.getSettings().deviceId;
  measured.microphone_dbfs = Math.min(0, dbfs);
  measured.microphone_clipping_pct = clippingPct;
  wizard.setRow("microphone", STATES[GRADES[grade]], `row_microphone_${grade}`);
  return GRADES[grade] === "red" ? null : words;
}

/**
 * Listen until a voice was heard or the person goes on.
 * @param {import("../wizard.js").Wizard} wizard
 * @param {import("../../core/media/media_devices.js").Devices} devices
 * @param {() => boolean} hasLeft
 */
async function waitForVoice(wizard, devices, hasLeft) {
  const bars = queryAll(wizard.root, "[data-meter] i");
  const startedAt = performance.now();
  let recordedAt = startedAt;
  let endsAt = Infinity;
  let check = new MicrophoneCheck(/** @type {MediaStreamTrack} */ (devices.own.microphone));
  while (!hasLeft() && performance.now() < endsAt) {
    await sleep(SAMPLE_MS);
    if (devices.own.microphone && devices.own.microphone !== check.track) {
      void check.close();
      [check, endsAt] = [new MicrophoneCheck(devices.own.microphone), Infinity];
    }
    shiftBars(bars, check.sample());
    const now = performance.now();
    if (endsAt === Infinity && check.isHeard) {
      endsAt = now + FINISH_SENTENCE_MS;
      wizard.hideHelp();
      wizard.showChip("microphone", "green", "row_microphone_good");
    } else if (endsAt === Infinity && now - recordedAt > RECORD_MS) {
      check.restartRecording();
      recordedAt = now;
    }
    if (endsAt === Infinity && now - startedAt > NOT_HEARD_MS) showNotHeard(wizard, check.voice.grade);
  }
  const { dbfs, clippingPct, grade } = check.voice;
  return { dbfs, clippingPct, grade, words: await check.close() };
}

/** @param {import("../wizard.js").Wizard} wizard @param {import("../voice_recorder.js").VoiceGrade} grade */
function showNotHeard(wizard, grade) {
  const sound = grade === "weak" || grade === "muted" ? grade : "silent";
  wizard.showChip("microphone", GRADES[sound], `row_microphone_${sound}`);
  wizard.showHelp(text(`microphone_${sound}`), text(`microphone_${sound}_help`));
}

/** Shift the bars by a place and add the newest level. @param {HTMLElement[]} bars @param {number} level dBFS */
function shiftBars(bars, level) {
  const share = Math.min(1, Math.max(0, (level - SILENCE_DB) / RANGE_DB));
  bars.forEach((bar, at) => {
    const next = bars[at + 1]?.style.getPropertyValue("--level") ?? share.toFixed(2);
    bar.style.setProperty("--level", next || "0");
  });
}
