// @ts-check
// Sound, vibration and a flashing title, once for each call. The sound can be muted.

import { tryStorage } from "../core/storage.js";
import { playChime } from "./chime.js";

const MUTED = "office360_muted";
const ALERTED = "office360_rung";
const FLASH_MS = 1_000;
const VIBRATION_MS = [400, 150, 400, 150, 700];

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

  return {
    /** Alert once for each call and repeated call. @param {import("./ticket_texts.js").TicketState} ticket */
    alertIfCalled(ticket) {
      if (box instanceof HTMLElement) box.hidden = !["waiting", "on_hold"].includes(ticket.state);
      if (ticket.state !== "called") {
        clearInterval(flashTimer);
        return;
      }
      const call = `${ticket.code} ${ticket.called_at} ${ticket.recalls}`;
      if (tryStorage(() => sessionStorage.getItem(ALERTED), page.dataset.rung) === call) return;
      page.dataset.rung = call;
      tryStorage(() => sessionStorage.setItem(ALERTED, call), undefined);
      restartAnimation();
      flashTitle();
      if (!isSoundOn()) return;
      if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(VIBRATION_MS);
      playChime(audio);
    },
  };
}
