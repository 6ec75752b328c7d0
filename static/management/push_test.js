// @ts-check
// Test message by push: offered where this browser is subscribed, whose address goes along with the form.

/** @param {HTMLFormElement} form */
export default async function start(form) {
  const choice = /** @type {HTMLElement} */ (form.querySelector("[data-push]"));
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("subscription"));
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const registration = await navigator.serviceWorker.getRegistration("/").catch(() => undefined);
  const subscription = await registration?.pushManager.getSubscription().catch(() => null);
  if (!subscription) {
    /** @type {HTMLElement} */ (form.querySelector("[data-no-push]")).hidden = false;
    return;
  }
  field.value = JSON.stringify(subscription);
  choice.hidden = false;
}
