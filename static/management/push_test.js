// @ts-check
// Test message by push to this browser: offered where it is subscribed and is none of the person's devices, which the
// form lists. Its address goes along with the form.

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
  if (isOwnDevice(`office360_follows ${form.dataset.deviceMark}`)) return;
  field.value = JSON.stringify(subscription);
  choice.hidden = false;
}

/** Whether the page of alerts has registered this browser: core/push_subscription keeps the mark. @param {string} key */
function isOwnDevice(key) {
  try {
    return localStorage.getItem(key) === "yes";
  } catch {
    return false;
  }
}
