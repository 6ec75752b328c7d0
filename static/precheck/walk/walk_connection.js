// @ts-check
// The connection of a walk: small packets to the test room and back, ten a second. A lost connection is opened again.

import { openTest, releaseTest, TestRequestError } from "../api.js";
import { NoPathFound, TestConnection } from "../connection/test_connection.js";
import { sleep } from "../wizard.js";

const INTERVAL_MS = 100;
const KEPT_MS = 8_000; // longer than a reading needs
const PACKET_BYTES = 100; // as much as a packet of voice
const REOPEN_MS = 1_500;

/** @typedef {import("../connection/paced_packets.js").PacedPacket} PacedPacket */

export class WalkConnection {
  /** @param {import("../types.js").Test} test */
  constructor(test) {
    this.test = test;
    this.isOver = false;
    /** @type {(PacedPacket & { number: number })[]} */
    this.packets = [];
    this.count = 0;
    /** @type {RTCDataChannel | null} */
    this.channel = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.leave = () => this.close();
    addEventListener("pagehide", this.leave);
  }

  /** Take a place and connect. Throws TestRequestError or NoPathFound. @param {string | null} appointment its token */
  static async open(appointment) {
    const walk = new WalkConnection(await openTest(appointment, { quick: true }));
    try {
      void walk.keepOpen(await walk.connect());
      walk.timer = setInterval(() => walk.sendPacket(), INTERVAL_MS);
      return walk;
    } catch (problem) {
      walk.close();
      throw problem;
    }
  }

  async connect() {
    const link = new TestConnection(this.test);
    const channel = link.pc.createDataChannel("echo", { ordered: false, maxRetransmits: 0 });
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => this.onReturned(new DataView(data).getUint32(0));
    try {
      await link.open();
    } catch (problem) {
      link.close();
      throw problem;
    }
    if (this.isOver) link.close();
    this.link = link;
    this.channel = channel;
    return link;
  }

  /** Connect anew whenever the connection is lost, as on the way to another radio. @param {TestConnection} link */
  async keepOpen(link) {
    for (let open = /** @type {TestConnection | null} */ (link); !this.isOver; open = await this.reconnect()) {
      await open?.lost.catch(() => undefined);
      this.channel = null;
      open?.close();
    }
  }

  async reconnect() {
    await sleep(REOPEN_MS);
    if (this.isOver) return null;
    try {
      return await this.connect();
    } catch (problem) {
      if (problem instanceof TestRequestError && problem.reason === "gone") this.close();
      return null;
    }
  }

  /** Without a connection a packet counts as sent, and is lost. */
  sendPacket() {
    if (document.hidden) return; // phones slow timers down then
    const now = performance.now();
    const packet = { number: (this.count += 1), sentAt: now };
    this.packets = [...this.packets.filter(({ sentAt }) => now - sentAt < KEPT_MS), packet];
    if (this.channel?.readyState !== "open") return;
    const data = new DataView(new ArrayBuffer(PACKET_BYTES));
    data.setUint32(0, packet.number);
    this.channel.send(data);
  }

  /** @param {number} number */
  onReturned(number) {
    const packet = this.packets.find((packet) => packet.number === number);
    if (packet) packet.arrivedAt ??= performance.now();
  }

  close() {
    if (this.isOver) return;
    this.isOver = true;
    clearInterval(this.timer);
    removeEventListener("pagehide", this.leave);
    this.link?.close();
    releaseTest(this.test.token);
  }
}

/** Return the key of the text that explains why no walk can begin. @param {unknown} problem */
export function problemKey(problem) {
  if (problem instanceof NoPathFound) return "no_path";
  if (problem instanceof TestRequestError) return problem.reason === "gone" ? "down" : problem.reason;
  throw problem;
}
