// @ts-check
// Step: plays the recorded voice or three notes. The person says whether it was heard.

import { fillSlot, requireElement, setShown } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { makeTestTone } from "../test_tone.js";

/** @param {import("../test_run.js").TestContext} context @param {Blob | null} words the voice recorded in the microphone step */
export async function checkSpeaker({ wizard, measured }, words) {
  const kind = words ? "voice" : "notes";
  wizard.showStep("speaker", { words: `speaker_${kind}` });
  fillSlot(wizard.root, "heard", text(`heard_${kind}`));
  const audio = /** @type {HTMLAudioElement} */ (requireElement(wizard.root, "[data-voice]"));
  audio.src = URL.createObjectURL(words ?? makeTestTone());
  const heard = await askIfHeard(wizard, audio);
  audio.pause();
  URL.revokeObjectURL(audio.src);
  audio.removeAttribute("src");
  if (heard === "left") return;
  if (heard === null) return wizard.setRow("speaker", "unknown", "row_skipped");
  measured.devices = { ...measured.devices, speaker: heard };
  wizard.setRow("speaker", heard ? "good" : "warn", heard ? "row_speaker_good" : "row_speaker_silent");
}

/** @param {import("../wizard.js").Wizard} wizard @param {HTMLAudioElement} audio @returns {Promise<boolean | null | "left">} */
async function askIfHeard(wizard, audio) {
  const play = () => {
    audio.currentTime = 0;
    // If the browser requires a press before sound, the notice asks the person to press "again".
    audio.play().then(() => setShown(wizard.root, "[data-blocked]", false), () => setShown(wizard.root, "[data-blocked]", true));
  };
  play();
  for (;;) {
    const name = await wizard.nextPress("heard", "not-heard", "again", "go-on", "skip", "repeat");
    if (name === "heard") return true;
    if (name === "go-on") return false;
    if (name === "skip") return null;
    if (name === "repeat") return "left"; // another step is repeated first
    if (name === "not-heard") wizard.showHelp(text("speaker_silent"), text("speaker_silent_help"));
    play();
  }
}
