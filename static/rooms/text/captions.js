// @ts-check
// Captions of the agent's own voice, recognised by the agent's browser and sent as text lines. Nothing is stored.
// The citizen's voice is never recognised: a browser may send speech to its maker.

import { text } from "../../core/i18n.js";
import { fillSlot, onPress, setPressed, setShown } from "../../core/dom.js";

const AGAIN_MS = 300; // browsers end a recognition after silence
const HARMLESS = new Set(["no-speech", "aborted"]);

/**
 * Offer captions where the browser can recognise speech.
 * @param {HTMLElement} root
 * @param {import("../../core/media_devices.js").Devices} devices
 * @param {import("../peers.js").Peers} peers
 * @param {Map<string, import("./text_link.js").TextLink>} links
 * @param {import("../side_panel.js").SidePanel} panel
 */
export function offerCaptions(root, devices, peers, links, panel) {
  /** @type {any} */
  const page = window;
  const Recognition = page.SpeechRecognition ?? page.webkitSpeechRecognition;
  if (!Recognition || !root.querySelector('[data-do="captions"]')) return;
  const lang = navigator.languages.find((one) => one.startsWith(document.documentElement.lang)) ?? document.documentElement.lang;
  let isOn = false;
  let isLocal = false;
  /** @type {any} */
  let running;

  /** @param {object} message */
  const broadcast = (message) => links.forEach((link) => link.send(message));

  /** @param {boolean} on */
  function setOn(on) {
    isOn = on;
    broadcast({ captions: on });
    setPressed(root, '[data-do="captions"]', on);
    follow();
  }

  /** Recognise while captions are on and the microphone is heard. */
  function follow() {
    const isWanted = isOn && !devices.state.muted;
    if (isWanted && !running) start();
    else if (!isWanted) running = void running?.abort();
  }

  function start() {
    const recognition = (running = new Recognition());
    Object.assign(recognition, { continuous: true, interimResults: true, lang });
    if (isLocal) recognition.processLocally = true;
    recognition.onresult = (/** @type {any} */ event) => recognition === running && send(event);
    recognition.onerror = (/** @type {{ error: string }} */ { error }) => {
      if (!HARMLESS.has(error) && recognition === running) fail();
    };
    recognition.onend = () => {
      if (recognition !== running) return;
      running = undefined;
      setTimeout(follow, AGAIN_MS);
    };
    try {
      recognition.start(devices.tracks.audio ?? undefined); // older browsers take the default microphone
    } catch {
      fail(); // the track has just ended
    }
  }

  function fail() {
    panel.note(text("captions_failed"));
    setOn(false);
  }

  /** @param {any} event its results are final or still change */
  function send({ results, resultIndex }) {
    const latest = [...results].slice(resultIndex).map((result) => ({ words: result[0].transcript.trim(), final: result.isFinal }));
    for (const { words } of latest.filter(({ words, final }) => final && words)) {
      broadcast({ caption: words, final: true });
      panel.write("text", text("spoken_by", { name: text("you") }), words, { isOwn: true, isSpoken: true });
    }
    const unfinished = latest.filter(({ final }) => !final).map(({ words }) => words);
    if (unfinished.length) broadcast({ caption: unfinished.join(" "), final: false });
  }

  /** Say before the press where the voice goes. */
  async function showHint() {
    isLocal = (await Recognition.available?.({ langs: [lang], processLocally: true }).catch(() => "")) === "available";
    fillSlot(root, "captions_hint", text(isLocal ? "captions_local" : "captions_remote"));
    setShown(root, "[data-captions]", true);
  }

  void showHint();
  onPress(root, "captions", () => setOn(!isOn));
  devices.on("change", follow);
  peers.on("peer", ({ id }) => links.get(id)?.on("open", () => isOn && links.get(id)?.send({ captions: true })));
  peers.on("gone", () => peers.all.size === 0 && isOn && setOn(false));
}
