// @ts-check
// The agent's button that notifies an absent citizen, and when that was done last.

import { fillSlot, onPress, queryAll, setShown } from "../../core/dom.js";
import { pageLocale, text } from "../../core/i18n.js";
import { clockTimeAt } from "../../core/time_format.js";

/**
 * @param {HTMLElement} root
 * @param {import("../signaling.js").RoomSignals} signals
 * @param {import("../types.js").RoomFacts} room
 */
export function bindCallBack(root, signals, room) {
  const listed = new Intl.ListFormat(pageLocale());

  /** @param {{ at: string, channels: string[] } | undefined} called */
  function show(called) {
    for (const button of queryAll(root, '[data-do="call-back"]')) button.removeAttribute("aria-busy");
    if (!called) return;
    const channels = listed.format(called.channels.map((channel) => text(`channel_${channel}`)));
    say(text("called_back", { channels, time: clockTimeAt(Date.parse(called.at), room.offset_minutes) }));
  }

  /** @param {string} words */
  function say(words) {
    fillSlot(root, "called_back", words);
    setShown(root, '[data-slot="called_back"]', Boolean(words));
  }

  onPress(root, "call-back", (button) => {
    button.setAttribute("aria-busy", "true");
    signals.send("call_back");
  });
  signals.on("welcome", ({ called_back }) => show(called_back));
  signals.on("called_back", show);
  signals.on("error", ({ in_reply_to, message }) => in_reply_to === "call_back" && say(message));
}
