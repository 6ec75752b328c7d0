// @ts-check
// The page of the video room: creates its parts and lets the person in.

import { refreshTimeline } from "./call/call_timeline.js";
import { reloadWhenStuck, takeReload } from "./call/call_reload.js";
import { bindCallView } from "./call/call_view.js";
import { startChat } from "./text/chat.js";
import { bindDevicePicker } from "../core/media/device_picker.js";
import { Devices } from "../core/media/media_devices.js";
import { bindJoinForm, hasEntered, isInsideElsewhere, rememberEntry, takeConsoleLink } from "./lobby/entry.js";
import { bindAgentLobby } from "./lobby/agent_lobby.js";
import { showEvacuation } from "./call/evacuation.js";
import { showHold } from "./call/hold.js";
import { bindLazyParts } from "./lazy_parts.js";
import { showLobby } from "./lobby/lobby.js";
import { startLobbyTest } from "./lobby/lobby_test.js";
import { showLostDevices } from "./call/lost_devices.js";
import { showMicrophoneLevel } from "./lobby/microphone_meter.js";
import { readJson } from "../core/dom.js";
import { followPlace } from "./place_screens.js";
import { warnMutedTalk } from "./call/muted_talk.js";
import { makeSidePanel } from "./text/side_panel.js";
import { tellWhenAway } from "./page_life.js";
import { Peers } from "./connection/peers.js";
import { bindMediaSwitches, showOwnVideo } from "./lobby/preview.js";
import { watchCallQuality } from "./call/call_quality.js";
import { Roster } from "./roster.js";
import { startRealTimeText } from "./text/real_time_text.js";
import { sendMediaState } from "./connection/sent_media.js";
import { makeScreens } from "./screens.js";
import { RoomSignals } from "./signaling.js";
import { showLatestLines } from "./text/latest_lines.js";
import { arrangeCall } from "./tiles/tile_arrangement.js";
import { VideoTiles } from "./tiles/video_tiles.js";
import { warnOfSlowSigns } from "./voice/sign_frame_rate.js";
import { showSoundOnly } from "./voice/sound_only_bar.js";
import { VoiceGuard } from "./voice/voice_guard.js";
import { showDeviceErrors } from "../core/media/device_errors.js";

/** @param {HTMLElement} root */
export default async function start(root) {
  /** @type {import("./types.js").RoomFacts} */
  const room = readJson("room");
  const devices = new Devices();
  if (room.role !== "agent") void openEarly(devices);
  const isElsewhere = await isInsideElsewhere(room);
  if (hasEntered()) rememberEntry(); // a reloaded page
  const signals = new RoomSignals("/ws/room", room.hello);
  // The hello of a guest binds the link to this device, so it needs a press.
  if (!isElsewhere && (room.role === "citizen" || (room.role === "guest" && hasEntered()))) signals.open();
  const roster = new Roster(signals, room.role === "agent" || hasEntered());
  const peers = new Peers(signals, roster, devices);
  const guard = new VoiceGuard(peers, devices, room.signs);
  const tiles = new VideoTiles(root, peers, roster);
  const panel = makeSidePanel(root);
  Object.defineProperty(root, "peerConnection", { get: () => peers.first?.pc ?? null });

  showOwnVideo(root, devices);
  bindMediaSwitches(root, devices);
  showDeviceErrors(root, devices);
  bindDevicePicker(root, devices, (speaker) => void tiles.setSpeaker(speaker));
  startChat(root, signals, roster, panel);
  const links = startRealTimeText(root, peers, roster, panel);
  showLatestLines(root, panel);
  arrangeCall(root, tiles, peers, roster, room.signs ?? false);
  bindLazyParts({ root, room, devices, signals, roster, peers, panel, links });
  showEvacuation(root, signals);
  bindCallView({ root, devices, signals, roster, peers, tiles });
  watchCallQuality(root, peers, signals, devices, guard);
  showSoundOnly(root, guard, signals);
  if (room.role === "agent") refreshTimeline(root, room.hello.appointment ?? "");
  if (room.role === "agent" && room.signs) warnOfSlowSigns(root, guard, roster);
  sendMediaState(devices, signals, roster);
  tellWhenAway(signals);
  reloadWhenStuck(root, peers, devices);
  showLostDevices(root, devices, roster);
  warnMutedTalk(root, devices, roster);
  const screens = makeScreens(root, room);
  followPlace(root, screens, room, { devices, signals, roster, peers });
  showHold(root, signals, roster, room);
  if (room.role !== "agent") {
    bindCitizen(root, { devices, signals, roster }, room, isElsewhere);
    if (devices.state.camera !== "starting") devices.notify(); // answered before the page listened
    return;
  }
  // A citizen can send an agent this address: only the console's own link, or a press here, lets in without asking.
  const invited = new URLSearchParams(location.search).get("admit");
  const isFromConsole = takeConsoleLink();
  if (invited) history.replaceState(null, "", location.pathname);
  bindAgentLobby(root, signals, roster, room, isFromConsole ? invited : null);
  const begin = () => {
    rememberEntry();
    void devices.start(takeReload());
    signals.open();
  };
  if (isElsewhere) screens.askFirst("elsewhere", "use_here", begin);
  else if (!isFromConsole && !hasEntered()) screens.askFirst("start_asked", "start_now", begin);
  else begin();
}

/** Take over the devices for which the page has asked since its HTML came. @param {Devices} devices */
async function openEarly(devices) {
  const early = await import("./lobby/early_devices.js").catch(() => undefined); // without it the page asks now
  await devices.start(early?.left, early?.opening);
}

/**
 * @param {HTMLElement} root
 * @param {{ devices: Devices, signals: RoomSignals, roster: Roster }} parts
 * @param {import("./types.js").RoomFacts} room
 * @param {boolean} isElsewhere
 */
function bindCitizen(root, { devices, signals, roster }, room, isElsewhere) {
  showLobby(root, signals, room);
  if (room.role === "citizen") startLobbyTest(root, { devices, signals, roster }, room.hello.token ?? "");
  /** @type {(() => void) | undefined} */
  let stopLevel = showMicrophoneLevel(root, devices);
  roster.on("place", (place) => {
    if (place === "admitted") stopLevel = void stopLevel?.();
  });
  bindJoinForm(root, signals, roster, isElsewhere);
}
