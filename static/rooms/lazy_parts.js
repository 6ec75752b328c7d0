// @ts-check
// The parts of the call that load at their first use, and what each of them waits for.

import { closeDialog, onPress, queryAll, requireElement } from "../core/dom.js";
import * as api from "../core/session/api.js";
import { CallPart, HeldEvents } from "./call/call_part.js";
import { offerCaptions } from "./text/captions.js";

const SHARP_HINTS = new Set(["detail", "text"]);

/**
 * @typedef {object} CallPage what the page shares with its parts
 * @property {HTMLElement} root
 * @property {import("./types.js").RoomFacts} room
 * @property {import("../core/media/media_devices.js").Devices} devices
 * @property {import("./signaling.js").RoomSignals} signals
 * @property {import("./roster.js").Roster} roster
 * @property {import("./connection/peers.js").Peers} peers
 * @property {import("./text/side_panel.js").SidePanel} panel
 * @property {ReturnType<typeof import("./text/real_time_text.js").startRealTimeText>} links
 */

const always = () => true;

/** @param {CallPage} page */
export function bindLazyParts(page) {
  loadPapers(page);
  loadShownDocument(page);
  loadByPhone(page);
  if (page.room.role === "citizen") loadAskedDocument(page);
  if (page.room.role !== "agent") return;
  offerCaptions(page);
  loadPeople(page);
  loadIdentityCheck(page);
}

/** Documents and texts to accept: a press on their tab, or what the other side sends. @param {CallPage} page */
function loadPapers(page) {
  const { root, signals, panel } = page;
  const papers = makeEventPart(
    signals,
    { document: always, acceptance: always },
    () => import("./papers/papers.js"),
    ({ startPapers }, arrived) => startPapers(page, arrived, open),
  );
  /** Open the panel on the tab. On phones it covers the picture. */
  function open() {
    for (const dialog of /** @type {HTMLDialogElement[]} */ (queryAll(root, "dialog[open]"))) dialog.close();
    panel.show("papers");
  }
  onPress(root, "open-papers", open);
  startWithTab(page, "papers", papers);
}

/** A document before the camera, and shared screens: the press, or the first sharp picture of either side. @param {CallPage} page */
function loadShownDocument(page) {
  const { root, devices, roster } = page;
  const isSharp = (/** @type {MediaStreamTrack | null} */ track) => SHARP_HINTS.has(track?.contentHint ?? "");
  const document = new CallPart(
    () => import("./papers/shown_document.js"),
    ({ startShownDocument }) => startShownDocument(page, isSharp),
  );
  devices.on("tracks", ({ video }) => void (isSharp(video) && document.startForEvent()));
  roster.on("people", () => void (roster.admitted.some((person) => person.media.screen) && document.startForEvent()));
  onPress(root, "document", async (button) => {
    const started = await document.startAtPress(button);
    if (!started) return;
    closeDialog("more");
    void started.toggle();
  });
}

/** The call goes on by telephone: its news, or a press of the agent. @param {CallPage} page */
function loadByPhone(page) {
  const isNews = (/** @type {import("./types.js").Welcome} */ { by_phone_since: since }) => Boolean(since);
  const part = makeEventPart(
    page.signals,
    { welcome: isNews, by_phone: always },
    () => import("./record/by_phone.js"),
    ({ startByPhone }, told) => startByPhone(page, told),
  );
  if (page.room.role === "agent") part.startInside(requireElement(page.root, "[data-phone-call]"));
}

/** The citizen's side of the identity check. @param {CallPage} page */
function loadAskedDocument(page) {
  makeEventPart(
    page.signals,
    { show_document: always },
    () => import("./record/asked_document.js"),
    ({ startAskedDocument }, questions) => startAskedDocument(page, questions),
  );
}

/** The agent's side of the identity check. @param {CallPage} page */
function loadIdentityCheck(page) {
  const part = makeEventPart(
    page.signals,
    { document_shown: always },
    () => import("./record/identity_check.js"),
    ({ startIdentityCheck }, answers) => startIdentityCheck(page, answers),
  );
  part.startInside(requireElement(page.root, "[data-identity]"));
}

/** Participants, invitations and hand-over, for the agent. @param {CallPage} page */
function loadPeople(page) {
  const { root } = page;
  /** @type {import("./types.js").OwnTransfer[]} as the board of the office last told them */
  let transfers = [];
  document.addEventListener("office360:transfers", (event) => (transfers = /** @type {CustomEvent} */ (event).detail));
  const people = new CallPart(
    () => import("./people/people.js"),
    ({ startPeople }) => startPeople(page, api, transfers),
  );
  onPress(root, "show-people", async (button) => (await people.startAtPress(button))?.showFold(button.dataset.foldName ?? ""));
  startWithTab(page, "people", people);
}

/**
 * Return a part that also loads for what the other side sends, and then gets it in order.
 * @template Module, Part
 * @param {import("./signaling.js").RoomSignals} signals
 * @param {Record<string, (detail: any) => boolean>} names as of HeldEvents
 * @param {() => Promise<Module>} load
 * @param {(module: Module, events: HeldEvents) => Part} begin adds its listeners
 * @returns {CallPart<Module, Part>}
 */
function makeEventPart(signals, names, load, begin) {
  const events = new HeldEvents(signals, names, () => part.startForEvent());
  /** @type {CallPart<Module, Part>} */
  const part = new CallPart(load, (module) => {
    const begun = begin(module, events);
    events.release();
    return begun;
  });
  return part;
}

/**
 * Start a part with its tab of the panel, or at a press in it if the first load failed.
 * @param {CallPage} page
 * @param {string} name
 * @param {CallPart<any, any>} part
 */
function startWithTab({ root, panel }, name, part) {
  const tab = requireElement(root, `[data-tab="${name}"]`);
  root.addEventListener("click", ({ target }) => {
    const isOpening = /** @type {Element} */ (target).closest('[data-tab], [data-do="panel"], [data-do^="open-"]');
    if (isOpening && panel.isShowing(name)) void part.startAtPress(tab);
  });
  part.startInside(requireElement(root, `[data-pane="${name}"]`));
}
