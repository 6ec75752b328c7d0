// @ts-check
// The waiting room of the video call: position, agent, and messages of the office.

import { pageLocale, text } from "../../core/i18n.js";
import { fillSlot, setShown } from "../../core/dom.js";
import { clockTimeAt } from "../../core/time_format.js";

const SOON_MS = 10 * 60_000; // a later admission is not announced as soon

/** Return the ordinal in the page's language: 1st, 2nd, 3rd, 4th. @param {number} number */
function ordinal(number) {
  const rule = new Intl.PluralRules(pageLocale(), { type: "ordinal" }).select(number);
  return text(`ordinal_${rule}`, { number }) || text("ordinal_other", { number });
}

/**
 * @param {HTMLElement} root
 * @param {import("../signaling.js").RoomSignals} signals
 * @param {import("../types.js").RoomFacts} room
 */
export function showLobby(root, signals, room) {
  const clockError = room.now - Date.now(); // a phone's clock may be wrong
  signals.on("lobby", (/** @type {import("../types.js").LobbyMessage} */ message) => {
    fillSlot(root, "ordinal", ordinal(message.position));
    const first = message.position === 1;
    fillSlot(root, "place", first ? text("place_first") : text("place_other", { before: message.position - 1 }));
    fillSlot(root, "agent", agentText(message));
    const now = Date.now() + clockError;
    const eta = etaText(message, room.offset_minutes, now);
    fillSlot(root, "eta", eta);
    setShown(root, '[data-slot="eta"]', Boolean(eta));
    const isLater = Date.parse(message.eta?.earliest ?? "") - now > SOON_MS;
    fillSlot(root, "lobby_title", text(isLater ? "lobby_later" : "lobby_soon"));
    setShown(root, '[data-slot="message"]', Boolean(message.message));
    fillSlot(root, "message_text", message.message ?? "");
  });
  signals.on("returned_to_lobby", () => fillSlot(root, "lead", text("returned")));
}

/** @param {import("../types.js").LobbyMessage} told */
function agentText({ agent: state, agent_name: name }) {
  if (!name) return text("agent_away");
  return text(state === "away" ? "agent_away_known" : `agent_${state}`, { name });
}

/** @param {import("../types.js").LobbyMessage} told @param {number} offsetMinutes @param {number} now by the server's clock */
function etaText({ eta }, offsetMinutes, now) {
  if (!eta) return "";
  const clock = (/** @type {string} */ moment) => clockTimeAt(Date.parse(moment), offsetMinutes);
  const key = Date.parse(eta.earliest) > now ? "eta_between" : "eta_until";
  return text(key, { earliest: clock(eta.earliest), latest: clock(eta.latest) });
}
