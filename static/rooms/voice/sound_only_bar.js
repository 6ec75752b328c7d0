// @ts-check
// The line that says that this page sends only sound, with the way back, and the switch for it among the controls.

import { text } from "../../core/i18n.js";
import { closeDialog, fillSlot, onPress, requireElement, setPressed, setShown } from "../../core/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("./voice_guard.js").VoiceGuard} guard
 * @param {import("../signaling.js").RoomSignals} signals
 */
export function showSoundOnly(root, guard, signals) {
  let shown = "";
  let isPressed = false;
  guard.on("view", ({ soundOnly, insisted }) => {
    if (soundOnly === shown) return;
    const reasonOfReturn = isPressed ? "own_choice" : insisted ? "no_help" : "recovered";
    signals.send("sound_only", { on: Boolean(soundOnly), reason: soundOnly || reasonOfReturn });
    [shown, isPressed] = [soundOnly, false];
    fillSlot(root, "sound_only", soundOnly ? text(`sound_only_${soundOnly}`) : "");
    setShown(root, "[data-sound-only]", Boolean(soundOnly));
    requireElement(root, "[data-self]").classList.toggle("unsent", Boolean(soundOnly));
    setPressed(root, '[data-do="sound-only"]', Boolean(soundOnly));
  });

  signals.on("welcome", ({ resumed }) => {
    if (!resumed && shown) signals.send("sound_only", { on: true, reason: shown }); // a new session knows nothing of it
  });
  const sendPicture = () => {
    isPressed = true;
    guard.sendPicture();
  };
  onPress(root, "send-picture", sendPicture);
  onPress(root, "sound-only", () => {
    closeDialog("more");
    if (shown) sendPicture();
    else guard.sendSoundOnly();
  });
}
