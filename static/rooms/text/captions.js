// @ts-check
// The button of the agent's captions. Recognition itself loads at the first press (voice_recognition.js).

import { text } from "../../core/i18n.js";
import { fillSlot, onPress, setShown } from "../../core/dom.js";
import { CallPart } from "../call/call_part.js";

/** Offer captions where the browser can recognise speech. @param {import("../lazy_parts.js").CallPage} page */
export function offerCaptions(page) {
  const { root } = page;
  /** @type {any} */
  const { SpeechRecognition, webkitSpeechRecognition } = /** @type {any} */ (window);
  const Recognition = SpeechRecognition ?? webkitSpeechRecognition;
  if (!Recognition || !root.querySelector('[data-do="captions"]')) return;
  const lang = navigator.languages.find((language) => language.startsWith(document.documentElement.lang)) ?? document.documentElement.lang;
  let isLocal = false;
  const captions = new CallPart(
    () => import("./voice_recognition.js"),
    ({ startRecognition }) => startRecognition(page, { Recognition, lang, isLocal }),
  );

  /** Say before the press where the voice goes. */
  async function showHint() {
    isLocal = (await Recognition.available?.({ langs: [lang], processLocally: true }).catch(() => "")) === "available";
    fillSlot(root, "captions_hint", text(isLocal ? "captions_local" : "captions_remote"));
    setShown(root, "[data-captions]", true);
  }

  void showHint();
  onPress(root, "captions", async (button) => (await captions.startAtPress(button))?.toggle());
}
