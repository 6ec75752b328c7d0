// @ts-check
// Shows the screen for the person's place in the room, and ends the page when they leave.

import { closeDialog, onPress, setShown } from "../core/dom.js";
import { keepScreenOn } from "../core/wake_lock.js";
import { forgetEntry } from "./lobby/entry.js";

const NOT_ALLOWED = 4101;
const REPLACED = 4103;

/**
 * @typedef {object} RoomParts
 * @property {import("../core/media/media_devices.js").Devices} devices
 * @property {import("./signaling.js").RoomSignals} signals
 * @property {import("./roster.js").Roster} roster
 * @property {import("./connection/peers.js").Peers} peers
 *
 * @typedef {object} SessionEnded detail of the event `session-ended`, which a page of staff answers with a login
 * @property {() => void} resume after the login
 * @property {() => void} giveUp without a login
 */

/**
 * @param {HTMLElement} root
 * @param {ReturnType<typeof import("./screens.js").makeScreens>} screens
 * @param {import("./types.js").RoomFacts} room
 * @param {RoomParts} parts
 */
export function followPlace(root, screens, room, { devices, signals, roster, peers }) {
  let leaving = "";
  let finished = false;
  let isLoginNew = false; // refused again at once: the login does not help
  roster.on("place", (place) => {
    if (leaving && place === "outside") return finish(leaving, "back_in", leaving === "left");
    if (place === "outside") return screens.go(room.role === "agent" ? "call" : "preview");
    screens.go(place === "lobby" ? "lobby" : "call");
    keepScreenOn();
  });
  signals.on("welcome", () => (isLoginNew = false));
  signals.on("ended", ({ reason }) => {
    if (reason === "removed") return finish("removed", "back_in");
    hangUp();
    location.reload(); // the server renders how the call ended
  });
  signals.on("connection", ({ state, code }) => {
    if (state !== "closed" || finished || code === 1000) return;
    if (code === REPLACED) finish("replaced", "use_here");
    else if (code === NOT_ALLOWED && room.role === "agent" && !isLoginNew) askForLogin();
    else finish("refused", "reload");
  });
  const leaveWith = (/** @type {string} */ what) => () => {
    leaving = what;
    for (const id of ["leave", "more"]) closeDialog(id);
    if (signals.state === "open") signals.send("leave");
    else finish(what, "back_in"); // the server detects the closed socket
  };
  onPress(root, "leave-lobby", leaveWith("left_lobby"));
  onPress(root, "leave", leaveWith("left"));
  onPress(root, "step-out", leaveWith("left"));
  root.addEventListener("office360:handed-over", (event) => (leaving = /** @type {CustomEvent} */ (event).detail));

  /** Camera, peers and typed text stay while staff/alerts/room_alerts.js asks for the login over the page. */
  function askForLogin() {
    isLoginNew = true;
    /** @type {SessionEnded} */
    const detail = { resume: () => finished || signals.reopen(), giveUp: () => finished || finish("refused", "reload") };
    root.dispatchEvent(new CustomEvent("session-ended", { bubbles: true, detail }));
  }
  /** @param {string} reason @param {string} button @param {boolean} [canRate] whether the server knows that a call was left */
  function finish(reason, button, canRate = false) {
    if (reason !== "replaced") forgetEntry();
    hangUp();
    screens.showAfter(reason, button);
    setShown(root, "[data-rate]", canRate);
  }
  function hangUp() {
    finished = true; // the socket closes because of this call, which is not an error
    peers.close();
    devices.stop();
    signals.close();
  }
}
