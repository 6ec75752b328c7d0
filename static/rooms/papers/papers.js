// @ts-check
// The tab "Documents": keeps its lists current, and says what arrives while another tab or none is open.

import { text } from "../../core/i18n.js";
import { fillSlot, requireElement, setShown } from "../../core/dom.js";
import { makeAcceptPanel } from "./accept_panel.js";
import { makeDocumentsPanel } from "./documents_panel.js";
import { makeOffersPanel } from "./offers_panel.js";
import { roomPath } from "./papers_api.js";

const TAB = "papers";

/**
 * @param {import("../lazy_parts.js").CallPage} page
 * @param {import("../call/call_part.js").HeldEvents} arrived the signals `document` and `acceptance`
 * @param {() => void} open opens the panel on this tab
 */
export function startPapers({ root, room, signals, roster, panel }, arrived, open) {
  const documents = makeDocumentsPanel(root, `${roomPath(room)}/documents`, room);
  const isCitizen = room.role === "citizen";
  const texts = makeTextsPanel(root, room);
  const pane = requireElement(root, `[data-pane="${TAB}"]`);

  /** Say what has arrived, unless the person looks at it. @param {string} words */
  function announce(words) {
    if (panel.isShowing(TAB)) return fillSlot(pane, "papers_said", words);
    panel.addUnread(TAB);
    fillSlot(root, "papers_news", words);
    setShown(root, "[data-papers-news]", true);
  }

  arrived.on("document", ({ name, from }) => {
    announce(text("document_came", { name: roster.person(from)?.name ?? text("other_person"), document: name }));
    void documents.refresh();
  });
  signals.on("document_removed", () => void documents.refresh());
  arrived.on("acceptance", async ({ state, title, from }) => {
    await texts?.refresh();
    if (isCitizen && state === "offered") return open(); // the office asks for an answer now
    const key = isCitizen && state === "withdrawn" ? "text_withdrawn" : `text_${state}`;
    const words = text(key, { title, name: roster.person(from)?.name ?? text("other_person") });
    if (words) announce(words);
  });
  // Also after a reload, and after a session that was lost with its messages.
  const refresh = () => void Promise.all([documents.refresh(), texts?.refresh()]);
  roster.on("place", (place) => place === "admitted" && refresh());
  signals.on("welcome", ({ state }) => state === "admitted" && refresh());
  panel.events.on("change", () => {
    if (!panel.isShowing(TAB)) return;
    setShown(root, "[data-papers-news]", false);
    refresh();
  });
  refresh();
}

/** Staff offer texts and the citizen accepts them; other guests see none. @param {HTMLElement} root @param {import("../types.js").RoomFacts} room */
function makeTextsPanel(root, room) {
  const path = `${roomPath(room)}/acceptances`;
  if (room.role === "guest") return undefined;
  return room.role === "citizen" ? makeAcceptPanel(root, path, room) : makeOffersPanel(root, path, room);
}
