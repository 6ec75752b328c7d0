// @ts-check
// The documents of the room: the list for both sides, and the files that are on their way.

import { pageLocale, text } from "../../core/i18n.js";
import { clockTimeAt } from "../../core/time_format.js";
import { fillSlot, queryAll, requireElement, setShown } from "../../core/dom.js";
import { DocumentUpload } from "./document_upload.js";
import { mayBeAccepted } from "./file_start.js";
import { callRoom, refusalOf } from "./papers_api.js";
import { cloneTemplate } from "./templates.js";

const SHOWN_TYPES = new Set(["image/jpeg", "image/png", "image/webp"]); // every browser can show them

/**
 * @typedef {{ id: string, name: string, size: number, media_type: string, sender: string, is_mine: boolean, at: string }} SentDocument
 */

/**
 * @param {HTMLElement} root
 * @param {string} path of the room's documents
 * @param {import("../types.js").RoomFacts} room
 */
export function makeDocumentsPanel(root, path, room) {
  const box = requireElement(root, "[data-documents]");
  let maxBytes = Infinity;

  async function refresh() {
    const found = await callRoom(path).catch(() => undefined);
    if (!found) return;
    maxBytes = found.max_bytes;
    const list = requireElement(box, "[data-list]");
    list.replaceChildren(...found.documents.map((/** @type {SentDocument} */ sent) => documentItem(sent)));
    setShown(box, "[data-no-documents]", found.documents.length === 0);
  }

  /** @param {SentDocument} sent */
  function documentItem(sent) {
    const item = cloneTemplate(box, "[data-document-template]");
    const address = `${path}/${sent.id}`;
    const link = /** @type {HTMLAnchorElement} */ (requireElement(item, "a"));
    link.href = address;
    link.textContent = sent.name;
    const who = sent.is_mine ? text("you") : sent.sender || text("other_person");
    fillSlot(item, "about", `${who} · ${clockTimeAt(Date.parse(sent.at), room.offset_minutes)} · ${formatSize(sent.size)}`);
    setShown(item, '[data-do="see-document"]', SHOWN_TYPES.has(sent.media_type));
    setShown(item, '[data-do="ask-removal"]', sent.is_mine);
    nameButtons(item, sent.name);
    item.addEventListener("click", (event) => {
      const action = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset.do;
      if (action === "see-document") showPicture(sent.name, address);
      if (action === "ask-removal" || action === "keep-document") {
        setShown(item, "[data-removal]", action === "ask-removal");
        setShown(item, "[data-actions]", action !== "ask-removal");
        requireElement(item, action === "ask-removal" ? '[data-do="keep-document"]' : '[data-do="ask-removal"]').focus();
      }
      if (action === "remove-document") void remove(address, item);
    });
    return item;
  }

  /** @param {string} address @param {HTMLElement} item */
  async function remove(address, item) {
    try {
      await callRoom(address, { method: "DELETE" });
      requireElement(box, "[data-pick]").focus();
    } catch (error) {
      showError(refusalOf(error) || text("not_done"));
      setShown(item, "[data-removal]", false);
      setShown(item, "[data-actions]", true);
    }
    await refresh();
  }

  /** @param {string} name @param {string} address */
  function showPicture(name, address) {
    const dialog = /** @type {HTMLDialogElement} */ (requireElement(root, "#document-picture"));
    const picture = /** @type {HTMLImageElement} */ (requireElement(dialog, "img"));
    picture.src = address;
    picture.alt = name;
    fillSlot(dialog, "picture_name", name);
    dialog.showModal();
  }

  /** @param {File} file */
  async function send(file) {
    if (file.size > maxBytes) return refuse(text("document_too_large", { name: file.name, max: maxBytes >> 20 }));
    if (!(await mayBeAccepted(file))) return refuse(`${file.name}: ${text("document_type")}`);
    const upload = new DocumentUpload(path, file);
    const item = cloneTemplate(box, "[data-upload-template]");
    fillSlot(item, "upload_name", file.name);
    requireElement(item, "progress").setAttribute("aria-label", file.name);
    requireElement(item, "button").addEventListener("click", () => upload.cancel());
    nameButtons(item, file.name);
    requireElement(box, "[data-uploads]").append(item);
    upload.on("change", () => renderUpload(item, upload));
    await upload.run();
    item.remove();
    if (upload.state === "failed") refuse(`${file.name}: ${upload.refusal || text("not_done")}`);
    if (upload.state === "done") announce(text("document_sent", { name: file.name }));
    await refresh();
  }

  /** @param {string} words */
  function showError(words) {
    fillSlot(box, "papers_error", words);
    setShown(box, '[data-slot="papers_error"]', Boolean(words));
  }

  /** Add a refusal to those of the other files that were chosen together. @param {string} words */
  function refuse(words) {
    const before = requireElement(box, '[data-slot="papers_error"]');
    showError(before.hidden ? words : `${before.textContent} ${words}`);
  }

  /** @param {string} words */
  const announce = (words) => fillSlot(box, "papers_said", words);

  for (const input of /** @type {HTMLInputElement[]} */ (queryAll(box, 'input[type="file"]'))) {
    const sendChosen = async () => {
      const files = [...(input.files ?? [])];
      input.value = ""; // the same file may be chosen again
      showError("");
      for (const file of files) await send(file);
    };
    input.addEventListener("change", sendChosen);
    if (input.files?.length) void sendChosen(); // chosen while this module was loading
  }
  return { refresh };
}

/** @param {HTMLElement} item @param {DocumentUpload} upload */
function renderUpload(item, upload) {
  const bar = /** @type {HTMLProgressElement} */ (requireElement(item, "progress"));
  bar.value = upload.file.size ? upload.sent / upload.file.size : 0;
  const percent = Math.round(100 * bar.value);
  fillSlot(item, "upload_state", upload.state === "waiting" ? text("upload_waits") : `${percent} %`);
}

/** Add what a button is about to its name for screen readers. @param {HTMLElement} item @param {string} name */
function nameButtons(item, name) {
  for (const about of queryAll(item, "[data-about]")) about.textContent = name;
}

/** @param {number} bytes */
function formatSize(bytes) {
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1_000, "kilobyte"] : [bytes / 1_000_000, "megabyte"];
  const options = { style: /** @type {const} */ ("unit"), unit, maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(pageLocale(), options).format(Math.max(value, 0.1));
}
