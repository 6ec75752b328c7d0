// @ts-check
// The peer connection to the test room: video, audio, and channels for messages, pings and throughput.

import { sendOffer } from "../api.js";
import { ControlLink } from "./control_link.js";
import { PhaseTimes } from "./phase_times.js";
import { setPacketTime, setStartBitrate } from "../../core/media/sdp.js";

const GATHER_MS = 1_500; // a relay that answers later is too slow for a call
const CONNECT_MS = 12_000; // a call gives up after 15 s (docs/video.md); the offer took some of them
const GRACE_MS = 4_000; // a phone that changes cells reconnects sooner
const PING_MS = 250;
const NARROW_VOICE_BPS = 20_000; // Opus at 20 kbps carries speech well
const SILENCE_LIMIT_MS = 4_000; // a ping of sixteen arrives even at high loss, so the server is gone

/** The connection was open and broke. */
export class ConnectionLost extends Error {}
/** The server answered, but no network path was found. */
export class NoPathFound extends Error {}

export class TestConnection extends ControlLink {
  /** @param {import("../types.js").Test} test */
  constructor(test) {
    const pc = new RTCPeerConnection({ iceServers: test.ice_servers });
    super(pc);
    this.token = test.token;
    this.pc = pc;
    this.probe = this.pc.createDataChannel("probe", { ordered: false, maxRetransmits: 0 });
    this.probe.binaryType = "arraybuffer";
    this.senders = ["audio", "video"].map((kind) => this.pc.addTransceiver(kind, { direction: "sendrecv" }).sender);
    this.returned = new MediaStream();
    this.pc.ontrack = ({ track }) => this.returned.addTrack(track);
    this.phases = new PhaseTimes();
    this.phases.watch(this.pc);
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
    this.phases.mark("offer");
    this.answer = await sendOffer(this.token, this.pc.localDescription?.sdp ?? "");
    this.phases.mark("answer");
    await this.pc.setRemoteDescription({ type: "answer", sdp: this.answer });
    await this.channelsOpened();
    this.heardAt = performance.now();
    this.pingTimer = setInterval(() => this.checkAlive(), PING_MS);
  }

  /** Detect a silent server: the browser itself needs up to thirty seconds to notice. */
  checkAlive() {
    if (performance.now() - this.heardAt > SILENCE_LIMIT_MS) this.onLost?.();
    this.sendPing();
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
      const channels = [this.control, this.pingChannel, this.probe];
      const look = () => channels.every((channel) => channel.readyState === "open") && resolve(true);
      for (const channel of channels) channel.onopen = look;
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

  /** Return the reports of getStats. @returns {Promise<any[]>} */
  reports = async () => [...(await this.pc.getStats()).values()];

  /**
   * Send audio and video at rates that the network can carry. Return whether the video is sent.
   * @param {import("../../core/media/media_sources.js").Tracks} tracks
   * @param {ReturnType<typeof import("../measurement/connection_figures.js").mediaRates>} rates
   */
  async sendMedia({ audio, video }, { start_kbps, max_kbps, packet_ms, scale }) {
    await this.pc.setLocalDescription();
    await this.pc.setRemoteDescription({ type: "answer", sdp: setPacketTime(setStartBitrate(this.answer, start_kbps), packet_ms) });
    if (max_kbps) await setEncoding(this.senders[1], { maxBitrate: max_kbps * 1000, scaleResolutionDownBy: scale });
    else await setEncoding(this.senders[0], { maxBitrate: NARROW_VOICE_BPS }); // so that the line has no queue of our own
    this.phases.mark("media");
    await this.senders[0]?.replaceTrack(audio);
    await this.senders[1]?.replaceTrack(max_kbps ? video : null);
    return Boolean(video && max_kbps);
  }

  async stopMedia() {
    await Promise.all(this.senders.map((sender) => sender.replaceTrack(null)));
  }

  close() {
    clearInterval(this.pingTimer);
    if (this.onLost) removeEventListener("offline", this.onLost);
    this.pc.close();
  }
}

/** Change how a track is sent, if the browser allows it. @param {RTCRtpSender | undefined} sender @param {RTCRtpEncodingParameters} encoding */
async function setEncoding(sender, encoding) {
  const parameters = sender?.getParameters();
  if (!parameters?.encodings?.[0]) return;
  Object.assign(parameters.encodings[0], encoding);
  await sender?.setParameters(parameters).catch(() => undefined);
}
