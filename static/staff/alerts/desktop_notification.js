// @ts-check
// Notifications of the desktop, through the Notification API. They name no citizen: others may see the screen.

/** @param {string} words @param {string} tag a later notification with it replaces the earlier one */
export function showNotification(words, tag) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  try {
    const notification = new Notification(words, { tag, lang: document.documentElement.lang, silent: true });
    notification.onclick = () => window.focus();
  } catch {
    // Chrome on Android shows notifications of service workers only; a push tells there
  }
}
