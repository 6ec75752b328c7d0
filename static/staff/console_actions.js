// @ts-check
// Actions of staff pages look and act as not ready while the page is disconnected: what cannot be sent is not queued.

import { text } from "../core/i18n.js";
import { blockActionsOffline } from "../core/network/offline_guard.js";
import { showRefusal } from "./form_actions.js";

const SENT = "[data-action], button[data-send], form[data-send] button:not([type='button'])";
const EMERGENCY = "[data-emergency-button] .button, .alarm .button";
const FORMS = ":is(main, .top) form[method='post'] button:not([type='button'])"; // not those of the login over the page

/** Returns a function that marks the actions. @param {() => boolean} isConnectionLost */
export function guardConsoleActions(isConnectionLost) {
  return blockActionsOffline(`${SENT}, ${EMERGENCY}, ${FORMS}`, isConnectionLost, (action) => {
    if (!action.closest("[data-emergency-button]")) showRefusal(action, text("blocked")); // that one has its own words
  });
}
