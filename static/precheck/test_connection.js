// @ts-check
// The peer connection to the test room: video, audio, a control channel and a channel for throughput.

import { sendOffer } from "./api.js";
import { setStartBitrate } from "./sdp.js";

const GATHER_MS = 1_500; // a relay that answers later is too slow for a call
const CONNECT_MS = 12_000; // a call gives up after 15 s (docs/video.md); the offer took some of them
const GRACE_MS = 4_000; // a phone that changes cells reconnects sooner
const PING_MS = 500;
const SILENCE_LIMIT_MS = 4_000; // the channel retransmits losses, so four silent seconds mean that the server is gone

/** The connection was open and broke. */
export class ConnectionLost extends Error {}
/** The server answered, but no network path was found. */
export class NoPathFound extends Error {}

export class TestConnection {
  /** @param {import("./types.js").Test} test */
  constructor(test) {
    this.token = test.token;
    this.pc = new RTCPeerConnection({ iceServers: test.ice_servers });
    this.control = this.pc.createDataChannel("control");
    this.probe = this.pc.createDataChannel("probe", { ordered: false, maxRetransmits: 0 });
    this.probe.binaryType = "arraybuffer";
    this.senders = ["audio", "video"].map((kind) => this.pc.addTransceiver(kind, { direction: "sendrecv" }).sender);
    this.returned = new MediaStream();
    this.pc.ontrack = ({ track }) => this.returned.addTrack(track);
    /** @type {Set<(message: any) => void>} */
    this.listeners = new Set();
    this.heardAt = 0;
    this.control.onmessage = ({ data }) => {
      this.heardAt = performance.now();
      this.listeners.forEach((listen) => listen(JSON.parse(data)));
    };
    this.answer = "";
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.pingTimer = undefined;
    /** Rejects when the connection is lost. @type {Promise<never>} */
    this.lost = new Promise((_, reject) => this.watchForLoss(() => reject(new ConnectionLost())));
    this.lost.catch(() => undefined); // without a measurement nothing awaits it
  }

  /** Connect. Throws NoPathFound without a network path, TestRequestError if the server does not answer. */
  async open() {
    await this.pc.setLocalDescription();
    await this.candidatesGathered();
    this.answer = await sendOffer(this.token, this.pc.localDescription?.sdp ?? "");
    await this.pc.setRemoteDescription({ type: "answer", sdp: this.answer });
    await this.channelsOpened();
    this.heardAt = performance.now();
    this.pingTimer = setInterval(() => this.checkAlive(), PING_MS);
  }

  /** Detect a silent server: the browser itself needs up to thirty seconds to notice. */
  checkAlive() {
    if (performance.now() - this.heardAt > SILENCE_LIMIT_MS) this.onLost?.();
    this.send({ type: "ping", n: 0 });
  }

  candidatesGathered() {
    return new Promise((resolve) => {
      const look = () => this.pc.iceGatheringState === "complete" && resolve(true);
      this.pc.addEventListener("icegatheringstatechange", look);
      setTimeout(() => resolve(false), GATHER_MS);
      look();
    });
  }

  channelsOpened() {
    return new Promise((resolve, reject) => {
      const look = () => this.control.readyState === "open" && this.probe.readyState === "open" && resolve(true);
      this.control.onopen = look;
      this.probe.onopen = look;
      setTimeout(() => reject(new NoPathFound()), CONNECT_MS);
      this.lost.catch(() => reject(navigator.onLine ? new NoPathFound() : new ConnectionLost()));
      look();
    });
  }

  /** @param {() => void} isLost */
  watchForLoss(isLost) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let grace;
    this.pc.addEventListener("connectionstatechange", () => {
      const state = this.pc.connectionState;
      clearTimeout(grace);
      if (state === "failed") isLost();
      if (state === "disconnected") grace = setTimeout(isLost, GRACE_MS);
    });
    this.control.addEventListener("close", isLost);
    this.onLost = isLost;
    addEventListener("offline", isLost);
  }

  /** @param {object} message */
  send(message) {
    if (this.control.readyState === "open") this.control.send(JSON.stringify(message));
  }

  /**
   * Send a message and wait for its answer.
   * @param {object} message
   * @param {(answer: any) => boolean} isAnswer
   * @param {number} timeoutMs
   * @returns {Promise<any>} null after the timeout
   */
  request(message, isAnswer, timeoutMs) {
    return new Promise((resolve) => {
      const end = (/** @type {any} */ answer) => {
        this.listeners.delete(listen);
        resolve(answer);
      };
      const listen = (/** @type {any} */ answer) => isAnswer(answer) && end(answer);
      this.listeners.add(listen);
      setTimeout(() => end(null), timeoutMs);
      this.send(message);
    });
  }

  /**
   * Send video and audio, starting at a bit rate that the network can carry.
   * @param {import("../core/media_sources.js").Tracks} tracks
   * @param {number} kbps
   */
  async sendMedia({ audio, video }, kbps) {
    await this.pc.setLocalDescription();
    await this.pc.setRemoteDescription({ type: "answer", sdp: setStartBitrate(this.answer, kbps) });
    await this.senders[0]?.replaceTrack(audio);
    await this.senders[1]?.replaceTrack(video);
  }

  close() {
    clearInterval(this.pingTimer);
    if (this.onLost) removeEventListener("offline", this.onLost);
    this.pc.close();
  }
}
