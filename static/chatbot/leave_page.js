// @ts-check
// "Leave this page": nothing of the conversation stays on the screen, in the history or on the server.

const NEUTRAL_PATH = "/"; // as after the form without a script

/** Leave by the form in this element without waiting for the network. @param {HTMLElement} place */
export function leaveAtOnce(place) {
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    // the request outlives the page; its answer deletes the cookie
    void fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual" }).catch(() => undefined);
    document.title = "";
    document.body.replaceChildren();
    location.replace(NEUTRAL_PATH); // the back button skips this page
  });
}
