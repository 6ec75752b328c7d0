// @ts-check
// The person search of the host console: by name, number or QR code. Results open the person's dialog.

import { text } from "../../core/i18n.js";
import { logInAgain } from "../../core/session/session_login.js";
import { fillRows } from "../slots.js";
import { bindQrScanner } from "./qr_scanner.js";

const DEBOUNCE_MS = 250; // longer than the pause between two letters of one-handed typing
const MIN_CHARACTERS = 2;

/** @param {HTMLElement} page with `data-office` @param {{ add: (person: any) => void }} dialogs */
export function bindPersonSearch(page, dialogs) {
  const form = /** @type {HTMLFormElement} */ (page.querySelector("[data-find]"));
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
  const list = /** @type {HTMLElement} */ (page.querySelector("[data-found]"));
  const count = /** @type {HTMLElement} */ (list.querySelector("[data-found-text]"));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let debounceTimer;
  /** @type {AbortController | undefined} */
  let pendingRequest;

  input.addEventListener("input", () => {
    clearTimeout(debounceTimer);
    debounceTimer = setTimeout(() => void search(), DEBOUNCE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(debounceTimer);
    void search().then(focusOnlyResult);
  });
  list.querySelector("[data-found-close]")?.addEventListener("click", clear);
  input.addEventListener("keydown", (event) => event.key === "Escape" && clear());
  document.addEventListener("office360:done", () => input.value && void search());
  searchFromAddress();
  bindQrScanner(form, (found) => {
    input.value = found;
    void search().then(focusOnlyResult);
  });

  /** Search for the person of the address `#find=7KQM2X9T`, to which the manager's console links. */
  function searchFromAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1)).get("find");
    if (!wanted) return;
    input.value = wanted;
    void search().then(focusOnlyResult);
  }

  function clear() {
    pendingRequest?.abort();
    input.value = "";
    list.hidden = true;
    input.focus();
  }

  async function search() {
    pendingRequest?.abort();
    const query = input.value.trim();
    if (query.length < MIN_CHARACTERS) {
      list.hidden = true;
      return;
    }
    const request = (pendingRequest = new AbortController());
    const found = await fetchPeople(page.dataset.office ?? "", query, request.signal);
    if (request.signal.aborted) return;
    for (const person of found?.people ?? []) dialogs.add(person);
    fillRows(list, "found-person", found?.people ?? []);
    fillRows(list, "found-visit", found?.visits ?? []);
    const allDays = list.querySelector("[data-found-query]");
    if (allDays instanceof HTMLInputElement) allDays.value = query;
    count.textContent = found?.text ?? text("not_found_out");
    list.hidden = false;
  }

  /** Focus the result if there is only one. */
  function focusOnlyResult() {
    const people = list.querySelectorAll("[data-card]");
    const visits = list.querySelectorAll(".visit button");
    const only = people.length + visits.length === 1 ? (people[0] ?? visits[0]) : undefined;
    if (only instanceof HTMLElement) only.focus();
  }
}

/**
 * @param {string} office
 * @param {string} query
 * @param {AbortSignal} signal
 * @returns {Promise<any>} null if the server did not answer
 */
async function fetchPeople(office, query, signal) {
  const address = `/staff/host/${encodeURIComponent(office)}/found`;
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ q: query }),
      signal,
    });
    if (answer.status === 401 && (await logInAgain())) return fetchPeople(office, query, signal);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
