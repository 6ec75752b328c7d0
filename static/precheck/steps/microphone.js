// @ts-check
// Step: the person says something; bars show it, and it is kept to be played back in the next step.

import { all } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { Voice, record } from "../voice_recorder.js";
import { pause } from "../wizard.js";

const LOOK_MS = 100;
const FLOOR_DB = -60; // where the lowest bar begins
const RANGE_DB = 45; // a loud voice fills a bar
const WORDS_MS = 2_200; // after the first sound: time to end the sentence
const PATIENCE_MS = 6_000; // then we say that we hear nothing
const RECORD_MS = 4_000; // what is played back has no long silence before the words
const GRADES = /** @type {const} */ ({ good: "green", weak: "amber", clipping: "amber", silent: "red" });
const STATES = /** @type {const} */ ({ green: "good", amber: "warn", red: "bad" });

/** @param {import("../test_page.js").Parts} parts @returns {Promise<Blob | null>} what was said */
export async function checkMicrophone({ wizard, devices, measured, kept }) {
  delete measured.microphone_dbfs; // what an earlier microphone gave says nothing of this one
  delete measured.microphone_clipping_pct;
  if (!devices.own.microphone) {
    wizard.row("microphone", "bad", devices.state.microphone === "denied" ? "row_denied" : "row_microphone_none");
    return null;
  }
  wizard.go("microphone");
  let choice = "";
  void wizard.pressed("go-on", "skip").then((name) => (choice = name));
  const { voice, words } = await listen(wizard, devices, () => choice !== "");
  if (choice === "skip") {
    wizard.row("microphone", "unknown", "row_skipped");
    return null;
  }
  kept.microphone = devices.own.microphone?.getSettings().deviceId;
  measured.microphone_dbfs = Math.min(0, voice.dbfs);
  measured.microphone_clipping_pct = voice.clippingPct;
  wizard.row("microphone", STATES[GRADES[voice.sound]], `row_microphone_${voice.sound}`);
  return voice.sound === "silent" ? null : words;
}

/**
 * Until something was said, or the person goes on as it is.
 * @param {import("../wizard.js").Wizard} wizard
 * @param {import("../../core/media_devices.js").Devices} devices
 * @param {() => boolean} hasLeft
 */
async function listen(wizard, devices, hasLeft) {
  const bars = all(wizard.root, "[data-meter] i");
  const begun = performance.now();
  let recordedAt = begun;
  let endsAt = Infinity;
  let track = /** @type {MediaStreamTrack} */ (devices.own.microphone);
  let voice = new Voice(track);
  let tape = record(track);
  while (!hasLeft() && performance.now() < endsAt) {
    await pause(LOOK_MS);
    if (devices.own.microphone && devices.own.microphone !== track) {
      track = devices.own.microphone;
      voice.close();
      void tape?.stop();
      [voice, tape, endsAt] = [new Voice(track), record(track), Infinity];
    }
    roll(bars, voice.look());
    const now = performance.now();
    if (endsAt === Infinity && voice.heard) {
      endsAt = now + WORDS_MS;
      wizard.hideHelp();
      wizard.chip("microphone", "green", "row_microphone_good");
    } else if (endsAt === Infinity && now - recordedAt > RECORD_MS) {
      void tape?.stop();
      [tape, recordedAt] = [record(track), now];
    }
    if (endsAt === Infinity && now - begun > PATIENCE_MS) sayNothingIsHeard(wizard, voice);
  }
  const words = (await tape?.stop()) ?? null;
  voice.close();
  return { voice, words };
}

/** @param {import("../wizard.js").Wizard} wizard @param {Voice} voice */
function sayNothingIsHeard(wizard, voice) {
  const sound = voice.sound === "weak" ? "weak" : "silent";
  wizard.chip("microphone", GRADES[sound], `row_microphone_${sound}`);
  wizard.help(text(`microphone_${sound}`), text(`microphone_${sound}_help`));
}

/** The bars move on by one. @param {HTMLElement[]} bars @param {number} level dBFS */
function roll(bars, level) {
  const share = Math.min(1, Math.max(0, (level - FLOOR_DB) / RANGE_DB));
  bars.forEach((bar, at) => {
    const next = bars[at + 1]?.style.getPropertyValue("--level") ?? share.toFixed(2);
    bar.style.setProperty("--level", next || "0");
  });
}
