// @ts-check
// Sound, vibration and a title that flashes: once for each call, and only if the person wants to hear it.

import { chime } from "./chime.js";

const MUTED = "office360_muted";
const RUNG = "office360_rung";
const FLASH_MS = 1_000;
const BUZZ_MS = [400, 150, 400, 150, 700];

/** A private window may have no storage at all. @param {() => T} use @param {T} otherwise @template T @returns {T} */
function stored(use, otherwise) {
  try {
    return use();
  } catch {
    return otherwise;
  }
}

/** @param {HTMLElement} page */
export function makeBell(page) {
  const box = page.querySelector("[data-bell]");
  const choice = page.querySelector("[data-sound]");
  /** @type {AudioContext | undefined} */
  let audio;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let flashing;

  // Browsers let a page sound only after the person has touched it once.
  const unlock = () => {
    audio ??= new AudioContext();
    void audio.resume();
  };
  addEventListener("pointerdown", unlock, { once: true });
  addEventListener("keydown", unlock, { once: true });

  if (choice instanceof HTMLInputElement) {
    choice.checked = stored(() => localStorage.getItem(MUTED) !== "yes", true);
    choice.addEventListener("change", () => {
      stored(() => localStorage.setItem(MUTED, choice.checked ? "no" : "yes"), undefined);
      if (choice.checked) chime(audio);
    });
  }

  const wanted = () => !(choice instanceof HTMLInputElement) || choice.checked;

  function flash() {
    if (document.visibilityState === "visible") return;
    clearInterval(flashing);
    const title = document.title;
    let on = false;
    flashing = setInterval(() => {
      on = !on;
      document.title = on ? `● ${title}` : title;
    }, FLASH_MS);
    document.addEventListener("visibilitychange", () => clearInterval(flashing), { once: true });
  }

  /** The arrow moves three times, then rests. */
  function nudge() {
    page.classList.remove("nudge");
    void page.offsetWidth; // so that the animation begins again
    page.classList.add("nudge");
  }

  return {
    /** Ring if this is a call that has not rung yet. @param {import("./ticket_texts.js").Seen} seen */
    listen(seen) {
      if (box instanceof HTMLElement) box.hidden = !["waiting", "on_hold"].includes(seen.state);
      if (seen.state !== "called") {
        clearInterval(flashing);
        return;
      }
      const call = `${seen.code} ${seen.called_at} ${seen.recalls}`;
      if (stored(() => sessionStorage.getItem(RUNG), page.dataset.rung) === call) return;
      page.dataset.rung = call;
      stored(() => sessionStorage.setItem(RUNG, call), undefined);
      nudge();
      flash();
      if (!wanted()) return;
      if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(BUZZ_MS);
      chime(audio);
    },
  };
}
