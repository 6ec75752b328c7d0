// @ts-check
// The "go to" box of the consoles: `/` or Ctrl K opens it, arrows choose among pages, people and appointments. A
// combobox with a listbox (ARIA 1.2): the focus stays in the field.

import { areKeysOn, isTypingIn } from "./desk/keyboard_shortcuts.js";
import { logInAgain } from "../core/session/session_login.js";

const DEBOUNCE_MS = 250; // as the person search
const STEPS = new Map([["ArrowDown", 1], ["ArrowUp", -1]]);

/** @typedef {{ label: string, detail: string, href: string }} Goal */
/** @typedef {{ groups: { label: string, goals: Goal[] }[], text: string }} Goals */

/** @param {HTMLDialogElement} dialog with `data-failed` */
export default function start(dialog) {
  const field = /** @type {HTMLInputElement} */ (dialog.querySelector("[role=combobox]"));
  const list = /** @type {HTMLElement} */ (dialog.querySelector("[role=listbox]"));
  const status = /** @type {HTMLElement} */ (dialog.querySelector("[role=status]"));
  const office = document.querySelector("[data-office]");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  /** @type {AbortController | undefined} */
  let pending;

  document.addEventListener("keydown", (event) => {
    if (!opens(event)) return;
    event.preventDefault();
    dialog.showModal();
    begin();
  });
  document.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest("[data-opens='go-to']")) begin();
    const option = /** @type {Element} */ (target).closest("#go-to [role=option]");
    if (option) go(option);
  });
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void search(), DEBOUNCE_MS);
  });
  field.addEventListener("keydown", (event) => {
    const step = STEPS.get(event.key);
    if (step) {
      event.preventDefault();
      move(step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      void (waiting ? search() : Promise.resolve()).then(() => {
        const chosen = list.querySelector("[aria-selected=true]");
        if (chosen) go(chosen);
      });
    }
  });

  /** Select the old text, so that typing replaces it. */
  function begin() {
    field.focus();
    field.select();
    void search();
  }

  async function search() {
    clearTimeout(waiting);
    waiting = undefined;
    pending?.abort();
    const request = (pending = new AbortController());
    const slug = office instanceof HTMLElement ? (office.dataset.office ?? "") : "";
    const found = await fetchGoals({ q: field.value.trim(), office: slug }, request.signal);
    if (request.signal.aborted) return;
    list.replaceChildren(...(found?.groups ?? []).map(makeGroup));
    [...list.querySelectorAll("[role=option]")].forEach((option, place) => (option.id = `goal-${place}`));
    status.textContent = found?.text ?? dialog.dataset.failed ?? "";
    move(0);
  }

  /** Choose an option; with 0 the first one. @param {number} by */
  function move(by) {
    const options = [...list.querySelectorAll("[role=option]")];
    const now = options.findIndex((option) => option.ariaSelected === "true");
    const next = options[by ? (now + by + options.length) % options.length : 0];
    for (const option of options) option.setAttribute("aria-selected", String(option === next));
    field.setAttribute("aria-expanded", String(options.length > 0));
    field.setAttribute("aria-activedescendant", next?.id ?? "");
    next?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Element} option */
  function go(option) {
    dialog.close();
    location.assign(/** @type {HTMLElement} */ (option).dataset.href ?? "");
  }
}

/** Whether the key opens the box: not while text is typed, or another dialog is open. @param {KeyboardEvent} event */
function opens(event) {
  if (event.repeat || event.isComposing || isTypingIn(event.target) || document.querySelector("dialog[open]")) return false;
  const withControl = event.ctrlKey || event.metaKey;
  if (withControl) return event.key.toLowerCase() === "k" && !event.altKey && !event.shiftKey;
  return event.key === "/" && !event.altKey && areKeysOn();
}

/** @param {Goals["groups"][number]} group @param {number} place */
function makeGroup({ label, goals }, place) {
  const heading = make("p", label, { id: `goals-${place}` });
  const group = make("div", "", { role: "group", "aria-labelledby": heading.id });
  group.append(heading, ...goals.map(makeOption));
  return group;
}

/** @param {Goal} goal */
function makeOption({ label, detail, href }) {
  const option = make("div", "", { role: "option", "data-href": href });
  option.append(make("b", label), ...(detail ? [" ", make("span", detail)] : []));
  return option;
}

/** @param {string} tag @param {string} text @param {Record<string, string>} [attributes] */
function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/**
 * @param {{ q: string, office: string }} query
 * @param {AbortSignal} signal
 * @returns {Promise<Goals | null>} null if the server did not answer
 */
async function fetchGoals(query, signal) {
  try {
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const answer = await fetch("/staff/go", { method: "POST", headers, body: JSON.stringify(query), signal });
    if (answer.status === 401 && (await logInAgain())) return fetchGoals(query, signal);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
