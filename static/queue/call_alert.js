// @ts-check
// Sound, vibration and a flashing title, once for each call and each evacuation. The sound can be muted.

import { tryStorage } from "../core/storage.js";
import { playAlarm, playChime } from "./chime.js";
import { isEvacuated } from "./ticket_evacuation.js";

const MUTED = "office360_muted";
const ALERTED = "office360_rung";
const FLASH_MS = 1_000;
const VIBRATION_MS = [400, 150, 400, 150, 700];
const EVACUATION = "evacuation"; // the key of its alert
const EVACUATION_VIBRATION_MS = [900, 200, 900, 200, 900, 200, 900];

/** @param {HTMLElement} page */
export function makeCallAlert(page) {
  const box = page.querySelector("[data-bell]");
  const choice = page.querySelector("[data-sound]");
  /** @type {AudioContext | undefined} */
  let audio;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let flashTimer;

  // Browsers allow sound only after the first press on the page.
  const unlockAudio = () => {
    audio ??= new AudioContext();
    void audio.resume();
  };
  addEventListener("pointerdown", unlockAudio, { once: true });
  addEventListener("keydown", unlockAudio, { once: true });

  if (choice instanceof HTMLInputElement) {
    choice.checked = tryStorage(() => localStorage.getItem(MUTED) !== "yes", true);
    choice.addEventListener("change", () => {
      tryStorage(() => localStorage.setItem(MUTED, choice.checked ? "no" : "yes"), undefined);
      if (choice.checked) playChime(audio);
    });
  }

  const isSoundOn = () => !(choice instanceof HTMLInputElement) || choice.checked;

  function flashTitle() {
    if (document.visibilityState === "visible") return;
    clearInterval(flashTimer);
    const title = document.title;
    let on = false;
    flashTimer = setInterval(() => {
      on = !on;
      document.title = on ? `● ${title}` : title;
    }, FLASH_MS);
    document.addEventListener("visibilitychange", () => clearInterval(flashTimer), { once: true });
  }

  /** Move the arrow three times. */
  function restartAnimation() {
    page.classList.remove("nudge");
    void page.offsetWidth; // forces a layout, which restarts the animation
    page.classList.add("nudge");
  }

  const lastAlert = () => tryStorage(() => sessionStorage.getItem(ALERTED), page.dataset.rung);

  /** @param {string} key */
  function setLastAlert(key) {
    page.dataset.rung = key;
    tryStorage(() => sessionStorage.setItem(ALERTED, key), undefined);
  }

  /** Alert once for each key. @param {string} key @param {number[]} vibration @param {() => void} play */
  function alertOnce(key, vibration, play) {
    if (lastAlert() === key) return;
    setLastAlert(key);
    restartAnimation();
    flashTitle();
    if (!isSoundOn()) return;
    if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(vibration);
    play();
  }

  return {
    /** Alert once for an evacuation, and for each call and repeated call. @param {import("./ticket_texts.js").TicketState} ticket */
    alertOf(ticket) {
      if (box instanceof HTMLElement) box.hidden = !["waiting", "on_hold"].includes(ticket.state);
      if (isEvacuated(ticket)) return alertOnce(EVACUATION, EVACUATION_VIBRATION_MS, () => playAlarm(audio));
      if (lastAlert() === EVACUATION) setLastAlert("");
      if (ticket.state !== "called") return clearInterval(flashTimer);
      alertOnce(`${ticket.code} ${ticket.called_at} ${ticket.recalls}`, VIBRATION_MS, () => playChime(audio));
    },
  };
}
