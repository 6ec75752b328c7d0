// @ts-check
// The chime of the waiting-room screen, and optionally spoken calls. Browsers allow sound only after a press on
// the page. The choice is saved, so after a restart any key or touch brings the sound back.

import { text } from "../core/i18n.js";
import { tryStorage } from "../core/storage.js";
import { CHIME_MS, playChime } from "./chime.js";

const SOUND = "office360_screen_sound";
const VOICE = "office360_screen_voice";
const OFFER_MS = 120_000; // after that the button hides; the mouse or a key shows it again
const SPEECH_LANGUAGE = { es: "es-ES", en: "en-GB" };

/** @param {string} key */
const isSaved = (key) => tryStorage(() => localStorage.getItem(key) === "yes", false);

/** @param {string} key @param {boolean} value */
const save = (key, value) => tryStorage(() => localStorage.setItem(key, value ? "yes" : "no"), undefined);

/** @param {HTMLElement} page */
export function makeAnnouncer(page) {
  const box = /** @type {HTMLElement} */ (page.querySelector("[data-sound]"));
  const button = /** @type {HTMLButtonElement} */ (box.querySelector("[data-allow]"));
  const choice = /** @type {HTMLElement} */ (box.querySelector("[data-voice-choice]"));
  const voice = /** @type {HTMLInputElement} */ (box.querySelector("[data-voice]"));
  /** @type {AudioContext | undefined} */
  let audio;
  let isWanted = isSaved(SOUND);
  voice.checked = isSaved(VOICE);

  function renderControls() {
    const sounds = isWanted && audio?.state === "running";
    button.textContent = text(sounds ? "stop_sound" : "allow_sound");
    choice.hidden = !sounds || !("speechSynthesis" in window);
    box.toggleAttribute("data-settled", sounds || (!isWanted && performance.now() > OFFER_MS));
    box.hidden = false;
    page.dataset.sounds = sounds ? "yes" : "no";
  }

  function startAudio() {
    if (!isWanted) return;
    audio ??= new AudioContext();
    audio.onstatechange = renderControls;
    void audio.resume();
    renderControls();
  }

  button.addEventListener("click", () => {
    const sounds = isWanted && audio?.state === "running";
    save(SOUND, (isWanted = !sounds));
    if (!isWanted) return renderControls();
    startAudio();
    void audio?.resume().then(() => playChime(audio));
  });
  voice.addEventListener("change", () => {
    save(VOICE, voice.checked);
    if (!voice.checked) speechSynthesis.cancel();
  });
  // After a power cut, any key or touch restores the chosen sound.
  addEventListener("keydown", startAudio);
  addEventListener("pointerdown", startAudio);
  setTimeout(renderControls, OFFER_MS + 1);
  startAudio();
  renderControls();

  /** @param {import("./display_board.js").Call} call */
  function speak(call) {
    const [letter = "", number = ""] = call.code.split("-");
    const words = text("say_call", { letter, number: Number(number), desk: call.desk });
    const utterance = new SpeechSynthesisUtterance(words);
    utterance.lang = document.documentElement.lang;
    utterance.rate = 0.9;
    speechSynthesis.speak(utterance);
  }

  return {
    /** Play one chime for all new calls, then speak each of them. @param {import("./display_board.js").Call[]} calls */
    announce(calls) {
      if (!isWanted || !playChime(audio) || !voice.checked || !("speechSynthesis" in window)) return;
      setTimeout(() => calls.forEach(speak), CHIME_MS);
    },
  };
}
