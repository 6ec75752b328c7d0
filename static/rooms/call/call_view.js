// @ts-check
// The frame of the call: participants, duration, and less used controls.

import { pageLocale, text } from "../../core/i18n.js";
import { formatDuration } from "../../core/time_format.js";
import { canShareScreen } from "../../core/media/get_user_media.js";
import { showLoss } from "./loss_notice.js";
import { closeDialog, fillSlot, onPress, setPressed, setShown } from "../../core/dom.js";

/**
 * @typedef {object} Call
 * @property {HTMLElement} root
 * @property {import("../../core/media/media_devices.js").Devices} devices
 * @property {import("../signaling.js").RoomSignals} signals
 * @property {import("../roster.js").Roster} roster
 * @property {import("../connection/peers.js").Peers} peers
 * @property {import("../tiles/video_tiles.js").VideoTiles} tiles
 */

/** @param {Call} call */
export function bindCallView(call) {
  const { root, roster, signals, tiles } = call;
  roster.on("people", () => {
    const names = new Intl.ListFormat(pageLocale()).format(tiles.names);
    fillSlot(root, "people", names ? text("with_people", { names }) : "");
  });
  showDuration(root, roster, signals);
  showLoss(call);
  bindMoreControls(call);
}

/**
 * Show the duration since the first participant was admitted.
 * @param {HTMLElement} root
 * @param {Call["roster"]} roster
 * @param {Call["signals"]} signals
 */
function showDuration(root, roster, signals) {
  let began = 0;
  signals.on("welcome", ({ talking_s }) => {
    if (talking_s !== null) began = Date.now() - 1000 * talking_s;
  });
  setInterval(() => {
    const talking = roster.admitted.length > 0;
    if (talking && !began) began = Date.now();
    fillSlot(root, "clock", formatDuration(began ? (Date.now() - began) / 1000 : 0));
  }, 1000);
}

/** @param {Call} call */
function bindMoreControls({ root, devices, tiles }) {
  const render = async () => {
    const cameras = (await devices.list()).filter((device) => device.kind === "videoinput");
    setShown(root, '[data-do="next-camera"]', cameras.length > 1 && Boolean(devices.own.camera));
    setShown(root, '[data-do="share"]', canShareScreen());
    setShown(root, '[data-do="picture"]', document.pictureInPictureEnabled === true);
  };
  devices.on("change", ({ sharing }) => {
    setPressed(root, '[data-do="share"]', sharing);
    void render();
  });
  onPress(root, "next-camera", () => void devices.nextCamera().then(() => closeDialog("more")));
  onPress(root, "share", () => {
    closeDialog("more");
    void devices.toggleScreen();
  });
  onPress(root, "picture", () => {
    closeDialog("more");
    void (document.pictureInPictureElement
      ? document.exitPictureInPicture()
      : tiles.largeVideo?.requestPictureInPicture().catch(() => undefined));
  });
}
