// @ts-check
// Alerts of a console: sound, desktop notification, count in the title and announcement, once for each situation.
// The server decides what concerns the person; this module compares its frames.

import { tryStorage } from "../../core/storage.js";
import { canPlay, isMutedHere, playChime, playInOneTab, unlockOnPress } from "./alert_sounds.js";
import { showNotification } from "./desktop_notification.js";
import { makeEmergencies } from "./emergencies.js";
import { makeTransfers } from "../transfers.js";

const KNOWN = "office360_alerts_known"; // ids by the time of the alert, for all tabs of this browser
const KNOWN_FOR_MS = 12 * 3_600_000; // a working day
const MAX_KNOWN = 300;
const CLAIM_MS = 10_000; // other tabs have the frame, and storage, long before

/** @typedef {{ id: string, kind: string, text: string, row: string }} Alert */
/** @typedef {{ chime: boolean, volume: number, desktop: boolean, emergency_sound: boolean, on: boolean }} Ways */
/** @typedef {{ alerts: Alert[], emergencies: any[], own_emergency: any, attention: number, ways: Ways, transfers: any[], own_transfers: any[] }} AlertFields */

/** @param {HTMLElement} page with `data-office` @returns {{ update: (fields: AlertFields) => void }} */
export function makeAlerts(page) {
  const emergencies = makeEmergencies();
  const transfers = makeTransfers();
  nameOffice(page);
  /** @type {Ways | undefined} */
  let ways;
  unlockOnPress(() => showBell(ways));
  /** Ids of the last frame. @type {Set<string>} */
  let shown = new Set();

  return {
    update(fields) {
      ways = fields.ways;
      showBell(ways);
      showCount(fields.attention, fields.emergencies.length > 0);
      emergencies.update(fields);
      transfers.update(fields);
      const fresh = fields.alerts.filter((alert) => !shown.has(alert.id));
      shown = new Set(fields.alerts.map((alert) => alert.id));
      if (!fresh.length) return;
      for (const list of page.querySelectorAll("[data-rows]")) list.scrollTop = 0; // where the new row is
      const unheard = takeUnheard(fresh);
      announce(unheard);
      void tell(unheard, fields.ways);
    },
  };
}

/** Tell of alerts by sound and notification, unless another tab does. @param {Alert[]} alerts @param {Ways} ways */
async function tell(alerts, ways) {
  const own = (await Promise.all(alerts.map(async (alert) => ((await claim(alert.id)) ? [alert] : [])))).flat();
  if (!own.length) return;
  if (ways.chime && !isMutedHere()) void playInOneTab(() => playChime(ways.volume));
  if (ways.desktop) own.forEach(notify);
}

/**
 * Tell whether this tab is the first one with the alert. Web Locks are shared at once; storage reaches other tabs later.
 * @param {string} id
 * @returns {Promise<boolean>}
 */
function claim(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    void navigator.locks.request(`office360-alert ${id}`, { ifAvailable: true }, async (lock) => {
      resolve(lock !== null);
      if (lock) await new Promise((release) => setTimeout(release, CLAIM_MS));
    });
  });
}

/** Return the alerts of which no tab of this browser has told, and record them. @param {Alert[]} fresh @returns {Alert[]} */
function takeUnheard(fresh) {
  const now = Date.now();
  /** @type {[string, number][]} */
  const known = tryStorage(() => JSON.parse(localStorage.getItem(KNOWN) ?? "[]"), []);
  const ids = new Set(known.map(([id]) => id));
  const unheard = fresh.filter((alert) => !ids.has(alert.id));
  const kept = known.filter(([, at]) => now - at < KNOWN_FOR_MS).slice(-MAX_KNOWN);
  for (const { id } of unheard) kept.push([id, now]);
  tryStorage(() => localStorage.setItem(KNOWN, JSON.stringify(kept)), undefined);
  return unheard;
}

/** @param {Alert[]} alerts */
function announce(alerts) {
  const region = document.querySelector("[data-alert-said]");
  if (region && alerts.length) region.textContent = alerts.map((alert) => alert.text).join(" ");
}

/** Show a desktop notification, unless the person looks at this page. @param {Alert} alert */
function notify(alert) {
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  showNotification(alert.text, alert.id);
}

/** Show the count in the title, and a mark on the icon. @param {number} count @param {boolean} isUrgent */
function showCount(count, isUrgent) {
  const title = document.title.replace(/^(● )?(\(\d+\) )?/, "");
  document.title = `${isUrgent ? "● " : ""}${count ? `(${count}) ` : ""}${title}`;
  const source = /** @type {HTMLElement | null} */ (document.querySelector("[data-alert-icon]"));
  const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel='icon']"));
  if (!icon) return;
  icon.dataset.plain ??= icon.href;
  const href = count ? source?.dataset.alertIcon : icon.dataset.plain;
  if (href && icon.href !== href) icon.href = href;
}

/** Say at the bell whether alerts are on, off, or silent until a press. @param {Ways | undefined} ways */
function showBell(ways) {
  const bell = document.querySelector("[data-bell-state]");
  if (!(bell instanceof HTMLElement) || !ways) return;
  const isBlocked = !canPlay() && (ways.emergency_sound || (ways.chime && ways.on && !isMutedHere()));
  bell.dataset.bellState = isBlocked ? "blocked" : ways.on ? "on" : "off";
  for (const words of /** @type {NodeListOf<HTMLElement>} */ (bell.querySelectorAll("[data-bell-words]"))) {
    words.hidden = words.dataset.bellWords !== bell.dataset.bellState;
  }
}

/** Name the office in the address: the service worker hides pushes of this office only. @param {HTMLElement} page */
function nameOffice(page) {
  const address = new URL(location.href);
  if (!page.dataset.office || !/^\/staff\/(desk|host)/.test(address.pathname) || address.searchParams.has("office")) return;
  address.searchParams.set("office", page.dataset.office);
  history.replaceState(history.state, "", address);
}
