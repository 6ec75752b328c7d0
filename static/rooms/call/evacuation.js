// @ts-check
// The notice that the agent has to leave the building: in the call, and in the lobby in place of the usual sentences.

import { setShown } from "../../core/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../signaling.js").RoomSignals} signals
 */
export function showEvacuation(root, signals) {
  /** @param {boolean} isOn */
  const show = (isOn) => {
    setShown(root, "[data-evacuation]", isOn);
    setShown(root, "[data-no-evacuation]", !isOn);
  };
  signals.on("welcome", ({ evacuation }) => show(Boolean(evacuation)));
  signals.on("evacuation", ({ on }) => show(on));
}
