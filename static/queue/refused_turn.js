// @ts-check
// A refusal that may pass: asks from time to time whether the service gives turns again, and then offers one here.

import { requireElement } from "../core/dom.js";

const ASK_EVERY_MS = 15_000; // a desk that opens is noticed before a person walks away; four small answers a minute

/** @param {HTMLElement} region with `data-service` and `data-address`, the address of the office's services */
export default function start(region) {
  const { service, address } = region.dataset;
  const offer = requireElement(region, "[data-offer]");
  const refused = requireElement(document, "[data-refused]");
  let isAsking = false;

  const timer = setInterval(ask, ASK_EVERY_MS);
  document.addEventListener("visibilitychange", ask);

  async function ask() {
    if (isAsking || document.visibilityState === "hidden") return;
    isAsking = true;
    const answer = await fetch(address ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
    const services = answer?.ok ? await answer.json().catch(() => []) : [];
    isAsking = false;
    const found = services.find((/** @type {{ slug: string }} */ listed) => listed.slug === service);
    if (found && found.refusal === null) show();
  }

  function show() {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", ask);
    const hadFocus = refused.contains(document.activeElement);
    refused.hidden = true;
    offer.hidden = false;
    if (hadFocus) requireElement(offer, "button[type=submit]").focus();
  }
}
