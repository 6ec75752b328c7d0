// @ts-check
// The agent's side of texts to accept: offers a text of the office, and shows how each was answered.

import { text } from "../../core/i18n.js";
import { clockTimeAt } from "../../core/time_format.js";
import { fillSlot, requireElement, setShown } from "../../core/dom.js";
import { callRoom, refusalOf } from "./papers_api.js";
import { cloneTemplate } from "./templates.js";

/**
 * @typedef {object} OfferedText
 * @property {string} id
 * @property {string} title
 * @property {string} body
 * @property {string} language
 * @property {"offered" | "accepted" | "declined" | "withdrawn"} state
 * @property {string | null} answered_at
 * @property {string | null} code_channel
 * @property {string | null} code_sent_to
 * @property {string | null} code_until
 */

/**
 * @param {HTMLElement} root
 * @param {string} path of the room's texts
 * @param {import("../types.js").RoomFacts} room
 */
export function makeOffersPanel(root, path, room) {
  const box = requireElement(root, "[data-offers]");
  const choice = /** @type {HTMLSelectElement} */ (requireElement(box, "select"));
  const form = requireElement(box, "form");

  async function refresh() {
    const found = await callRoom(path).catch(() => undefined);
    if (!found) return;
    setShown(box, "form", found.texts.length > 0);
    setShown(box, "[data-no-texts]", found.texts.length === 0);
    if (choice.options.length !== found.texts.length) {
      choice.replaceChildren(...found.texts.map((/** @type {{ key: string, title: string }} */ text) => new Option(text.title, text.key)));
    }
    requireElement(box, "[data-list]").replaceChildren(...found.acceptances.map(offerItem));
  }

  /** @param {OfferedText} offered */
  function offerItem(offered) {
    const item = cloneTemplate(box, "[data-offer-template]");
    item.dataset.answer = ["offered", "accepted"].includes(offered.state) ? offered.state : "not"; // chooses the icon
    fillSlot(item, "offer_title", offered.title);
    fillSlot(item, "offer_state", stateText(offered, room));
    const back = requireElement(item, "button");
    back.hidden = offered.state !== "offered";
    fillSlot(item, "offer_about", offered.title);
    back.addEventListener("click", () => void act(() => callRoom(`${path}/${offered.id}/withdraw`, { method: "POST" })));
    return item;
  }

  /** @param {() => Promise<unknown>} call */
  async function act(call) {
    let refusal = "";
    try {
      await call();
    } catch (error) {
      refusal = refusalOf(error) || text("not_done");
    }
    fillSlot(box, "offers_error", refusal);
    setShown(box, '[data-slot="offers_error"]', Boolean(refusal));
    await refresh();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (choice.value) void act(() => callRoom(path, { method: "POST", json: { text: choice.value } }));
  });
  return { refresh };
}

/** @param {OfferedText} offered @param {import("../types.js").RoomFacts} room */
function stateText(offered, room) {
  const to = offered.code_sent_to ?? "";
  const time = offered.answered_at ? clockTimeAt(Date.parse(offered.answered_at), room.offset_minutes) : "";
  if (offered.state === "offered") return offered.code_sent_to ? text("offer_code_sent", { to }) : text("offer_waits");
  return text(`offer_${offered.state}`, { time, to });
}
