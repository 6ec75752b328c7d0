// @ts-check
// The short automatic test in the lobby: its progress and verdict for the citizen, and its result for the agent.

import { fillSlot, onPress, requireElement, setShown } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { tryStorage } from "../../core/storage.js";
import { QUICK_BUDGET_MS } from "../../precheck/quick_budget.js";
import { concernsCall } from "./lobby_verdict.js";
import { listenForVoice } from "./voice_listener.js";
import { rememberTestedLine } from "../voice/tested_line.js";

const AGAIN_MS = 5 * 60_000; // a reloaded page does not test again sooner
const DEVICES_MS = 3_000; // the person may still be answering the browser's question

/**
 * @typedef {{ devices: import("../../core/media/media_devices.js").Devices, signals: import("../signaling.js").RoomSignals, roster: import("../roster.js").Roster }} Parts
 */

/** @param {HTMLElement} root @param {Parts} parts @param {string} appointment its token */
export function startLobbyTest(root, { devices, signals, roster }, appointment) {
  const voice = listenForVoice(devices);
  const stop = new AbortController();
  const key = `tested ${location.pathname}`;
  let isStarted = false;
  /** @type {any} the last report */
  let shown;

  async function test() {
    tryStorage(() => sessionStorage.setItem(key, String(Date.now())), undefined);
    const loading = import("../../precheck/quick_test.js").catch(() => null);
    await devicesReady(devices);
    const picture = /** @type {HTMLVideoElement} */ (requireElement(root, "[data-mirror]"));
    showProgress(root, 0);
    const onProgress = (/** @type {number} */ share) => showProgress(root, share);
    const late = setTimeout(() => setShown(root, "[data-lobby-test]", false), QUICK_BUDGET_MS); // a verdict may still come
    const quick = { appointment, devices, picture, voice: voice.figures, onProgress, signal: stop.signal };
    const module = await loading;
    const result = await module?.runQuickTest(quick).catch((problem) => {
      if (!(problem instanceof module.TestRequestError)) console.error(problem);
      return null; // no free place or no answer: nothing is known, so nothing is shown
    });
    clearTimeout(late);
    if (!module || !result) return setShown(root, "[data-lobby-test]", false);
    const show = (/** @type {any} */ report) => {
      shown = report;
      showVerdict(root, report, devices);
      rememberTestedLine(report.start_kbps);
      signals.send("lobby_test", { test: result.token });
    };
    show(result.report);
    if (Object.keys(voice.figures()).length) return;
    await voice.heard;
    if (!stop.signal.aborted) show(await module.reportQuickTest(result.token, { ...result.measured, ...voice.figures() }));
  }

  roster.on("place", (place) => {
    if (place === "admitted") {
      stop.abort();
      voice.stop();
    }
    const testedAt = Number(tryStorage(() => sessionStorage.getItem(key), null));
    if (place !== "lobby" || isStarted || stop.signal.aborted || Date.now() - testedAt < AGAIN_MS) return;
    isStarted = true;
    void test().catch((problem) => console.error(problem));
  });
  onPress(root, "voice-only", () => {
    setShown(root, '[data-do="voice-only"]', false);
    if (devices.own.camera) void devices.toggleCamera().then(() => shown && showVerdict(root, shown, devices));
  });
  onPress(root, "without-video", (button) => {
    const go = () => location.assign(button.dataset.to ?? "");
    signals.on("left", go); // the appointment can be changed only from outside the lobby
    signals.send("leave");
    setTimeout(go, 3_000);
  });
}

/** Wait until both devices are open or refused. @param {Parts["devices"]} devices @returns {Promise<void>} */
function devicesReady(devices) {
  return new Promise((resolve) => {
    const look = () => ![devices.state.camera, devices.state.microphone].includes("starting") && resolve();
    devices.on("change", look);
    setTimeout(resolve, DEVICES_MS);
    look();
  });
}

/** @param {HTMLElement} root @param {number} share done, 0 to 1 */
function showProgress(root, share) {
  setShown(root, "[data-lobby-test], [data-testing]", true);
  setShown(root, "[data-tested]", false);
  /** @type {HTMLProgressElement} */ (requireElement(root, "[data-testing] progress")).value = share;
}

/**
 * @param {HTMLElement} root
 * @param {any} report of the server
 * @param {Parts["devices"]} devices
 */
function showVerdict(root, report, devices) {
  const isVoiceMissing = report.cause === "voice_not_measured";
  const [title, help] = isVoiceMissing
    ? [text("test_voice"), text("test_voice_help")]
    : [report.title, report.advice_texts[0] ?? (report.verdict === "green" ? "" : report.text)];
  setShown(root, "[data-testing]", false);
  setShown(root, "[data-lobby-test], [data-tested]", concernsCall(report.cause, devices.state.camera !== "off"));
  requireElement(root, "[data-lobby-test] .verdict").dataset.verdict = report.verdict;
  fillSlot(root, "test_word", isVoiceMissing ? text("test_so_far") : report.grade_text);
  fillSlot(root, "test_title", title);
  fillSlot(root, "test_help", help);
  const isBad = report.verdict === "red";
  setShown(root, "[data-when-bad]", isBad);
  setShown(root, '[data-do="voice-only"]', isBad && Boolean(devices.own.camera));
}
