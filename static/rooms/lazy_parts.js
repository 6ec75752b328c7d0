// @ts-check
// The parts of the call that load at their first use, and what each of them waits for.

import { closeDialog, onPress, queryAll, requireElement } from "../core/dom.js";
import * as api from "../staff/api.js";
import { CallPart, HeldEvents } from "./call_part.js";
import { offerCaptions } from "./text/captions.js";

const SHARP_HINTS = new Set(["detail", "text"]);

/**
 * @typedef {object} CallPage what the page shares with its parts
 * @property {HTMLElement} root
 * @property {import("./types.js").RoomFacts} room
 * @property {import("../core/media_devices.js").Devices} devices
 * @property {import("./signaling.js").RoomSignals} signals
 * @property {import("./roster.js").Roster} roster
 * @property {import("./peers.js").Peers} peers
 * @property {import("./side_panel.js").SidePanel} panel
 * @property {ReturnType<typeof import("./real_time_text.js").startRealTimeText>} links
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
  const arrived = new HeldEvents(signals, { document: always, acceptance: always }, () => papers.startForEvent());
  const papers = new CallPart(
    () => import("./papers/papers.js"),
    ({ startPapers }) => {
      startPapers(page, arrived, open);
      arrived.release();
    },
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
  const told = new HeldEvents(page.signals, { welcome: isNews, by_phone: always }, () => part.startForEvent());
  const part = new CallPart(
    () => import("./record/by_phone.js"),
    ({ startByPhone }) => {
      startByPhone(page, told);
      told.release();
    },
  );
  if (page.room.role === "agent") part.startInside(requireElement(page.root, "[data-phone-call]"));
}

/** The citizen's side of the identity check. @param {CallPage} page */
function loadAskedDocument(page) {
  const questions = new HeldEvents(page.signals, { show_document: always }, () => part.startForEvent());
  const part = new CallPart(
    () => import("./record/asked_document.js"),
    ({ startAskedDocument }) => {
      startAskedDocument(page, questions);
      questions.release();
    },
  );
}

/** The agent's side of the identity check. @param {CallPage} page */
function loadIdentityCheck(page) {
  const answers = new HeldEvents(page.signals, { document_shown: always }, () => part.startForEvent());
  const part = new CallPart(
    () => import("./record/identity_check.js"),
    ({ startIdentityCheck }) => {
      startIdentityCheck(page, answers);
      answers.release();
    },
  );
  part.startInside(requireElement(page.root, "[data-identity]"));
}

/** Participants, invitations and hand-over, for the agent. @param {CallPage} page */
function loadPeople(page) {
  const { root } = page;
  /** @type {import("../staff/transfers.js").OwnTransfer[]} as the board of the office last told them */
  let transfers = [];
  document.addEventListener("office360:transfers", (event) => (transfers = /** @type {CustomEvent} */ (event).detail));
  const people = new CallPart(
    () => import("./people.js"),
    ({ startPeople }) => startPeople(page, api, transfers),
  );
  onPress(root, "show-people", async (button) => (await people.startAtPress(button))?.showFold(button.dataset.foldName ?? ""));
  startWithTab(page, "people", people);
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
