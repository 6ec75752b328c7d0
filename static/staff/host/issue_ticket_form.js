// @ts-check
// Tickets issued at the entrance: a refusal asks for the reason to override it, an issued ticket offers its paper slip.

import { pageLocale, text } from "../../core/i18n.js";
import { clockOptions, clockTime } from "../../core/time_format.js";
import { fillSlots } from "../slots.js";

/** @param {HTMLElement} page */
export function bindIssueTicketForm(page) {
  const form = /** @type {HTMLFormElement} */ (document.querySelector("#give form"));
  const issued = /** @type {HTMLElement} */ (page.querySelector("[data-given]"));

  document.getElementById("give")?.addEventListener("office360:opens", () => requireReason(form, false));
  document.addEventListener("office360:refused", (event) => {
    const { part, body: problem } = /** @type {CustomEvent} */ (event).detail;
    if (part !== form) return;
    const more = form.querySelector("[data-refusal-more]");
    if (more) more.textContent = alternativesText(problem.alternatives ?? []);
    if ((form.dataset.overridable ?? "").split(" ").includes(problem.code)) requireReason(form, true);
  });
  document.addEventListener("office360:done", (event) => {
    const { part, body } = /** @type {CustomEvent} */ (event).detail;
    if ("gives" in part.dataset) showIssuedTicket(issued, body);
  });
  issued.querySelector("[data-given-close]")?.addEventListener("click", () => (issued.hidden = true));
}

/** Show or hide the reason field. @param {HTMLFormElement} form @param {boolean} asks */
function requireReason(form, asks) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-override]"))) part.hidden = !asks;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-override-not]"))) part.hidden = asks;
  const field = form.elements.namedItem("override");
  if (!(field instanceof HTMLInputElement)) return;
  field.required = asks;
  if (asks) field.focus();
}

/** Return the alternatives as one line, without kinds that a host does not offer. @param {any[]} alternatives @returns {string} */
function alternativesText(alternatives) {
  return alternatives.map(alternativeText).filter(Boolean).join(" ");
}

/** @param {any} alternative as in docs/api.md @returns {string} */
function alternativeText({ kind, name, waiting, starts_at: startsAt }) {
  if (kind === "office") return text("instead_office", { name, waiting });
  if (kind === "service") return text("instead_service", { name });
  if (kind !== "appointment" && kind !== "video" && kind !== "phone") return "";
  /** @type {Intl.DateTimeFormatOptions} */
  const format = { weekday: "long", day: "numeric", month: "long", ...clockOptions("UTC"), hour: "numeric", minute: "2-digit" };
  const officeTime = new Date(`${startsAt.slice(0, 19)}Z`); // the office's clock, whatever this device's zone is
  const when = officeTime.toLocaleString(pageLocale(), format);
  return text(`instead_${kind}`, { when });
}

/** @param {HTMLElement} issued @param {any} ticket as in docs/api.md */
function showIssuedTicket(issued, ticket) {
  const eta = ticket.eta;
  const range = eta ? text("given_range", { start: clockTime(eta.earliest), end: clockTime(eta.latest) }) : text("given_no_range");
  issued.dataset.id = ticket.id;
  fillSlots(issued, { code: ticket.code, given_title: text("given_title", { code: ticket.code }), given_text: range });
  const link = issued.querySelector("a[data-slip]");
  if (link instanceof HTMLAnchorElement) link.href = `/staff/tickets/${ticket.id}/slip?print=1`;
  issued.hidden = false;
  if (link instanceof HTMLAnchorElement) link.focus();
}
