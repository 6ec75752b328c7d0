// @ts-check
// Invitations in the People tab: the form, the list with states, the link as QR code and text, withdrawal.

import { text } from "../../core/i18n.js";
import { queryAll, fillSlot, onPress, requireElement, setShown } from "../../core/dom.js";
import { copyOf, isSure, syncRows } from "./people_rows.js";

const RELOAD_MS = 400; // several changes of the room come together
const AWAY = new Set(["opened", "left"]); // the link is used, and its guest is not inside
const USABLE = new Set(["sent", "opened", "lobby", "admitted", "left"]);
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Pick<typeof import("../../core/session/api.js"), "post" | "RequestRefused">} Requests of the page, which repeats a request with its key */
/** @typedef {{ id: string, role: string, name: string, channel: string, contact: string | null, state: string, link: string | null, qr: { path: string, view_box: string } | null }} Invite */

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} pane
 * @param {import("../roster.js").Roster} roster
 * @param {import("../types.js").RoomFacts} room
 * @param {Requests} requests
 */
export function bindInvites(root, pane, roster, room, requests) {
  const path = `/api/v1/rooms/${room.hello.appointment}/invites`;
  const list = requireElement(pane, "[data-invites]");
  const template = /** @type {HTMLTemplateElement} */ (pane.querySelector("[data-invite-template]"));
  /** @type {Map<string, Invite>} */
  let invites = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  async function load() {
    const answer = await fetch(path, { headers: { Accept: "application/json" } }).catch(() => undefined);
    if (!answer?.ok) return; // the list stays as it is, and the next change of the room loads it again
    render(await answer.json());
  }
  const loadSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void load(), RELOAD_MS);
  };
  roster.on("people", loadSoon);
  requireElement(root, '[data-tab="people"]').addEventListener("click", loadSoon);

  /** @param {Invite[]} found */
  function render(found) {
    invites = new Map(found.map((invite) => [invite.id, invite]));
    const kept = new Map(queryAll(list, "[data-invite-id]").map((row) => [row.dataset.inviteId ?? "", row]));
    syncRows(list, found.map((invite) => fillRow(kept.get(invite.id) ?? copyOf(template), invite)));
    setShown(pane, "[data-no-invites]", found.length === 0);
  }

  list.addEventListener("click", async ({ target }) => {
    const button = /** @type {Element} */ (target).closest("[data-act]");
    const invite = invites.get(button?.closest("[data-invite-id]")?.getAttribute("data-invite-id") ?? "");
    if (!(button instanceof HTMLElement) || !invite) return;
    if (button.dataset.act === "show-link") return showLink(root, invite);
    if (!isSure(button)) return;
    const made = await tryPost(requests, pane, "invite_list_error", ({ post }) => post(`${path}/${invite.id}/${button.dataset.act}`));
    await load();
    if (made && button.dataset.act === "send-again") sayMade(root, pane, made.body);
  });
  bindForm(root, pane, path, load, requests);
  void load();
  onPress(root, "copy-guest-link", async () => {
    const field = /** @type {HTMLInputElement} */ (requireElement(root, "#guest-address"));
    field.select();
    await navigator.clipboard?.writeText(field.value).catch(() => undefined);
    fillSlot(root, "guest_copied", text("link_copied"));
  });
}

/** @param {HTMLElement} row @param {Invite} invite */
function fillRow(row, invite) {
  row.dataset.inviteId = invite.id;
  const state = invite.state === "sent" ? `invite_sent_${invite.channel}` : `invite_${invite.state}`;
  const role = text(`role_${invite.role}`);
  fillSlot(row, "person_name", invite.name || invite.contact || role);
  fillSlot(row, "person_state", [role, text(state)].join(" · "));
  setShown(row, '[data-act="show-link"]', Boolean(invite.link));
  fillSlot(row, "send_again", text(invite.contact ? "send_again" : "new_link"));
  setShown(row, '[data-act="send-again"]', AWAY.has(invite.state) || (invite.state === "sent" && Boolean(invite.contact)));
  setShown(row, '[data-act="withdraw"]', USABLE.has(invite.state));
  return row;
}

/** Say what happened to a new or repeated link. @param {HTMLElement} root @param {HTMLElement} pane @param {Invite} invite */
function sayMade(root, pane, invite) {
  fillSlot(pane, "invite_done", text(`invite_done_${invite.channel}`));
  if (invite.channel === "link") showLink(root, invite);
}

/** @param {HTMLElement} root @param {Invite} invite */
function showLink(root, invite) {
  if (!invite.link || !invite.qr) return;
  const image = document.createElementNS(SVG, "svg");
  const modules = document.createElementNS(SVG, "path");
  image.setAttribute("viewBox", invite.qr.view_box);
  modules.setAttribute("d", invite.qr.path);
  image.append(modules);
  requireElement(root, "[data-guest-code]").replaceChildren(image);
  /** @type {HTMLInputElement} */ (requireElement(root, "#guest-address")).value = invite.link;
  fillSlot(root, "guest_copied", "");
  /** @type {HTMLDialogElement} */ (requireElement(root, "#guest-link")).showModal();
}

/** @param {HTMLElement} root @param {HTMLElement} pane @param {string} path @param {() => Promise<void>} load @param {Requests} requests */
function bindForm(root, pane, path, load, requests) {
  const form = /** @type {HTMLFormElement} */ (requireElement(pane, "[data-invite]"));
  const channel = () => String(new FormData(form).get("channel"));
  form.addEventListener("input", () => fillSlot(pane, "invite_done", "")); // it was about the previous invitation
  const showChannel = () => queryAll(form, "[data-channel]").forEach((field) => (field.hidden = field.dataset.channel !== channel()));
  form.addEventListener("change", showChannel);
  showChannel(); // it may have been chosen while this module was loading
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = new FormData(form);
    const contact = channel() === "link" ? {} : { [channel()]: String(values.get(channel())) || "-" };
    const body = { role: values.get("role"), name: values.get("name") || null, ...contact };
    const made = await tryPost(requests, pane, "invite_error", ({ post }) => post(path, body));
    if (!made) return;
    form.reset();
    form.dispatchEvent(new Event("change"));
    await load();
    sayMade(root, pane, made.body);
  });
}

/**
 * Post, or show why it was refused.
 * @param {Requests} requests
 * @param {HTMLElement} part
 * @param {string} slot of the refusal
 * @param {(requests: Requests) => Promise<import("../../core/session/api.js").Answer>} request
 */
export async function tryPost(requests, part, slot, request) {
  setShown(part, `[data-slot="${slot}"]`, false);
  try {
    return await request(requests);
  } catch (error) {
    if (!(error instanceof requests.RequestRefused)) throw error;
    fillSlot(part, slot, error.message);
    setShown(part, `[data-slot="${slot}"]`, true);
    return undefined;
  }
}
