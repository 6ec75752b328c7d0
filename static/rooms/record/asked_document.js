// @ts-check
// The citizen's side of the identity check: asks before the camera shows a document, and ends that after ten seconds.

import { toggleDocument } from "../../core/media/document_camera.js";
import { closeDialog, fillSlot, onPress, requireElement } from "../../core/dom.js";
import { text } from "../../core/i18n.js";

export const SHOWN_S = 10; // long enough to read a card, short enough that no room is filmed by mistake

/**
 * @param {import("../lazy_parts.js").CallPage} page
 * @param {import("../call/call_part.js").HeldEvents} questions the signal `show_document`
 */
export function startAskedDocument({ root, devices, signals, roster }, questions) {
  const dialog = /** @type {HTMLDialogElement} */ (requireElement(root, "#asked-document"));
  let side = "front";
  /** @type {ReturnType<typeof setInterval> | undefined} while a side is shown */
  let ticking;

  /** @param {"showing" | "shown" | "declined" | "failed"} state */
  const answer = (state) => signals.send("document_shown", { side, state });

  questions.on("show_document", (asked) => {
    if (roster.shownPlace !== "admitted") return; // left while this module was loading
    side = asked.side;
    if (ticking) return begin(); // the other side is asked for while a side is shown
    fillSlot(dialog, "asked_document", text(`asked_${side}`));
    if (!dialog.open) dialog.showModal();
  });
  dialog.addEventListener("cancel", () => answer("declined"));
  onPress(root, "decline-asked", () => {
    closeDialog("asked-document");
    answer("declined");
  });
  onPress(root, "show-asked", async () => {
    closeDialog("asked-document");
    if (!devices.state.document) await toggleDocument(devices);
    if (devices.state.document) begin();
    else answer("failed");
  });
  devices.on("change", ({ document: isShown }) => {
    if (ticking && !isShown) end(); // stopped by the person
  });
  roster.on("place", (place) => {
    if (place === "admitted") return;
    dialog.close();
    if (ticking) void toggleDocument(devices);
  });

  function begin() {
    clearInterval(ticking);
    let left = SHOWN_S;
    const show = () => fillSlot(root, "document_seconds", text("document_seconds", { seconds: String(left) }));
    show();
    answer("showing");
    ticking = setInterval(() => {
      left -= 1;
      show();
      if (left > 0) return;
      end();
      if (devices.state.document) void toggleDocument(devices);
    }, 1000);
  }

  function end() {
    clearInterval(ticking);
    ticking = undefined;
    fillSlot(root, "document_seconds", "");
    answer("shown");
  }
}
