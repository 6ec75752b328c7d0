// @ts-check
// The room's page: puts its parts together and follows the server through preview, lobby, call and what is after.

import { showCall } from "./call_view.js";
import { startChat } from "./chat.js";
import { offerChoices } from "../core/device_picker.js";
import { Devices } from "../core/media_devices.js";
import { bindEntry, forgetEntry, hasEntered, isElsewhere, rememberEntry } from "./entry.js";
import { showGuests } from "./agent_lobby.js";
import { showLobby } from "./lobby.js";
import { showLevel } from "./microphone_meter.js";
import { closeDialog, facts, whenPressed } from "../core/dom.js";
import { makePanel } from "./side_panel.js";
import { Peers } from "./peers.js";
import { bindSwitches, showMirror } from "./preview.js";
import { watchQuality } from "./call_quality.js";
import { Roster } from "./roster.js";
import { startText } from "./real_time_text.js";
import { makeScreens } from "./screens.js";
import { RoomSignals } from "./signaling.js";
import { Tiles } from "./video_tiles.js";
import { showTrouble } from "../core/device_errors.js";
import { stayAwake } from "../core/wake_lock.js";

const REPLACED = 4103;

/** @param {HTMLElement} root */
export default function start(root) {
  /** @type {import("./types.js").RoomFacts} */
  const room = facts("room");
  const devices = new Devices();
  const signals = new RoomSignals("/ws/room", room.hello);
  const roster = new Roster(signals, room.role === "agent" || hasEntered());
  const peers = new Peers(signals, roster, devices);
  const tiles = new Tiles(root, peers, roster);
  const panel = makePanel(root);
  Object.defineProperty(root, "peerConnection", { get: () => peers.first?.pc ?? null });

  showMirror(root, devices);
  bindSwitches(root, devices);
  showTrouble(root, devices);
  offerChoices(root, devices, (speaker) => void tiles.speakTo(speaker));
  startChat(root, signals, roster, panel);
  startText(root, peers, roster, panel);
  showCall({ root, devices, signals, roster, peers, tiles });
  watchQuality(root, peers, signals, devices);
  sayWhatWeSend(devices, signals, roster);
  const screens = makeScreens(root, room);
  follow(root, screens, room, { devices, signals, roster, peers });
  const elsewhere = isElsewhere(room);
  if (room.role === "citizen") {
    citizen(root, { devices, signals, roster }, elsewhere);
    void devices.start();
    if (!elsewhere) signals.open();
    return;
  }
  showGuests(root, signals, roster, room);
  const begin = () => {
    rememberEntry();
    void devices.start();
    signals.open();
  };
  if (elsewhere) screens.ask("elsewhere", "use_here", begin);
  else begin();
}

/** @typedef {{ devices: Devices, signals: RoomSignals, roster: Roster, peers: Peers }} Parts */

/** From place to screen. @param {HTMLElement} root @param {ReturnType<typeof makeScreens>} screens @param {import("./types.js").RoomFacts} room @param {Parts} parts */
function follow(root, screens, room, { devices, signals, roster, peers }) {
  let leaving = "";
  let finished = false;
  roster.on("place", (place) => {
    if (leaving && place === "outside") return over(leaving, "back_in");
    if (place === "outside") return screens.go(room.role === "citizen" ? "preview" : "call");
    screens.go(place === "lobby" ? "lobby" : "call");
    stayAwake();
  });
  signals.on("ended", ({ reason }) => {
    if (reason === "removed") return over("removed", "back_in");
    hangUp();
    location.reload(); // what happened is a page of the server: it knows
  });
  signals.on("connection", ({ state, code }) => {
    if (state !== "closed" || finished || code === 1000) return;
    if (code === REPLACED) over("replaced", "use_here");
    else over("refused", "reload");
  });
  const leave = (/** @type {string} */ what) => () => {
    leaving = what;
    for (const id of ["leave", "more"]) closeDialog(id);
    if (signals.state === "open") signals.send("leave");
    else over(what, "back_in"); // the server will notice by itself
  };
  whenPressed(root, "leave-lobby", leave("left_lobby"));
  whenPressed(root, "leave", leave("left"));
  whenPressed(root, "step-out", leave("left"));

  /** @param {string} what @param {string} button */
  function over(what, button) {
    if (what !== "replaced") forgetEntry();
    hangUp();
    screens.after(what, button);
  }
  function hangUp() {
    finished = true; // that the socket closes now is our own doing
    peers.close();
    devices.stop();
    signals.close();
  }
}

/** @param {HTMLElement} root @param {{ devices: Devices, signals: RoomSignals, roster: Roster }} parts @param {boolean} elsewhere */
function citizen(root, { devices, signals, roster }, elsewhere) {
  showLobby(root, signals);
  /** @type {(() => void) | undefined} */
  let stopLevel = showLevel(root, devices);
  roster.on("place", (place) => {
    if (place === "admitted") stopLevel = void stopLevel?.();
  });
  bindEntry(root, signals, roster, elsewhere);
}

/** What we send, as others are told it: at every change, and whenever we come to a new place. @param {Devices} devices @param {RoomSignals} signals @param {Roster} roster */
function sayWhatWeSend(devices, signals, roster) {
  let said = "";
  const say = () => {
    if (roster.shown === "outside" || devices.state.camera === "starting") return;
    const { audio, video } = devices.tracks;
    const media = { audio: Boolean(audio?.enabled), video: Boolean(video), screen: devices.state.sharing };
    if (JSON.stringify(media) === said) return;
    said = JSON.stringify(media);
    signals.send("media_state", media);
  };
  devices.on("change", say);
  roster.on("place", () => {
    said = "";
    say();
  });
}
