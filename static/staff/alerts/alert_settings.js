// @ts-check
// The page of a person's alerts: listen to the chime, mute it in this browser, allow notifications.

import { MUTED_HERE, isMutedHere, playChime, unlockOnPress } from "./alert_sounds.js";
import { queryAll } from "../../core/dom.js";
import { tryStorage } from "../../core/storage.js";

const DEFAULT_VOLUME = 60;

/** @param {HTMLElement} form */
export default function start(form) {
  const volume = /** @type {HTMLInputElement | null} */ (form.querySelector("#volume"));
  const listen = /** @type {HTMLElement | null} */ (form.querySelector("[data-listen]"));
  const play = () => playChime(Number(volume?.value) || DEFAULT_VOLUME);
  let wasPressed = false;
  unlockOnPress(() => wasPressed && play()); // the first press may be this button: it sounds once the browser allows it
  if (listen) {
    listen.hidden = false;
    listen.addEventListener("click", () => {
      wasPressed = true;
      play();
    });
  }
  bindMute(form);
  bindPermission(form);
}

/** @param {HTMLElement} form */
function bindMute(form) {
  const label = /** @type {HTMLElement | null} */ (form.querySelector("[data-here]"));
  const box = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-mute-here]"));
  if (!label || !box) return;
  label.hidden = false;
  box.checked = isMutedHere();
  box.addEventListener("change", () => {
    tryStorage(() => localStorage.setItem(MUTED_HERE, box.checked ? "yes" : "no"), undefined);
  });
}

/** Show whether this browser allows notifications, and ask when the person presses. @param {HTMLElement} form */
function bindPermission(form) {
  const part = /** @type {HTMLElement | null} */ (form.querySelector("[data-desktop-state]"));
  if (!part) return;
  const show = () => {
    const state = "Notification" in window ? Notification.permission : "none";
    part.hidden = false;
    part.dataset.desktopState = state;
    for (const one of queryAll(part, "[data-when]")) one.hidden = one.dataset.when !== state;
  };
  part.querySelector("[data-ask]")?.addEventListener("click", () => {
    void Notification.requestPermission().then((answer) => {
      const box = /** @type {HTMLInputElement | null} */ (form.querySelector("#desktop"));
      if (box && answer === "granted") box.checked = true;
      show();
    });
  });
  show();
}
