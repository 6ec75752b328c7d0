// @ts-check
// The way out of another app's built-in browser: an Android intent link, the address to copy, a QR code.

import { isInApp } from "./browser_support.js";
import { onPress, queryAll, setShown } from "./dom.js";

const COPIED_MS = 4_000;

/**
 * Show the notice inside another app, with the ways that the device has.
 * @param {HTMLElement} root
 * @param {string} [agent]
 */
export function showInAppWarning(root, agent = navigator.userAgent) {
  const shown = isInApp(agent);
  setShown(root, '[data-notice="in_app"]', shown);
  onPress(root, "copy-link", (button) => void copyAddress(root, button));
  if (!shown) return;
  const isAndroid = /Android/.test(agent);
  for (const link of queryAll(root, "a[data-android]")) link.setAttribute("href", intentAddress(location.href));
  setShown(root, "[data-android]", isAndroid);
  setShown(root, "[data-iphone]", !isAndroid);
}

/**
 * Return the address by which Android opens a page in the default browser.
 * Source: developer.chrome.com/docs/android/intents
 * @param {string} address
 */
export function intentAddress(address) {
  const { protocol, host, pathname, search } = new URL(address);
  const scheme = protocol.slice(0, -1);
  const action = "action=android.intent.action.VIEW;category=android.intent.category.BROWSABLE";
  return `intent://${host}${pathname}${search}#Intent;scheme=${scheme};${action};S.browser_fallback_url=${encodeURIComponent(address)};end`;
}

/** @param {HTMLElement} root @param {HTMLElement} button */
async function copyAddress(root, button) {
  const copied = await writeToClipboard(location.href);
  setShown(root, '[data-slot="copied"]', copied);
  const field = button.closest("[data-notice]")?.querySelector("[data-address]");
  if (field instanceof HTMLInputElement) {
    field.hidden = copied; // without a clipboard the person copies the selected address
    field.value = location.href;
    if (!copied) field.select();
  }
  if (copied) setTimeout(() => setShown(root, '[data-slot="copied"]', false), COPIED_MS);
}

/** @param {string} words @returns {Promise<boolean>} */
async function writeToClipboard(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false; // built-in browsers often refuse it
  }
}
