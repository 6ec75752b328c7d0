// @ts-check
// Step: what was said is played back, or three notes; only the person knows whether it was heard.

import { fill, must, show } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { notes } from "../test_tone.js";

/** @param {import("../test_page.js").Parts} parts @param {Blob | null} words what was said in the step before */
export async function checkSpeaker({ wizard, measured }, words) {
  const kind = words ? "voice" : "notes";
  wizard.go("speaker", { words: `speaker_${kind}` });
  fill(wizard.root, "heard", text(`heard_${kind}`));
  const audio = /** @type {HTMLAudioElement} */ (must(wizard.root, "[data-voice]"));
  audio.src = URL.createObjectURL(words ?? notes());
  const heard = await ask(wizard, audio);
  audio.pause();
  URL.revokeObjectURL(audio.src);
  audio.removeAttribute("src");
  if (heard === null) return wizard.row("speaker", "unknown", "row_skipped");
  measured.devices = { ...measured.devices, speaker: heard };
  wizard.row("speaker", heard ? "good" : "warn", heard ? "row_speaker_good" : "row_speaker_silent");
}

/** @param {import("../wizard.js").Wizard} wizard @param {HTMLAudioElement} audio @returns {Promise<boolean | null>} */
async function ask(wizard, audio) {
  const play = () => {
    audio.currentTime = 0;
    // A browser that wants a press first shows its button; the person presses "again" and hears it.
    audio.play().then(() => show(wizard.root, "[data-blocked]", false), () => show(wizard.root, "[data-blocked]", true));
  };
  play();
  for (;;) {
    const name = await wizard.pressed("heard", "not-heard", "again", "go-on", "skip");
    if (name === "heard") return true;
    if (name === "go-on") return false;
    if (name === "skip") return null;
    if (name === "not-heard") wizard.help(text("speaker_silent"), text("speaker_silent_help"));
    play();
  }
}
