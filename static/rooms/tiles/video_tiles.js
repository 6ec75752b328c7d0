// @ts-check
// The video tiles of the other participants, with names, and a text where there is no picture.

import { text } from "../../core/i18n.js";
import { requireElement, setShown, onPress } from "../../core/dom.js";

/** @typedef {{ figure: HTMLElement, video: HTMLVideoElement, name: HTMLElement, none: HTMLElement, pin: HTMLButtonElement }} Tile */

export class VideoTiles {
  /**
   * @param {HTMLElement} root
   * @param {import("../connection/peers.js").Peers} peers
   * @param {import("../roster.js").Roster} roster
   */
  constructor(root, peers, roster) {
    this.root = root;
    this.box = requireElement(root, "[data-tiles]");
    this.peers = peers;
    this.roster = roster;
    /** @type {Map<string, Tile>} */
    this.tiles = new Map();
    this.speaker = "";
    peers.on("peer", (peer) => this.add(peer));
    peers.on("gone", (id) => this.remove(id));
    roster.on("people", () => this.render());
    onPress(root, "play", () => this.playAll());
  }

  /** @param {import("../connection/peer.js").Peer} peer */
  add(peer) {
    const tile = makeTile(peer.id);
    this.tiles.set(peer.id, tile);
    this.box.append(tile.figure);
    if (this.speaker) void this.setSpeaker(this.speaker);
    peer.on("stream", (stream) => {
      tile.video.srcObject = stream;
      void this.play(tile.video);
    });
    peer.on("state", () => this.render());
    tile.video.addEventListener("loadeddata", () => this.render());
    this.render();
  }

  /** @param {string} id */
  remove(id) {
    this.tiles.get(id)?.figure.remove();
    this.tiles.delete(id);
    this.render();
  }

  render() {
    this.box.dataset.count = String(this.tiles.size);
    setShown(this.root, "[data-blank]", this.tiles.size === 0);
    for (const [id, tile] of this.tiles) this.renderTile(id, tile);
  }

  /** @param {string} id @param {Tile} tile */
  renderTile(id, tile) {
    const person = this.roster.person(id);
    const name = person?.name ?? text("other_person");
    const state = this.peers.all.get(id)?.pc?.connectionState ?? "new";
    const hasPicture = state === "connected" || tile.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    tile.name.textContent = person && !person.media.audio ? text("muted_name", { name }) : name;
    tile.video.setAttribute("aria-label", text("picture_of", { name }));
    tile.figure.dataset.state = state;
    const isSoundOnly = this.peers.all.get(id)?.soundOnly && state === "connected";
    const words = isSoundOnly ? text("sound_only_of", { name }) : placeholderText(person, name, state, hasPicture);
    tile.pin.setAttribute("aria-label", text("pin_person", { name }));
    tile.none.textContent = words;
    tile.none.hidden = !words;
  }

  /** @param {HTMLVideoElement} video */
  async play(video) {
    try {
      await video.play();
      setShown(this.root, '[data-do="play"]', false);
    } catch (error) {
      // Browsers block sound before the first press: show a button for it.
      const silent = error instanceof DOMException && error.name === "NotAllowedError";
      if (silent) setShown(this.root, '[data-do="play"]', true);
    }
  }

  playAll() {
    for (const { video } of this.tiles.values()) void this.play(video);
  }

  /** @param {string} deviceId of the speaker */
  async setSpeaker(deviceId) {
    this.speaker = deviceId;
    for (const { video } of this.tiles.values()) {
      /** @type {any} */
      const speaker = video;
      await speaker.setSinkId?.(deviceId).catch(() => undefined);
    }
  }

  /** Return the large video, for picture-in-picture. @returns {HTMLVideoElement | undefined} */
  get largeVideo() {
    const tiles = [...this.tiles.values()];
    return (tiles.find(({ figure }) => figure.hasAttribute("data-large")) ?? tiles[0])?.video;
  }

  /** Return the names of the other participants. */
  get names() {
    return [...this.tiles.keys()].map((id) => this.roster.person(id)?.name ?? "").filter(Boolean);
  }
}

/**
 * @param {import("../types.js").Person | undefined} person
 * @param {string} name
 * @param {string} state
 * @param {boolean} hasPicture
 */
function placeholderText(person, name, state, hasPicture) {
  if (person && !person.connected && state !== "connected") return text("other_lost", { name });
  if (!hasPicture) return text("connecting_to", { name });
  if (person?.media.lost?.includes("camera") && !person.media.screen) return text("other_camera_lost", { name });
  return person && !person.media.video && !person.media.screen ? text("no_picture", { name }) : "";
}

/** @param {string} id of the participant @returns {Tile} */
function makeTile(id) {
  const figure = document.createElement("figure");
  figure.className = "tile";
  figure.dataset.participant = id;
  const video = document.createElement("video");
  video.autoplay = video.playsInline = true;
  const none = Object.assign(document.createElement("p"), { className: "none" });
  const tag = Object.assign(document.createElement("figcaption"), { className: "tag" });
  const name = document.createElement("span");
  tag.append(name, Object.assign(document.createElement("span"), { className: "pinned soft", textContent: ` ${text("pinned")}` }));
  const pin = Object.assign(document.createElement("button"), { className: "pin", type: "button", hidden: true });
  pin.dataset.do = "pin"; // bound by tiles/tile_arrangement.js, which shows it in a call of three or four
  figure.append(video, none, tag, pin);
  return { figure, video, name, none, pin };
}
