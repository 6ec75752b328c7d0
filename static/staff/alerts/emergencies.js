// @ts-check
// Emergencies of the office: banners with a sound for others, and the silent button of the person in danger.

import { RequestRefused, post } from "../../core/session/api.js";
import { playAlarm, playInOneTab } from "./alert_sounds.js";
import { showNotification } from "./desktop_notification.js";
import { fillRows } from "../slots.js";
import { showToast } from "../toast.js";
import { restoreDraft } from "../host/typed_drafts.js";

const PRESS_AGAIN_MS = 5_000; // a later press counts as a first one
const RING_MS = 8_000;
const MAX_RINGS = 5; // until a person answers

/** @returns {{ update: (fields: import("./alerts.js").AlertFields) => void }} */
export function makeEmergencies() {
  const box = document.querySelector("[data-alarms]");
  bindButton();
  bindOver();
  /** Times that each emergency rang, by id. @type {Map<string, number>} */
  const rings = new Map();
  /** @type {any[]} */
  let open = [];
  let hasSound = false;

  function ring() {
    const unanswered = open.filter((one) => !one.answered && (rings.get(one.id) ?? 0) < MAX_RINGS);
    for (const one of unanswered) {
      if (!rings.has(one.id)) showNotification(`${one.title}. ${one.detail}`, one.id);
      rings.set(one.id, (rings.get(one.id) ?? 0) + 1);
    }
    if (unanswered.length && hasSound) void playInOneTab(playAlarm);
  }
  setInterval(ring, RING_MS);

  return {
    update({ emergencies, own_emergency: own, ways }) {
      hasSound = ways.emergency_sound;
      open = emergencies;
      if (box) fillRows(box, "emergency", emergencies);
      if (open.some((one) => !rings.has(one.id))) ring();
      showOwn(own);
    },
  };
}

/** The button needs a second press. It makes no sound and shows no message. */
function bindButton() {
  const part = document.querySelector("[data-emergency-button]");
  const button = part?.querySelector("[data-press]");
  const label = button?.querySelector("[data-label]");
  if (!(part instanceof HTMLElement) || !(button instanceof HTMLElement) || !label) return;
  const words = label.textContent;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let armed;
  const disarm = () => {
    clearTimeout(armed);
    armed = undefined;
    label.textContent = words;
  };
  button.addEventListener("click", async () => {
    if (button.ariaBusy === "true") return; // offline no press comes here (console_actions.js)
    if (!armed) {
      label.textContent = button.dataset.again ?? words;
      armed = setTimeout(disarm, PRESS_AGAIN_MS);
      return;
    }
    disarm();
    button.ariaBusy = "true";
    try {
      await post(part.dataset.path ?? "");
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      showToast(error.message); // the person must know that no one was told
    } finally {
      button.ariaBusy = null;
    }
  });
}

/** Show discreetly that the others were told, and who comes. @param {{ id: string, text: string }} own */
function showOwn(own) {
  const part = document.querySelector("[data-emergency-button]");
  if (!(part instanceof HTMLElement)) return;
  const press = part.querySelector("[data-press]");
  const hadFocus = document.activeElement === press;
  part.dataset.id = own.id;
  const told = part.querySelector("[data-told]");
  const over = part.querySelector("[data-own-over]");
  if (told && told.textContent !== own.text) told.textContent = own.text;
  if (press instanceof HTMLElement) press.hidden = own.id !== "";
  if (over instanceof HTMLElement) {
    over.hidden = own.id === "";
    if (own.id && hadFocus) over.focus();
  }
}

/** Open the dialog for the emergency whose button was pressed. */
function bindOver() {
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-ends-emergency], [data-own-over]");
    const around = button?.closest("[data-id]");
    const dialog = document.getElementById("emergency-over");
    if (!(around instanceof HTMLElement) || !(dialog instanceof HTMLDialogElement)) return;
    dialog.dataset.id = around.dataset.id;
    dialog.querySelector("form")?.reset();
    restoreDraft(dialog);
    dialog.showModal();
  });
}
