// @ts-check
// Captions of the agent's own voice, recognised by the agent's browser and sent as text lines. Nothing is stored.
// The citizen's voice is never recognised: a browser may send speech to its maker.

import { text } from "../../core/i18n.js";
import { setPressed } from "../../core/dom.js";

const AGAIN_MS = 300; // browsers end a recognition after silence
const HARMLESS = new Set(["no-speech", "aborted"]);

/**
 * @param {import("../lazy_parts.js").CallPage} page
 * @param {{ Recognition: any, lang: string, isLocal: boolean }} browser how it recognises speech; `isLocal`: on the device
 * @returns {{ toggle: () => void }}
 */
export function startRecognition({ root, devices, peers, links, panel }, { Recognition, lang, isLocal }) {
  let isOn = false;
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

  devices.on("change", follow);
  const sayOnNewChannels = (/** @type {string} */ id) => links.get(id)?.on("open", () => isOn && links.get(id)?.send({ captions: true }));
  peers.on("peer", ({ id }) => sayOnNewChannels(id));
  for (const id of peers.all.keys()) sayOnNewChannels(id);
  peers.on("gone", () => peers.all.size === 0 && isOn && setOn(false));
  return { toggle: () => setOn(!isOn) };
}
