// @ts-check
// "Notify me on this phone": subscribes the browser to push messages and sends the subscription to the server.
// The section shows a state: offer, on, denied, install (iPhone), inside (another app's browser), none, failed.

import { tryStorage } from "./storage.js";

const IN_APP = /FBAN|FBAV|Instagram|Line\/|TikTok|Snapchat|; wv\)/;

/** Return what this browser can do now. @returns {"install" | "inside" | "none" | "denied" | "offer"} */
export function pushAvailability() {
  const agent = navigator.userAgent;
  const isApple = /iPhone|iPad/.test(agent);
  if (IN_APP.test(agent) || (isApple && !/Safari\//.test(agent) && !isInstalled())) return "inside";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    return isApple && !isInstalled() ? "install" : "none";
  }
  return Notification.permission === "denied" ? "denied" : "offer";
}

function isInstalled() {
  return "standalone" in navigator && navigator.standalone === true;
}

/** Decode a base64url key into bytes. @param {string} text */
export function decodeBase64Url(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/**
 * Key of the mark that this ticket, appointment or person is subscribed: a browser has a single subscription for all.
 * @param {string} mark
 */
const storageKey = (mark) => `office360_follows ${mark}`;

/** @param {string} mark */
const isSubscribed = (mark) => tryStorage(() => localStorage.getItem(storageKey(mark)) === "yes", false);

/** @param {string} mark */
const saveSubscribed = (mark) => tryStorage(() => localStorage.setItem(storageKey(mark), "yes"), undefined);

/** @param {string} mark */
const removeSubscribed = (mark) => tryStorage(() => localStorage.removeItem(storageKey(mark)), undefined);

/** @param {string} url @param {unknown} body */
async function post(url, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
}

/** @param {HTMLElement} section */
export default async function start(section) {
  const api = section.dataset.api ?? "";
  const key = section.dataset.key ?? "";
  const mark = section.dataset.mark ?? api; // staff: a browser may be used by several people
  const registration = async () => {
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    return navigator.serviceWorker.ready;
  };

  /** @param {string} state */
  function showState(state) {
    section.dataset.state = state;
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll("[data-when]"))) {
      part.hidden = !(part.dataset.when ?? "").split(" ").includes(state);
    }
  }

  async function turnOn() {
    if ((await Notification.requestPermission()) !== "granted") return showState(pushAvailability());
    const { pushManager, active } = await registration();
    const options = { userVisibleOnly: true, applicationServerKey: decodeBase64Url(key) };
    const old = await pushManager.getSubscription();
    const subscription = await pushManager.subscribe(options).catch(async () => {
      await old?.unsubscribe(); // it was made for another server key
      return pushManager.subscribe(options);
    });
    await post(api, subscription);
    active?.postMessage({ follow: api, key });
    saveSubscribed(mark);
    showState("on");
    if ("reloads" in section.dataset) location.reload(); // the page lists the devices
  }

  async function turnOff() {
    const subscription = await (await registration()).pushManager.getSubscription();
    if (subscription) await post(`${api}/end`, { endpoint: subscription.endpoint });
    removeSubscribed(mark);
    showState("offer");
    if ("reloads" in section.dataset) location.reload();
  }

  /** @param {() => Promise<unknown>} act */
  const whileBusy = (act) => () => {
    section.setAttribute("aria-busy", "true");
    act()
      .catch(() => showState("failed"))
      .finally(() => section.removeAttribute("aria-busy"));
  };
  for (const button of section.querySelectorAll("[data-turn-on]")) button.addEventListener("click", whileBusy(turnOn));
  section.querySelector("[data-turn-off]")?.addEventListener("click", whileBusy(turnOff));

  const possible = pushAvailability();
  section.hidden = false;
  if (possible !== "offer" || !isSubscribed(mark)) return showState(possible);
  const subscription = await (await registration()).pushManager.getSubscription();
  showState(subscription && Notification.permission === "granted" ? "on" : "offer");
}
