// @ts-check
// Two peers of this page, connected through a single relay. Data that arrives has gone to the relay and back.

import { packetsDue, summarizePackets } from "./paced_packets.js";
import { sleep } from "../wizard.js";

const LARGE_PACKETS = 10;
const MIN_LARGE_PACKETS = 5; // the channel does not retransmit
const LARGE_BYTES = 1_200; // a full packet of a picture
const VOICE_BYTES = 100; // with all headers about as much as a packet of voice
const VOICE_INTERVAL_MS = 20; // 50 packets a second, as a voice has
const TICK_MS = 10;
const GRACE_MS = { least: 300, trips: 3 }; // a packet that comes later is lost for a conversation

export class RelayConnection {
  /** @param {RTCIceServer} server */
  constructor(server) {
    const config = { iceServers: [server], iceTransportPolicy: /** @type {const} */ ("relay") };
    this.near = new RTCPeerConnection(config);
    this.far = new RTCPeerConnection(config);
    this.channel = this.near.createDataChannel("probe", { ordered: false, maxRetransmits: 0 });
    /** @type {(data: ArrayBuffer) => void} */
    this.onPacket = () => undefined;
    this.far.ondatachannel = ({ channel }) => {
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }) => this.onPacket(data);
    };
  }

  /** Connect, and prove that full packets arrive. @param {number} timeoutMs @returns {Promise<boolean>} */
  async open(timeoutMs) {
    const opened = new Promise((resolve) => (this.channel.onopen = () => resolve(true)));
    const late = sleep(timeoutMs).then(() => false);
    await this.negotiate();
    if (!(await Promise.race([opened, this.refused(), late]))) return false;
    let received = 0;
    const arrived = new Promise((resolve) => (this.onPacket = () => void ((received += 1) >= MIN_LARGE_PACKETS && resolve(true))));
    for (let sent = 0; sent < LARGE_PACKETS; sent += 1) this.channel.send(new Uint8Array(LARGE_BYTES));
    return Boolean(await Promise.race([arrived, late]));
  }

  async negotiate() {
    const { near, far } = this;
    near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate ?? undefined).catch(() => undefined);
    far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate ?? undefined).catch(() => undefined);
    const offer = await near.createOffer();
    await far.setRemoteDescription(offer); // before `near` gathers, so that no candidate arrives before the offer
    await near.setLocalDescription(offer);
    const answer = await far.createAnswer();
    await near.setRemoteDescription(answer);
    await far.setLocalDescription(answer);
  }

  /** Resolve to false when the relay gave no address: the timeout need not be waited for. @returns {Promise<boolean>} */
  refused() {
    return new Promise((resolve) => {
      this.near.addEventListener("icegatheringstatechange", () => {
        const isDone = this.near.iceGatheringState === "complete";
        if (isDone && !this.near.localDescription?.sdp.includes("a=candidate")) resolve(false);
      });
    });
  }

  /** Return the delay to the relay: ICE's own requests travel the way twice. @returns {Promise<{ rtt_ms?: number }>} */
  async delay() {
    for (const report of (await this.near.getStats()).values()) {
      if (report.type !== "candidate-pair" || report.state !== "succeeded" || report.currentRoundTripTime === undefined) continue;
      return { rtt_ms: Math.round((1000 * report.currentRoundTripTime) / 2) };
    }
    return {};
  }

  /** Send packets like those of a voice and measure them. @param {number} durationMs */
  async measurePacedPackets(durationMs) {
    /** @type {import("./paced_packets.js").PacedPacket[]} */
    const packets = [];
    this.onPacket = (data) => {
      const packet = data.byteLength === VOICE_BYTES ? packets[new DataView(data).getUint32(0)] : undefined;
      if (packet) packet.arrivedAt ??= performance.now();
    };
    const startedAt = performance.now();
    let due = 0;
    for (let elapsed = 0; elapsed < durationMs && this.channel.readyState === "open"; elapsed = performance.now() - startedAt) {
      const isNext = packetsDue(elapsed, VOICE_INTERVAL_MS) > due;
      due = packetsDue(elapsed, VOICE_INTERVAL_MS);
      // A packet that SCTP holds back on a distant line would measure SCTP, and several at once after a late timer themselves.
      if (isNext && this.channel.bufferedAmount === 0) packets.push(this.sendVoicePacket(packets.length));
      await sleep(TICK_MS);
    }
    const grace = Math.max(GRACE_MS.least, GRACE_MS.trips * (summarizePackets(packets).rtt_ms ?? 0));
    const endsAt = performance.now() + grace;
    while (performance.now() < endsAt && packets.some((packet) => packet.arrivedAt === undefined)) await sleep(TICK_MS);
    this.onPacket = () => undefined;
    return summarizePackets(packets);
  }

  /** @param {number} number */
  sendVoicePacket(number) {
    const packet = new DataView(new ArrayBuffer(VOICE_BYTES));
    packet.setUint32(0, number);
    const sentAt = performance.now();
    this.channel.send(packet);
    return { sentAt };
  }

  close() {
    this.near.close();
    this.far.close();
  }
}
