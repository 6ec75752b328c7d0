// @ts-check
// Times of the phases of connecting. No DOM.

/** @typedef {"offer" | "answer" | "ice" | "dtls" | "media" | "first_media"} Mark */

/** Each phase lasts between two marks. @type {{ [phase: string]: [Mark, Mark] }} */
const PHASES = { signaling: ["offer", "answer"], ice: ["answer", "ice"], dtls: ["ice", "dtls"], first_media: ["media", "first_media"] };

export class PhaseTimes {
  /** @param {() => number} [now] in milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    /** @type {{ [mark in Mark]?: number }} */
    this.at = {};
  }

  /** Note that a moment is reached. Only the first time counts. @param {Mark} mark */
  mark(mark) {
    this.at[mark] ??= this.now();
  }

  /** Note when a network path is found, and when keys are agreed on. @param {RTCPeerConnection} pc */
  watch(pc) {
    pc.addEventListener("iceconnectionstatechange", () => {
      if (["connected", "completed"].includes(pc.iceConnectionState)) this.mark("ice");
    });
    pc.addEventListener("connectionstatechange", () => pc.connectionState === "connected" && this.mark("dtls"));
  }

  /** Return the phases that ended, in milliseconds. @returns {{ [phase: string]: number }} */
  get phases_ms() {
    const ended = Object.entries(PHASES).flatMap(([phase, [from, to]]) => {
      const [start, end] = [this.at[from], this.at[to]];
      return start === undefined || end === undefined ? [] : [[phase, Math.round(Math.max(0, end - start))]];
    });
    return Object.fromEntries(ended);
  }
}
