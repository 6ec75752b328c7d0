// @ts-check
// The page of the video room: creates its parts and switches between preview, lobby, call and end.

import { bindCallView } from "./call_view.js";
import { startChat } from "./chat.js";
import { bindDevicePicker } from "../core/device_picker.js";
import { Devices } from "../core/media_devices.js";
import { bindJoinForm, forgetEntry, hasEntered, isInsideElsewhere, rememberEntry, takeConsoleLink } from "./entry.js";
import { bindAgentLobby } from "./agent_lobby.js";
import { showLobby } from "./lobby.js";
import { showMicrophoneLevel } from "./microphone_meter.js";
import { closeDialog, readJson, onPress } from "../core/dom.js";
import { makeSidePanel } from "./side_panel.js";
import { Peers } from "./peers.js";
import { bindMediaSwitches, showOwnVideo } from "./preview.js";
import { watchCallQuality } from "./call_quality.js";
import { Roster } from "./roster.js";
import { startRealTimeText } from "./real_time_text.js";
import { makeScreens } from "./screens.js";
import { RoomSignals } from "./signaling.js";
import { VideoTiles } from "./video_tiles.js";
import { showDeviceErrors } from "../core/device_errors.js";
import { keepScreenOn } from "../core/wake_lock.js";

const REPLACED = 4103;

/** @param {HTMLElement} root */
export default function start(root) {
  /** @type {import("./types.js").RoomFacts} */
  const room = readJson("room");
  const devices = new Devices();
  const signals = new RoomSignals("/ws/room", room.hello);
  const roster = new Roster(signals, room.role === "agent" || hasEntered());
  const peers = new Peers(signals, roster, devices);
  const tiles = new VideoTiles(root, peers, roster);
  const panel = makeSidePanel(root);
  Object.defineProperty(root, "peerConnection", { get: () => peers.first?.pc ?? null });

  showOwnVideo(root, devices);
  bindMediaSwitches(root, devices);
  showDeviceErrors(root, devices);
  bindDevicePicker(root, devices, (speaker) => void tiles.setSpeaker(speaker));
  startChat(root, signals, roster, panel);
  startRealTimeText(root, peers, roster, panel);
  bindCallView({ root, devices, signals, roster, peers, tiles });
  watchCallQuality(root, peers, signals, devices);
  sendMediaState(devices, signals, roster);
  const screens = makeScreens(root, room);
  followPlace(root, screens, room, { devices, signals, roster, peers });
  const isElsewhere = isInsideElsewhere(room);
  if (room.role === "citizen") {
    bindCitizen(root, { devices, signals, roster }, isElsewhere);
    void devices.start();
    if (!isElsewhere) signals.open();
    return;
  }
  // A citizen can send an agent this address: only the console's own link, or a press here, lets in without asking.
  const invited = new URLSearchParams(location.search).get("admit");
  const isFromConsole = takeConsoleLink();
  if (invited) history.replaceState(null, "", location.pathname);
  bindAgentLobby(root, signals, roster, room, isFromConsole ? invited : null);
  const begin = () => {
    rememberEntry();
    void devices.start();
    signals.open();
  };
  if (isElsewhere) screens.askFirst("elsewhere", "use_here", begin);
  else if (!isFromConsole && !hasEntered()) screens.askFirst("start_asked", "start_now", begin);
  else begin();
}

/** @typedef {{ devices: Devices, signals: RoomSignals, roster: Roster, peers: Peers }} RoomParts */

/**
 * Show the screen for the person's place in the room, and end the page when they leave.
 * @param {HTMLElement} root
 * @param {ReturnType<typeof makeScreens>} screens
 * @param {import("./types.js").RoomFacts} room
 * @param {RoomParts} parts
 */
function followPlace(root, screens, room, { devices, signals, roster, peers }) {
  let leaving = "";
  let finished = false;
  roster.on("place", (place) => {
    if (leaving && place === "outside") return finish(leaving, "back_in");
    if (place === "outside") return screens.go(room.role === "citizen" ? "preview" : "call");
    screens.go(place === "lobby" ? "lobby" : "call");
    keepScreenOn();
  });
  signals.on("ended", ({ reason }) => {
    if (reason === "removed") return finish("removed", "back_in");
    hangUp();
    location.reload(); // the server renders how the call ended
  });
  signals.on("connection", ({ state, code }) => {
    if (state !== "closed" || finished || code === 1000) return;
    if (code === REPLACED) finish("replaced", "use_here");
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

  /** @param {string} reason @param {string} button */
  function finish(reason, button) {
    if (reason !== "replaced") forgetEntry();
    hangUp();
    screens.showAfter(reason, button);
  }
  function hangUp() {
    finished = true; // the socket closes because of this call, which is not an error
    peers.close();
    devices.stop();
    signals.close();
  }
}

/**
 * @param {HTMLElement} root
 * @param {{ devices: Devices, signals: RoomSignals, roster: Roster }} parts
 * @param {boolean} isElsewhere
 */
function bindCitizen(root, { devices, signals, roster }, isElsewhere) {
  showLobby(root, signals);
  /** @type {(() => void) | undefined} */
  let stopLevel = showMicrophoneLevel(root, devices);
  roster.on("place", (place) => {
    if (place === "admitted") stopLevel = void stopLevel?.();
  });
  bindJoinForm(root, signals, roster, isElsewhere);
}

/**
 * Tell the others what this page sends, at every change and in every new place.
 * @param {Devices} devices
 * @param {RoomSignals} signals
 * @param {Roster} roster
 */
function sendMediaState(devices, signals, roster) {
  let lastSent = "";
  const send = () => {
    if (roster.shownPlace === "outside" || devices.state.camera === "starting") return;
    const { audio, video } = devices.tracks;
    const media = { audio: Boolean(audio?.enabled), video: Boolean(video), screen: devices.state.sharing };
    if (JSON.stringify(media) === lastSent) return;
    lastSent = JSON.stringify(media);
    signals.send("media_state", media);
  };
  devices.on("change", send);
  roster.on("place", () => {
    lastSent = "";
    send();
  });
}
