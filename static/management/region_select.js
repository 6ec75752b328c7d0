// @ts-check
// Shows the regions of the chosen country. Without this script a button loads them.

/** @param {HTMLElement} element */
export default function start(element) {
  const country = element.querySelector("#country");
  const regions = element.querySelector("[data-regions]");
  if (!(country instanceof HTMLSelectElement) || !regions) return;
  let latest = 0;
  country.addEventListener("change", async () => {
    const own = (latest += 1);
    const answer = await fetch(`${location.pathname}?country=${encodeURIComponent(country.value)}`).catch(() => null);
    if (!answer?.ok || own !== latest) return; // a later choice has its own answer; saving checks the region anyway
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#subdivision");
    const shown = regions.querySelector("#subdivision");
    if (own === latest && fresh && shown) shown.replaceChildren(...fresh.childNodes);
  });
}
