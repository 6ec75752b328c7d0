// @ts-check
// The waiting room of the video call: position, agent, and messages of the office.

import { text } from "../core/i18n.js";
import { fillSlot, setShown } from "../core/dom.js";

/** Return the ordinal in the page's language: 1st, 2nd, 3rd, 4th. @param {number} number */
function ordinal(number) {
  const rule = new Intl.PluralRules(document.documentElement.lang, { type: "ordinal" }).select(number);
  return text(`ordinal_${rule}`, { number }) || text("ordinal_other", { number });
}

/** @param {HTMLElement} root @param {import("./signaling.js").RoomSignals} signals */
export function showLobby(root, signals) {
  signals.on("lobby", (/** @type {import("./types.js").LobbyMessage} */ message) => {
    fillSlot(root, "ordinal", ordinal(message.position));
    const first = message.position === 1;
    fillSlot(root, "place", first ? text("place_first") : text("place_other", { before: message.position - 1 }));
    fillSlot(root, "agent", agentText(message));
    setShown(root, '[data-slot="message"]', Boolean(message.message));
    fillSlot(root, "message_text", message.message ?? "");
  });
  signals.on("returned_to_lobby", () => fillSlot(root, "lead", text("returned")));
}

/** @param {import("./types.js").LobbyMessage} told */
function agentText({ agent: state, agent_name: name }) {
  if (!name) return text("agent_away");
  return text(state === "away" ? "agent_away_known" : `agent_${state}`, { name });
}
